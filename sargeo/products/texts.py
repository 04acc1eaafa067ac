"""Maps whose classes were given as texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sargeo.grid import GeoGrid
from sargeo.legend import LandCoverClass
from sargeo.products.raster import RasterSink, classes_sink
from sargeo.products.windows import open_product

_TAG = "classes"


def texts_sink(
    path: Path, grid: GeoGrid, legend: Sequence[LandCoverClass], metadata: Mapping[str, str]
) -> RasterSink:
    """Return the sink of a raster of codes of texts, nodata 0; the file tells its legend."""
    table = json.dumps([asdict(c) for c in legend], ensure_ascii=False)
    return classes_sink(path, grid, legend, "text", {**metadata, _TAG: table})


def read_legend(path: Path) -> tuple[LandCoverClass, ...]:
    """Return the legend of a raster that `texts_sink` wrote.

    Raises
    ------
    sargeo.errors.InputError
        If the file is not a georeferenced raster.
    """
    with open_product(path) as product:
        table = json.loads(product.tags[_TAG])
    return tuple(LandCoverClass(c["code"], c["name"], c["colour"]) for c in table)
