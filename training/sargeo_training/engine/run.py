"""A whole run: its stages one after the other, each from the best weights of the one before."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import torch
import yaml
from rich.console import Console

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.products.files import write_text
from sargeo_training.augment import augmentations
from sargeo_training.batches import Mixture
from sargeo_training.engine.checkpoints import BEST, load_best, load_into, read_saved
from sargeo_training.engine.config import Config, Stage, as_plain, read_config
from sargeo_training.engine.networks import new_network
from sargeo_training.engine.stages import train_stage
from sargeo_training.engine.streams import Streams
from sargeo_training.evaluate import score_split
from sargeo_training.sheet import Source
from sargeo_training.sources.every import load_all
from sargeo_training.validation import validation_score

SETTINGS = "run.yaml"
"""The settings of a run, in its folder."""


def pretrain(
    config: Config, data: Path, folder: Path, *, stage: str | None = None, resume: bool = False
) -> Path:
    """Train from random weights through the stages of the settings.

    Parameters
    ----------
    config : Config
    data : Path
        Folder of the data sets.
    folder : Path
        Of the run. Gets the settings, and a folder for each stage.
    stage : str, optional
        Train this stage alone, from the best weights of the one before it in the folder.
    resume : bool
        Go on from the last checkpoint; without one, start.

    Returns
    -------
    Path
        The checkpoint with the best weights of the last stage.

    Raises
    ------
    UsageError
        If the folder holds a run already, or one of other settings, or there is no such stage.
    """
    stages = [config.stage(stage)] if stage else list(config.stages)
    if first_process():
        _settle(config, folder, resume=resume or stage is not None)
    sources = _sources(config, stages, data)
    streams = _dense_stream(config, sources)
    for each in stages:
        _train(config, each, streams, sources, folder, resume=resume)
    return folder / stages[-1].name / BEST


def read_run(folder: Path) -> tuple[SarKnowlip, Config]:
    """Return the best network of the last stage that has one, and the settings of the run.

    Raises
    ------
    UsageError, ModelDamagedError
        If the folder holds no run.
    """
    config = read_config(folder / SETTINGS)
    begun = [s.name for s in config.stages if (folder / s.name / BEST).exists()]
    return load_best(folder / (begun[-1] if begun else config.stages[0].name))


def first_process() -> bool:
    """Tell whether this is the process that speaks for all, before they are joined."""
    return int(os.environ.get("RANK", "0")) == 0


def _train(
    config: Config,
    stage: Stage,
    streams: Streams,
    sources: Sequence[Source],
    folder: Path,
    *,
    resume: bool,
) -> None:
    console = Console(stderr=True, soft_wrap=True, quiet=not first_process())

    def validate(network: SarKnowlip) -> float:
        score = validation_score(score_split(network, sources, "validation"))
        console.print(f"validation {score:.4f}")
        return score

    train_stage(
        _start(config, stage, folder),
        config,
        stage,
        streams,
        folder / stage.name,
        validate=validate,
        say=console.print,
        resume=resume,
    )


def _start(config: Config, stage: Stage, folder: Path) -> SarKnowlip:
    """Return what a stage starts from: the best of the one before, or random weights."""
    torch.manual_seed(config.seed)
    network = new_network(config)
    place = config.stages.index(stage)
    if place:
        path = folder / config.stages[place - 1].name / BEST
        load_into(network, read_saved(path)["state"], path)
    return network


def _settle(config: Config, folder: Path, *, resume: bool) -> None:
    """Write down the settings of a run, unless another has the folder."""
    path = folder / SETTINGS
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, yaml.safe_dump(as_plain(config), sort_keys=False, allow_unicode=True))
        return
    if not resume:
        raise UsageError(
            f"{folder} holds a run already.", "Go on with --resume, or give another folder."
        )
    if read_config(path) != config:
        raise UsageError(
            f"{path} has other settings than those given.",
            "Go on with the settings of the run, or give another folder.",
        )


def _sources(config: Config, stages: Sequence[Stage], data: Path) -> list[Source]:
    if not any(stage.dense for stage in stages):
        return []
    return list(load_all(data, simulator=config.dense.simulator, polygons=config.dense.polygons))


def _dense_stream(config: Config, sources: Sequence[Source]) -> Streams:
    return Streams(mixture(config, sources) if sources else None)


def mixture(config: Config, sources: Sequence[Source]) -> Mixture:
    """Return the crops that settings ask for."""
    dense = config.dense
    return Mixture(
        sources,
        size=dense.crop_px,
        batch_size=dense.batch_size,
        seed=config.seed,
        steps=augmentations(config.forgetting, sar=dense.sar_augmentation),
        sensors=config.network.sensors,
    )
