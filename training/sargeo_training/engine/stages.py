"""A stage of a run on one process or on many, from its first step or from a checkpoint."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo_training.crops.batches import Ahead
from sargeo_training.engine.callbacks import FIGURES, Best, Saving, StepLog, Validate
from sargeo_training.engine.checkpoints import LAST, WholeFiles, load_best
from sargeo_training.engine.module import Engine
from sargeo_training.engine.rows import Rows
from sargeo_training.engine.streams import StepBatch, Streams
from sargeo_training.parallel import this_part
from sargeo_training.settings.config import Config, Stage


def train_stage(
    network: SarKnowlip,
    config: Config,
    stage: Stage,
    streams: Streams,
    folder: Path,
    *,
    validate: Validate,
    say: Callable[[str], None],
    resume: bool = False,
) -> SarKnowlip:
    """Train a network until it no longer gets better or the steps are done.

    Parameters
    ----------
    network : SarKnowlip
        To start from.
    folder : Path
        Gets the averaged weights that are kept, the checkpoint to resume from, and logs.
    validate : Validate
        Tells which weights are the best.
    say : callable
        Takes lines on how it goes.
    resume : bool
        Go on from the last checkpoint in the folder, where there is one.

    Returns
    -------
    SarKnowlip
        With the averaged weights that are kept.
    """
    engine = Engine(network, config, stage)
    loader = _Loader(streams, config)
    callbacks = [
        Best(folder, config, stage, validate),
        StepLog(lambda: loader.ahead, say, config.log_every),
        Saving(folder, config.checkpoint_every),
    ]
    with _warnings_silenced():
        trainer = _trainer(config, stage, folder, callbacks)
    loader.first = lambda: trainer.global_step * config.optimiser.accumulate
    start = folder / LAST if resume and (folder / LAST).exists() else None
    try:
        with _warnings_silenced():
            trainer.fit(engine, loader, ckpt_path=start)
    finally:
        loader.close()
    return load_best(folder)[0]


class _Loader:
    """Batches from where the trainer is, as long as it wants."""

    ahead: Ahead[StepBatch]
    first: Callable[[], int]

    def __init__(self, streams: Streams, config: Config) -> None:
        self._streams, self._threads = streams, config.loader_threads

    def __iter__(self) -> Iterator[StepBatch]:
        part = this_part()
        self.close()
        self.ahead = Ahead(
            lambda number: self._streams.batch(number, part),
            first=self.first(),
            threads=self._threads,
        )
        return iter(self.ahead)

    def close(self) -> None:
        """Stop making batches."""
        if hasattr(self, "ahead"):
            self.ahead.close()


def _trainer(config: Config, stage: Stage, folder: Path, callbacks: list[Any]) -> Trainer:
    """Return the trainer of one process; torchrun says which of how many it is."""
    cuda = torch.cuda.is_available()
    here, all_of_them = (int(os.environ.get(n, 1)) for n in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    _refuse_uneven(config, stage, all_of_them)
    bf16 = config.optimiser.precision == "bf16" or (cuda and config.optimiser.precision == "auto")
    return Trainer(
        accelerator="cuda" if cuda else "cpu",
        devices=here,
        num_nodes=all_of_them // here,
        strategy=_strategy(cuda) if all_of_them > 1 else "auto",
        precision="bf16-mixed" if bf16 else "32-true",
        max_steps=stage.steps,
        max_epochs=-1,
        accumulate_grad_batches=config.optimiser.accumulate,
        logger=[
            Rows(folder / "csv" / "version_0" / "metrics.csv", (*FIGURES, *stage.losses)),
            TensorBoardLogger(folder, name="tensorboard", version=0),
        ],
        callbacks=callbacks,
        plugins=[WholeFiles()],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
    )


@contextmanager
def _warnings_silenced() -> Iterator[None]:
    """Keep from users what Lightning says of itself."""
    logger = logging.getLogger("lightning.pytorch")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # Lightning's use of torch, not ours.
            warnings.filterwarnings("ignore", message=r".*LeafSpec.*is deprecated")
            yield
    finally:
        logger.setLevel(before)


def _strategy(cuda: bool) -> DDPStrategy:
    # Which weights a step reaches hangs on the stage's losses.
    return DDPStrategy(
        process_group_backend="nccl" if cuda else "gloo", find_unused_parameters=True
    )


def _refuse_uneven(config: Config, stage: Stage, processes: int) -> None:
    sizes = {
        "dense.batch_size": config.dense.batch_size if stage.dense else 0,
        "chips.batch_size": config.chips.batch_size if stage.chips else 0,
    }
    for key, size in sizes.items():
        if size % processes:
            raise UsageError(
                f"{key} is {size}, which {processes} processes cannot share evenly.",
                f"Make it a multiple of {processes}.",
            )
