"""Reference labels of two Los Angeles scenes, drawn by eye for this project; see PROTOCOL.md.

Land cover comes from the Sentinel-2 picture, ships come from the radar picture. Only the geometry
is kept here, never the imagery. The names below are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sargeo_training.reference.labels import load_landcover as load_landcover
    from sargeo_training.reference.labels import load_ship_blocks as load_ship_blocks
    from sargeo_training.reference.labels import load_ships as load_ships

__all__ = ["load_landcover", "load_ship_blocks", "load_ships"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("sargeo_training.reference.labels"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
