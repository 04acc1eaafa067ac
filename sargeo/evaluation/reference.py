"""Reference data: what a person says is there, beside what the map shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import Block
from sargeo.geo.placement import on_grid
from sargeo.geo.vectors import PLACES, describe_source, read_vectors
from sargeo.legend import LAND_COVER, LAND_COVER_CODES, NODATA, UNCERTAIN, WITHOUT_COUNTERPART
from sargeo.products.raster import TILE
from sargeo.products.windows import ProductRaster, polygon_tiles

_BY_NAME = {c.name: c.code for c in LAND_COVER}
_BY_CODE = {code: c.code for c in LAND_COVER for code in (c.code, *c.worldcover)}


@dataclass(frozen=True, slots=True)
class Reference:
    """Labelled places in the CRS of a product.

    Attributes
    ----------
    frame : GeoDataFrame
        Points, or polygons.
    codes : ndarray of int, shape (m,)
        Class codes of `sargeo.legend`.
    notes : tuple of str
        What was left out.
    """

    frame: gpd.GeoDataFrame
    codes: NDArray[np.int64]
    notes: tuple[str, ...]

    @property
    def has_polygons(self) -> bool:
        """Whether places are polygons."""
        return bool(self.frame.geom_type.isin(("Polygon", "MultiPolygon")).any())


@dataclass(frozen=True, slots=True)
class Samples:
    """Pixels that have a class on the map and in the reference.

    Attributes
    ----------
    clusters : ndarray of int, shape (m, q, q)
        Confusion matrix of every place, map classes down, reference classes across, in the order
        of `sargeo.legend.LAND_COVER`.
    notes : tuple of str
        What was left out.
    """

    clusters: NDArray[np.int64]
    notes: tuple[str, ...]


def read_reference(
    source: Path | gpd.GeoDataFrame, class_field: str, product: ProductRaster
) -> Reference:
    """Read labelled points or polygons.

    Raises
    ------
    sargeo.errors.ReferenceDataError
        If the file cannot be read, has several layers that fit or none, has no such field, mixes
        points with polygons, or names a class that neither our legend nor WorldCover knows.
    """
    what = f"The reference {describe_source(source)}"
    frame = read_vectors(source, ReferenceDataError, "reference", PLACES, keep_all=True)
    if class_field not in frame:
        raise ReferenceDataError(
            f"{what} has no field {class_field}.",
            f"Name the field that holds the classes: {', '.join(frame.columns[:-1])}.",
        )
    drawn = ~frame.geometry.is_empty
    frame = frame[drawn]
    if frame.geom_type.str.contains("Point").nunique() > 1:
        raise ReferenceDataError(
            f"{what} holds points and polygons.", "Give a file of points, or one of polygons."
        )
    frame = frame.set_geometry(on_grid(frame.geometry, product.grid))
    frame = frame.explode(index_parts=False, ignore_index=True)
    codes = np.array([_code(value, what) for value in frame[class_field]], dtype=np.int64)
    known = codes != NODATA
    left_out = {
        f"{(~drawn).sum()} features are neither points nor polygons.": not drawn.all(),
        f"{(~known).sum()} features have no class that the map knows.": not known.all(),
    }
    notes = tuple(note for note, holds in left_out.items() if holds)
    return Reference(frame[known].reset_index(drop=True), codes[known], notes)


def sample(reference: Reference, product: ProductRaster) -> Samples:
    """Read the map at the reference: at points, or at all pixels whose centre is in a polygon."""
    read = _read_polygons if reference.has_polygons else _read_points
    histograms = read(reference.frame, product)
    q = len(LAND_COVER_CODES)
    clusters = np.zeros((len(reference.codes), q, q), dtype=np.int64)
    columns = np.searchsorted(LAND_COVER_CODES, reference.codes)
    places = np.arange(len(reference.codes))
    for row, code in enumerate(LAND_COVER_CODES):
        clusters[places, row, columns] = histograms[:, code]
    seen = histograms.sum(axis=1)
    left_out = {
        f"{(seen == 0).sum()} features lie outside the scene.": (seen == 0).any(),
        f"{histograms[:, NODATA].sum()} samples lie on nodata.": histograms[:, NODATA].any(),
        f"{histograms[:, UNCERTAIN].sum()} samples are uncertain on the map.": histograms[
            :, UNCERTAIN
        ].any(),
    }
    return Samples(clusters, tuple(note for note, holds in left_out.items() if holds))


def _code(value: object, what: str) -> int:
    """Return our code of a class given by name or number; nodata where there is none."""
    if pd.isna(value):  # type: ignore[call-overload]
        return NODATA
    text = str(value).strip().lower().replace("_", " ")
    if text in _BY_NAME:
        return _BY_NAME[text]
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number in WITHOUT_COUNTERPART or number == NODATA:
        return NODATA
    if number not in _BY_CODE:
        raise ReferenceDataError(
            f"{what} names the class {value!r}.",
            f"Use {', '.join(_BY_NAME)}, our codes, or those of ESA WorldCover.",
        )
    return _BY_CODE[int(number)]


def _read_points(frame: gpd.GeoDataFrame, product: ProductRaster) -> NDArray[np.int64]:
    """Histogram of map codes of every point, shape (m, 256): at most a single one."""
    rows, cols = product.grid.rowcol(frame.geometry.x, frame.geometry.y)
    inside = np.flatnonzero(product.grid.block.contains(rows, cols))
    rows, cols = rows[inside].astype(int), cols[inside].astype(int)
    by_tile: dict[tuple[int, int], list[int]] = {}
    for i, key in enumerate(zip(rows // TILE, cols // TILE, strict=True)):
        by_tile.setdefault(key, []).append(i)
    histograms = np.zeros((len(frame), 256), dtype=np.int64)
    for (tile_row, tile_col), members in by_tile.items():
        whole = Block(tile_row * TILE, tile_col * TILE, TILE, TILE)
        block = whole.intersection(product.grid.block) or whole
        codes = product.read(block)[rows[members] - block.row, cols[members] - block.col]
        histograms[inside[members], codes] = 1
    return histograms


def _read_polygons(frame: gpd.GeoDataFrame, product: ProductRaster) -> NDArray[np.int64]:
    """Histogram of the map codes inside every polygon, shape (m, 256)."""
    histograms = np.zeros((len(frame), 256), dtype=np.int64)
    for i, polygon in enumerate(frame.geometry):
        for tile, inside in polygon_tiles(product.grid, polygon):
            histograms[i] += np.bincount(product.read(tile)[inside], minlength=256)
    return histograms
