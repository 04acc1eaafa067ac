"""A scene that a model can work on, found before anything heavy is loaded."""

from __future__ import annotations

from pathlib import Path

from sargeo.inference.working_grid import on_trained_spacing
from sargeo.model.registry import read_spec
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.open import open_scene
from sargeo.scene.scene import Scene


def open_suitable(
    source: str | Path, model: str | Path, *, assume: Assumptions | str | None = None
) -> Scene:
    """Open a scene, and refuse a spacing that the model cannot work on.

    A run would find out as well, but only after torch and the model were loaded, which takes many
    times as long.

    Raises
    ------
    sargeo.errors.InputError
        If the scene is refused.
    sargeo.errors.SpacingRefusedError
        If its pixels are too large or too small for the model.
    sargeo.errors.UsageError
        If there is no such model, or the assumptions make no sense.
    """
    scene = open_scene(source, assume=assume)
    on_trained_spacing(scene, read_spec(model).spacing)
    return scene
