"""What can be clicked on the page: count cells and objects, with their places in degrees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from sargeo.errors import InputError
from sargeo.geo.antimeridian import unwrap
from sargeo.geo.grid import FloatArray, GeoGrid
from sargeo.geo.vectors import ogr_name
from sargeo.legend import OBJECT_KINDS
from sargeo.products.count import COUNT_NODATA, PER_MILLE
from sargeo.products.vector import LAYER
from sargeo.products.windows import open_product

MAX_CELLS = 12_000
MAX_OBJECTS = 20_000
"""What a browser draws and the page's size allows."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells that hold objects.

    Attributes
    ----------
    counts : ndarray of int, shape (N,)
    valid_percent : ndarray of float, shape (N,)
        Share of the cell's pixels that are valid.
    corners : ndarray of float, shape (N, 4, 2)
        (latitude, longitude) of the corners, one after the other around the cell.
    sides_m : tuple of float
        Height and width of a cell on the ground, in the middle of the raster.
    joined : int
        How many of the product's cells, per axis, one of these takes.
    """

    counts: NDArray[np.int64]
    valid_percent: FloatArray
    corners: FloatArray
    sides_m: tuple[float, float]
    joined: int

    @property
    def largest(self) -> int:
        """The greatest count; 0 where there are no objects."""
        return int(self.counts.max(initial=0))


def read_cells(path: Path, centre_lon: float) -> Cells:
    """Read the cells of a count raster that hold objects.

    Where they are too many for a page, cells are joined two by two until they are not.

    Raises
    ------
    InputError
        If the file cannot be read as a raster.
    """
    with open_product(path) as product:
        grid = product.grid
        counts, per_mille = (product.read(grid.block, band) for band in (1, 2))
    counts = np.where(counts == COUNT_NODATA, 0, counts).astype(np.int64)
    valid_percent = per_mille.astype(float) * 100 / PER_MILLE
    joined = 1
    while np.count_nonzero(counts) > MAX_CELLS:
        counts, valid_percent = _pairs(counts), _pairs(valid_percent) / 4
        grid = grid.zoom_out(2, 2)
        joined *= 2
    rows, cols = np.nonzero(counts)
    down, across = grid.spacing_m(grid.height / 2, grid.width / 2)
    return Cells(
        counts[rows, cols],
        valid_percent[rows, cols],
        _corners(grid, rows, cols, centre_lon),
        (float(down), float(across)),
        joined,
    )


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects as they are shown, the most confident first, all arrays of shape (N,).

    Attributes
    ----------
    lon, lat : ndarray of float
        In degrees; longitudes unwrapped.
    kind : ndarray of str
    confidence : ndarray of float
        0 to 1.
    length_m : ndarray of float
        NaN where the scene's spacing is not known.
    total : int
        How many the product holds.
    """

    lon: FloatArray
    lat: FloatArray
    kind: NDArray[np.object_]
    confidence: FloatArray
    length_m: FloatArray
    total: int

    @property
    def kinds(self) -> list[str]:
        """Kinds of the legend first, so that each has its colour, then any other that occurs."""
        return list(dict.fromkeys((*OBJECT_KINDS, *self.kind.tolist())))


def read_objects(path: Path, centre_lon: float) -> Objects:
    """Read the most confident objects of a product, as many as a page takes.

    Raises
    ------
    InputError
        If the file cannot be read as vectors.
    """
    try:
        table = gpd.read_file(ogr_name(path), layer=LAYER)
    except Exception as problem:  # pyogrio raises its own and OSError, by driver
        raise InputError(
            f"The product {path} cannot be read: {problem}.",
            "Map the scene again with --overwrite; the file is damaged.",
        ) from problem
    shown = table.sort_values("confidence", ascending=False, kind="stable").head(MAX_OBJECTS)
    places = shown.geometry.to_crs("EPSG:4326")
    return Objects(
        unwrap(places.x, centre_lon),
        np.asarray(places.y, dtype=float),
        np.asarray(shown["kind"], dtype=object),
        np.asarray(shown["confidence"], dtype=float),
        np.asarray(shown["length_m"], dtype=float),
        len(table),
    )


def _pairs(values: NDArray[Any]) -> NDArray[Any]:
    """Sum over squares of two by two; beyond the far edges there is nothing."""
    height, width = values.shape
    padded = np.pad(values, ((0, height % 2), (0, width % 2)))
    return np.asarray(padded.reshape(-(-height // 2), 2, -(-width // 2), 2).sum(axis=(1, 3)))


def _corners(
    grid: GeoGrid, rows: NDArray[np.intp], cols: NDArray[np.intp], centre_lon: float
) -> FloatArray:
    around = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
    lon, lat = grid.lonlat(rows[:, None] + around[:, 0], cols[:, None] + around[:, 1])
    return np.stack([lat, unwrap(lon, centre_lon)], axis=-1)
