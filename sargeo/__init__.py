"""Maps full georeferenced SAR scenes: land cover, objects and their counts, and what texts name.

The names below are loaded when they are first used, so that ``import sargeo`` costs nothing::

    import sargeo

    report = sargeo.map_scene("scene.tif", out_dir="out")
    dataset = sargeo.open_products("out")
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sargeo.language.classification import classify as classify
    from sargeo.language.description import ask as ask
    from sargeo.language.description import caption as caption
    from sargeo.language.embedding import embed as embed
    from sargeo.language.retrieval import search as search
    from sargeo.mapping import map_scene as map_scene
    from sargeo.model.registry import load_model as load_model
    from sargeo.products.read import open_counts as open_counts
    from sargeo.products.read import open_products as open_products
    from sargeo.products.read import read_objects as read_objects
    from sargeo.scene.open import open_scene as open_scene

    __version__: str

# OpenMP reads this once, when torch is loaded. By default its threads spin while they wait for each
# other; as soon as another thread or program wants a core (our own readers and writers do), all of
# them wait for the one that lost it: measured on two cores beside one busy process, the embedded
# model ran at 0.19 Mpx/s spinning and at 2.85 Mpx/s with this.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOMES = {
    "ask": "sargeo.language.description",
    "caption": "sargeo.language.description",
    "classify": "sargeo.language.classification",
    "embed": "sargeo.language.embedding",
    "load_model": "sargeo.model.registry",
    "map_scene": "sargeo.mapping",
    "open_counts": "sargeo.products.read",
    "open_products": "sargeo.products.read",
    "open_scene": "sargeo.scene.open",
    "read_objects": "sargeo.products.read",
    "search": "sargeo.language.retrieval",
}

__all__ = [
    "ask",
    "caption",
    "classify",
    "embed",
    "load_model",
    "map_scene",
    "open_counts",
    "open_products",
    "open_scene",
    "read_objects",
    "search",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("sargeo")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__, "__version__"]
