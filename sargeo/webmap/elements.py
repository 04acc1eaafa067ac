"""folium elements of the page, made from the files in ``assets``."""

from __future__ import annotations

import math
import re
from importlib.resources import files
from typing import Any

import folium
import numpy as np
from branca.element import Element, MacroElement
from folium.template import Template
from pyproj import CRS

from sargeo.geo.mercator import MercatorBox
from sargeo.products.style import count_entries, object_entries
from sargeo.webmap.content import Content, PictureLayer
from sargeo.webmap.pictures import CONFIDENCE_RAMP
from sargeo.webmap.vectors import Cells, Objects

_CURSOR_KNOTS = 65
"""Per axis. Linear between them, positions are off by less than a metre in a scene of 250 km."""


def read_asset(name: str) -> str:
    """Return the text of a file that comes with the package."""
    return (files("sargeo.webmap") / "assets" / name).read_text(encoding="utf-8")


def inline_script(code: str) -> str:
    """Make code safe within a script element, and free of the map to its sources.

    Within JavaScript's strings and regular expressions the escapes change nothing.
    """
    code = re.sub(r"\n//# sourceMappingURL=.*", "", code)
    return re.sub(r"<(/script|!--)", r"<\\\1", code, flags=re.IGNORECASE)


def inline_style(code: str) -> str:
    """Drop the images that a style sheet names; the page uses none of those controls."""
    return re.sub(r"url\(images/[^)]*\)", "none", code)


class _Text(Element):  # type: ignore[misc]  # branca is untyped
    """Text that goes into the page as it is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **_: Any) -> str:
        return self._text


class _Part(MacroElement):  # type: ignore[misc]  # branca is untyped
    """A macro element whose output is not taken for a template once more.

    branca's own would run what stands in double braces, in a scene's name for instance.
    """

    def render(self, **kwargs: Any) -> None:
        """Put the output of the template's macros into the page."""
        figure = self.get_root()
        for place in ("header", "html", "script"):
            macro = getattr(self._template.module, place, None)
            if macro is not None:
                getattr(figure, place).add_child(_Text(macro(self, kwargs)), name=self.get_name())


class Head(_Part):
    """Leaflet, our script and styles, and a policy by which the browser loads nothing else."""

    _template = Template(read_asset("head.html"))

    def __init__(self) -> None:
        super().__init__()
        self._name = "Head"
        self.licence = read_asset("leaflet.LICENSE.txt")
        self.styles = [inline_style(read_asset(n)) for n in ("leaflet.css", "page.css")]
        self.scripts = [inline_script(read_asset(n)) for n in ("leaflet.js", "page.js")]


class PictureOverlay(_Part, folium.raster_layers.ImageOverlay):  # type: ignore[misc]
    """A picture at its bounds; the page's script puts it on the map and sets its opacity.

    folium's own would run megabytes of image through a template engine twice.
    """

    def __init__(self, layer: PictureLayer, z_index: int) -> None:
        super().__init__(
            layer.picture.uri,
            layer.picture.bounds,
            pixelated=False,
            zindex=z_index,
            class_name=layer.key,
        )


class Panel(_Part):
    """The panel beside the map, and the call that brings the page to life.

    Parameters
    ----------
    content : Content
    layers : dict of str to folium layer
        The basemap and the pictures, by their keys.
    """

    _template = Template(read_asset("panel.html"))

    def __init__(self, content: Content, layers: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Panel"
        self.content = content
        self.layers = layers
        self.confidence_ramp = CONFIDENCE_RAMP
        cells, objects = content.cells, content.objects
        self.count_entries = count_entries(cells.largest) if cells and cells.largest else ()
        self.object_entries = object_entries(objects.kinds) if objects else ()
        self.data = {
            "cells": cells and _cells(cells),
            "countRamp": [(upper, entry.colour) for upper, entry in self.count_entries],
            "objects": objects and _objects(objects),
            "objectColours": [entry.colour for entry in self.object_entries],
            "cursor": _cursor(content.box),
        }


def _cells(cells: Cells) -> dict[str, Any]:
    return {
        "counts": cells.counts.tolist(),
        "valid": cells.valid_percent.round(1).tolist(),
        "corners": cells.corners.reshape(-1, 8).round(6).tolist(),
    }


def _objects(objects: Objects) -> dict[str, Any]:
    kinds = objects.kinds
    return {
        "lon": objects.lon.round(6).tolist(),
        "lat": objects.lat.round(6).tolist(),
        "kinds": kinds,
        "kind": [kinds.index(kind) for kind in objects.kind.tolist()],
        "confidence": objects.confidence.round(3).tolist(),
        "length": [None if math.isnan(m) else round(m) for m in objects.length_m.tolist()],
    }


def _cursor(box: MercatorBox) -> dict[str, Any]:
    """Return a lattice from which the page tells pixels and coordinates of the scene."""
    shares = np.linspace(0, 1, _CURSOR_KNOTS)
    rows, cols = box.locate(shares, shares)
    grid = box.grid
    return {
        "box": [box.left, box.bottom, box.right, box.top],
        "rows": rows.round(2).tolist(),
        "cols": cols.round(2).tolist(),
        "shape": list(grid.shape),
        "transform": list(grid.transform)[:6],
        "crs": None if grid.crs.is_geographic else _crs_name(grid.crs),
    }


def _crs_name(crs: CRS) -> str:
    """Return a code such as EPSG:32611 where there is one, else the name."""
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)
