"""What happens between the steps of a run: looking back, saving and telling."""

from __future__ import annotations

import copy
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from lightning import Callback, Trainer

from sargeo.model.knowlip import SarKnowlip
from sargeo_training.crops.batches import Ahead
from sargeo_training.engine.checkpoints import LAST, save_best
from sargeo_training.engine.module import Engine
from sargeo_training.engine.streams import StepBatch
from sargeo_training.settings.config import Config, Stage

FIGURES = ("validation", "seconds_per_step", "waiting_share")
"""What is logged beside losses."""

_TELL_EVERY_S = 20.0


class Validate(Protocol):
    """Scores a network on what it is not trained on; more is better."""

    def __call__(self, network: SarKnowlip) -> float:
        """Return the score."""
        ...


class Best(Callback):  # type: ignore[misc]
    """Validates averaged weights from time to time, and keeps the best or the last.

    Where the best are kept, what stands still is ended.
    """

    def __init__(self, folder: Path, config: Config, stage: Stage, validate: Validate) -> None:
        self._folder, self._config, self._stage = folder, config, stage
        self._validate = validate
        self._score, self._due, self._worse = -math.inf, config.validation.every, 0

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"score": self._score, "due": self._due, "worse": self._worse}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self._score, self._due, self._worse = saved["score"], saved["due"], saved["worse"]

    def on_train_start(self, trainer: Trainer, *_: object) -> None:
        """Do not go on where an earlier run had come to stand still."""
        trainer.should_stop = self._still

    def on_train_batch_end(self, trainer: Trainer, engine: Engine, *_: object) -> None:
        """Look where it is due."""
        share = trainer.global_step / self._stage.steps
        if share < self._due and share < 1:
            return
        self._due = share + self._config.validation.every
        better = trainer.strategy.broadcast(trainer.is_global_zero and self._look(trainer, engine))
        self._worse = 0 if better else self._worse + 1
        trainer.should_stop = self._still

    @property
    def _still(self) -> bool:
        return self._worse >= self._config.validation.patience

    def _look(self, trainer: Trainer, engine: Engine) -> bool:
        """Validate on the first process; save what is better than all before."""
        network = copy.deepcopy(engine.network)
        network.load_state_dict(engine.average.state)
        with torch.random.fork_rng():
            score = self._validate(network.eval())
        for logger in trainer.loggers:
            logger.log_metrics({"validation": score}, step=trainer.global_step)
        # What cannot be scored gets better with every step.
        if score <= self._score and self._config.validation.keep == "best":
            return False
        self._score = self._score if math.isnan(score) else score
        language = engine.network.language
        tokeniser = language.tokeniser if language else None
        save_best(self._folder, engine.average.state, self._config, tokeniser)
        return True


class Saving(Callback):  # type: ignore[misc]
    """Writes the checkpoint that a run resumes from, every so many steps and at the end."""

    def __init__(self, folder: Path, every: int) -> None:
        self._path, self._every, self._saved = folder / LAST, every, 0

    def on_train_start(self, trainer: Trainer, *_: object) -> None:
        """Count from where a run resumes."""
        self._saved = trainer.global_step

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        """Save where it is due, between two steps and never within one."""
        step = trainer.global_step
        over = trainer.should_stop or step == trainer.max_steps
        if step > self._saved and (step % self._every == 0 or over):
            self._saved = step
            trainer.save_checkpoint(self._path, weights_only=False)


class StepLog(Callback):  # type: ignore[misc]
    """Logs losses, speed, and how much of the time was spent waiting for batches.

    Parameters
    ----------
    ahead : callable
        Returns the maker of batches, once there is one.
    say : callable
        Takes a line for people.
    every : int
        Steps from one row of the logs to the next.
    """

    def __init__(
        self, ahead: Callable[[], Ahead[StepBatch]], say: Callable[[str], None], every: int
    ) -> None:
        self._ahead, self._say, self._every = ahead, say, every
        self._row, self._line = _Means(), _Means()
        self._step = 0

    def on_train_start(self, trainer: Trainer, *_: object) -> None:
        """Start the clocks."""
        self._step = trainer.global_step
        self._row.reset(self._ahead().waited_s)
        self._line.reset(self._ahead().waited_s)

    def on_train_batch_end(
        self, trainer: Trainer, _: Engine, outputs: Mapping[str, Any], *__: object
    ) -> None:
        """Count a step; log and tell from time to time, and at the end."""
        for means in (self._row, self._line):
            means.add(outputs["parts"])
        step, waited_s = trainer.global_step, self._ahead().waited_s
        over = trainer.should_stop or step == trainer.max_steps
        if step == self._step:
            return
        self._step = step
        if step % self._every == 0 or over:
            row = self._row.take(waited_s)
            for logger in trainer.loggers:
                logger.log_metrics(row, step=step)
        if self._line.elapsed_s > _TELL_EVERY_S or over:
            self._say(_line(step, trainer.max_steps, self._line.take(waited_s)))


class _Means:
    """Means since they were last taken."""

    def reset(self, waited_s: float) -> None:
        """Start anew."""
        self._start, self._waited_s = time.monotonic(), waited_s
        self._sums: dict[str, Any] = defaultdict(float)
        self._count = 0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def add(self, parts: Mapping[str, torch.Tensor]) -> None:
        """Add the losses of a step, without waiting for the device."""
        self._count += 1
        for name, value in parts.items():
            self._sums[name] += value

    def take(self, waited_s: float) -> dict[str, float]:
        """Return means, and start anew."""
        elapsed_s = self.elapsed_s
        means = {name: float(total) / self._count for name, total in self._sums.items()}
        means["seconds_per_step"] = elapsed_s / self._count
        means["waiting_share"] = (waited_s - self._waited_s) / elapsed_s
        self.reset(waited_s)
        return means


def _line(step: int, steps: int, means: dict[str, float]) -> str:
    seconds, waiting = means.pop("seconds_per_step"), means.pop("waiting_share")
    losses = "  ".join(f"{name} {value:.3f}" for name, value in means.items())
    return (
        f"{step / steps:6.1%}  step {step}  {losses}  {seconds:.2f} s/step, "
        f"{waiting:.0%} waiting for data"
    )
