"""Short runs of the training engine on made-up images."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from support.labelled_images import coast_sources
from support.told_chips import SHIPS, told_chip

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.tokens import Tokeniser
from sargeo_training.crops.batches import Mixture
from sargeo_training.crops.chip_stream import ChipStream
from sargeo_training.data.chip import Chip
from sargeo_training.data.shards import SHARDS, encode, write_index, write_shard
from sargeo_training.data.sources import simulated
from sargeo_training.engine.callbacks import Validate
from sargeo_training.engine.material import mixture
from sargeo_training.engine.module import Engine
from sargeo_training.engine.networks import new_network
from sargeo_training.engine.stages import train_stage
from sargeo_training.engine.streams import Streams
from sargeo_training.settings.config import Config, checked_config
from sargeo_training.text.grounded import write

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


LANGUAGE: Mapping[str, Any] = {
    "width": 16,
    "depth": 2,
    "heads": 2,
    "vocabulary": 512,
    "max_tokens": 48,
    "embedding_dim": 8,
}
EVERY_LOSS = {
    "landcover": 1.0,
    "objects": 0.7,
    "alignment": 0.5,
    "contrast": 1.0,
    "matching": 1.0,
    "masking": 1.0,
    "captioning": 1.0,
    "reconstruction": 1.0,
}


def telling_settings(*, steps: int = 4, **parts: Any) -> Config:
    """Return settings of a very small network with language, and of every loss."""
    stage = {**SETTINGS["stages"][0], "steps": steps, "losses": EVERY_LOSS}
    given = {
        "network": {
            **SETTINGS["network"],
            "language": LANGUAGE,
            "sensors": ["Sentinel-1"],
        },
        "chips": {"chip_px": 64, "batch_size": 4},
        "contrast": {"queue": 6},
        "stages": [stage],
    }
    return checked_config({**SETTINGS, **given, **parts}, "settings")


def scio_content(*names: str, **stage: Any) -> dict[str, Any]:
    """Return settings of a very small network with stages of these names."""
    losses = {"contrast": 1.0, "matching": 1.0, "masking": 1.0}
    given = {"steps": 3, "learning_rate": 2e-3, "losses": losses, **stage}
    language = {**LANGUAGE, "max_tokens": 400}
    return {
        **SETTINGS,
        "network": {**SETTINGS["network"], "language": language, "sensors": ["Sentinel-1"]},
        "chips": {"chip_px": 64, "batch_size": 4, "answers": 0.0},
        "contrast": {"queue": 6},
        "validation": {"every": 1},
        "stages": [{"name": name, **given} for name in names],
    }


def chips(count: int = 6) -> list[Chip]:
    """Return chips with texts; those with odd numbers show no ships."""
    made = []
    for k in range(count):
        chip = told_chip(f"chip_{k}", seed=k, ships=None if k % 2 else SHIPS)
        writing = write(chip.record, np.random.default_rng(k))
        record = chip.record.model_copy(update={"target_texts": (writing,)})
        made.append(dataclasses.replace(chip, record=record))
    return made


def write_chips(folder: Path, shown: Iterable[Chip]) -> Path:
    """Write chips as one shard with an index; return the folder."""
    (folder / SHARDS).mkdir(parents=True)
    write_shard(folder / SHARDS / "chips.tar", map(encode, shown))
    write_index(folder)
    return folder


def tokeniser(config: Config) -> Tokeniser:
    """Return a tokeniser of the texts of some chips."""
    language = config.network.language
    assert language is not None
    texts = [w.detailed for chip in chips() for w in chip.record.target_texts]
    return Tokeniser.train(texts, language.vocabulary, language.max_tokens)


def both_streams(config: Config) -> Streams:
    """Return crops, and chips with texts."""
    words, shown = tokeniser(config), chips()
    stream = ChipStream(
        shown, range(len(shown)), config, words, lambda k: shown[k].record.target_texts
    )
    return Streams(crops(config), stream, words, config.seed)


def crops(config: Config) -> Mixture:
    """Return the dense stream on made-up images."""
    return mixture(config, coast_sources())


def run(
    folder: Path,
    config: Config | None = None,
    *,
    scores: Iterable[float] | None = None,
    resume: bool = False,
    streams: Streams | None = None,
    validate: Validate | None = None,
) -> tuple[SarKnowlip, list[str]]:
    """Train the first stage; return the network and what was said."""
    config = config or settings()
    torch.manual_seed(config.seed)
    said: list[str] = []
    score = iter(scores if scores is not None else itertools.count())
    if config.network.language is not None:
        streams = streams or both_streams(config)
    streams = streams or Streams(crops(config))
    network = train_stage(
        new_network(config, streams.tokeniser),
        config,
        config.stages[0],
        streams,
        folder,
        validate=validate or (lambda _: next(score)),
        say=said.append,
        resume=resume,
    )
    return network, said


def simulate_few_coasts(monkeypatch: Any) -> None:
    """Let the simulated source have a handful of small scenes."""
    monkeypatch.setattr(simulated, "_SHAPE", (384, 384))
    monkeypatch.setattr(simulated, "_SETTINGS", ("coast",))
    monkeypatch.setattr(simulated, "_COUNTS", {"train": 2, "validation": 1, "holdout": 1})
    seeds = {"train": 1000, "validation": 5000, "holdout": 9000}
    monkeypatch.setattr(simulated, "_FIRST_SEEDS", seeds)


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
