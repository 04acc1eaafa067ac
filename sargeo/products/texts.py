"""Maps whose classes were given as texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from sargeo.geo.grid import GeoGrid
from sargeo.legend import LandCoverClass
from sargeo.products.raster import LEGEND_TAG, RasterSink, classes_sink, legend_tag
from sargeo.products.style import LEGEND
from sargeo.products.windows import open_product


def texts_sink(
    path: Path, grid: GeoGrid, legend: Sequence[LandCoverClass], metadata: Mapping[str, str]
) -> RasterSink:
    """Return the sink of a raster of codes of texts, nodata 0; the file tells its legend."""
    return classes_sink(path, grid, legend, "text", {**metadata, **legend_tag(legend)})


def read_legend(path: Path) -> tuple[LandCoverClass, ...]:
    """Return the legend of a raster of classes: the one that it tells, or sargeo's own.

    Raises
    ------
    sargeo.errors.InputError
        If the file is not a georeferenced raster.
    """
    with open_product(path) as product:
        told = product.tags.get(LEGEND_TAG)
    if told is None:
        return LEGEND
    table = json.loads(told)
    return tuple(LandCoverClass(c["code"], c["name"], c["colour"]) for c in table)
