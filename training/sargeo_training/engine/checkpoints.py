"""Checkpoints: whole or not there, so that the last good one survives whatever happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.checkpoint_io import CheckpointIO
from torch import Tensor

from sargeo.errors import DiskFullError, ModelDamagedError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.tokens import Tokeniser
from sargeo.products.files import replacing
from sargeo_training.engine.networks import new_network
from sargeo_training.settings.config import Config, as_plain, checked_config

BEST = "checkpoint.pt"
"""The averaged weights that a stage keeps, with its settings: what is exported."""

LAST = "last.ckpt"
"""All that a run needs to go on as if it had never stopped."""


def write_whole(content: Mapping[str, Any], path: Path) -> None:
    """Save tensors and plain types, so that a reader never sees half a file.

    Raises
    ------
    DiskFullError
        In the middle of writing; an older file of that name is as it was.
    OutputNotWritableError
        If the operating system refuses otherwise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(path) as part:
            _save(content, part)
    except DiskFullError as error:
        kept = "; the one before is kept" if path.exists() else ""
        raise DiskFullError(
            f"The disk filled up while {path} was being written{kept}.",
            "Free some space, then go on with --resume.",
        ) from error


def _save(content: Mapping[str, Any], path: Path) -> None:
    with path.open("wb") as file:
        try:
            torch.save(dict(content), file)
        except RuntimeError as error:
            # Torch closes its archive in vain after a failed write, and complains of that instead.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
        file.flush()
        os.fsync(file.fileno())


def read_saved(path: Path) -> dict[str, Any]:
    """Read tensors and plain types.

    Raises
    ------
    ModelDamagedError
        If there is no such file, or it is none of sargeo's checkpoints.
    """
    if not path.exists():
        raise ModelDamagedError(
            f"There is no {path.name} in {path.parent}.", "Give the folder of a training run."
        )
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch tells a broken file by a dozen types
        raise ModelDamagedError(
            f"{path} is no checkpoint that can be read.", "Train again, or take another run."
        ) from error
    return dict(saved)


def save_best(
    folder: Path, state: Mapping[str, Tensor], config: Config, tokeniser: Tokeniser | None
) -> None:
    """Write weights, settings, and the tokeniser that they read with."""
    words = tokeniser.to_json() if tokeniser else None
    saved = {"state": dict(state), "config": as_plain(config), "tokeniser": words}
    write_whole(saved, folder / BEST)


def load_best(folder: Path) -> tuple[SarKnowlip, Config]:
    """Read what `save_best` wrote.

    Raises
    ------
    ModelDamagedError
        If there is no checkpoint, or one of another shape than its settings say.
    """
    saved = read_saved(folder / BEST)
    config = checked_config(saved.get("config"), str(folder / BEST))
    network = new_network(config, saved_tokeniser(saved, config))
    load_into(network, saved["state"], folder / BEST)
    return network.eval(), config


def saved_tokeniser(saved: Mapping[str, Any], config: Config) -> Tokeniser | None:
    """Return the tokeniser of a checkpoint."""
    language, words = config.network.language, saved["tokeniser"]
    return Tokeniser.of_json(words, language.max_tokens) if language and words else None


def load_into(network: torch.nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Load weights into a network.

    Raises
    ------
    ModelDamagedError
        If names or shapes are others.
    """
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ModelDamagedError(
            f"The weights in {path} have another shape than the network.",
            "Take a checkpoint that was trained with the same network settings.",
        ) from error


class WholeFiles(CheckpointIO):  # type: ignore[misc]
    """How Lightning writes and reads checkpoints here."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: object = None
    ) -> None:
        """Write a checkpoint; there are no options."""
        if storage_options is not None:
            raise TypeError("there are no storage options")
        write_whole(checkpoint, Path(path))

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Callable[..., Any] | None = None,  # noqa: ARG002 - always to the processor
        weights_only: bool | None = None,  # noqa: ARG002 - never anything else
    ) -> dict[str, Any]:
        """Read a checkpoint."""
        return read_saved(Path(path))

    def remove_checkpoint(self, path: str | Path) -> None:
        """Remove a checkpoint."""
        Path(path).unlink(missing_ok=True)
