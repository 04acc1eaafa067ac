"""The web page of a finished run: pictures, cells and objects in the right place on Earth."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sargeo.webmap.page import write_web_map as write_web_map

__all__ = ["write_web_map"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("sargeo.webmap.page"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
