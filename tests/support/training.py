"""Short runs of the training engine on made-up sheets."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from support.sheets import coast_sources

from sargeo.model.knowlip import SarKnowlip
from sargeo_training.batches import Mixture
from sargeo_training.engine.config import Config, checked_config
from sargeo_training.engine.module import Engine
from sargeo_training.engine.networks import new_network
from sargeo_training.engine.run import mixture
from sargeo_training.engine.stages import train_stage
from sargeo_training.engine.streams import Streams

SETTINGS: Mapping[str, Any] = {
    "network": {"tower": {"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16], "decoder_dim": 8}},
    "dense": {"crop_px": 64, "batch_size": 4},
    "optimiser": {"average": 0.9},
    "stages": [
        {
            "name": "joint",
            "steps": 4,
            "learning_rate": 4e-3,
            "losses": {"landcover": 1.0, "objects": 0.7},
        }
    ],
}


def settings(*, steps: int = 4, **parts: Any) -> Config:
    """Return settings of a very small network; parts replace those above."""
    stage = {**SETTINGS["stages"][0], "steps": steps}
    return checked_config({**SETTINGS, "stages": [stage], **parts}, "settings")


def crops(config: Config) -> Mixture:
    """Return the dense stream on made-up sheets."""
    return mixture(config, coast_sources())


def run(
    folder: Path,
    config: Config | None = None,
    *,
    scores: Iterable[float] | None = None,
    resume: bool = False,
    streams: Streams | None = None,
) -> tuple[SarKnowlip, list[str]]:
    """Train the first stage; return the network and what was said."""
    config = config or settings()
    torch.manual_seed(config.seed)
    said: list[str] = []
    score = iter(scores if scores is not None else itertools.count())
    network = train_stage(
        new_network(config),
        config,
        config.stages[0],
        streams or Streams(crops(config)),
        folder,
        validate=lambda _: next(score),
        say=said.append,
        resume=resume,
    )
    return network, said


class Killed(Exception):  # noqa: N818 - a kill is no error
    """What a run dies of in a test."""


class Recorder:
    """Keeps the losses of every step that engines take, and kills them where asked."""

    def __init__(self, monkeypatch: Any, kill_after: int | None = None) -> None:
        self.losses: list[dict[str, float]] = []
        self.kill_after = kill_after
        original = Engine.training_step

        def step(engine: Engine, batch: Any, index: int) -> dict[str, Any]:
            if len(self.losses) == self.kill_after:
                raise Killed
            outputs = original(engine, batch, index)
            self.losses.append({n: float(v) for n, v in outputs["parts"].items()})
            return outputs

        monkeypatch.setattr(Engine, "training_step", step)

    def take(self) -> list[dict[str, float]]:
        """Return the losses so far, and forget them."""
        taken, self.losses = self.losses, []
        return taken
