"""Pixels for the pictures, read no finer than a picture shows them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import GeoGrid
from sargeo.geo.mercator import MercatorBox
from sargeo.products.windows import open_product

UInt8Array = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Coarse:
    """The pixels of a grid, joined to larger cells.

    Attributes
    ----------
    values : ndarray of uint8, shape (H, W)
    nodata : int
        Value of cells without a valid pixel.
    grid : GeoGrid
        Of the pixels at full resolution.
    cell : tuple of float
        Rows and columns of ``grid`` that one cell takes.
    """

    values: UInt8Array
    nodata: int
    grid: GeoGrid
    cell: tuple[float, float]

    def sample(self, box: MercatorBox, shape: tuple[int, int]) -> UInt8Array:
        """Return the value of the nearest cell for each pixel of a picture of the box."""
        rows, cols = box.source_pixels(shape)
        inside = (rows >= 0) & (rows < self.grid.height) & (cols >= 0) & (cols < self.grid.width)
        down = np.clip(rows / self.cell[0], 0, self.values.shape[0] - 1).astype(np.int32)
        across = np.clip(cols / self.cell[1], 0, self.values.shape[1] - 1).astype(np.int32)
        return np.where(inside, self.values[down, across], np.uint8(self.nodata))


def cell_size(box: MercatorBox, shape: tuple[int, int]) -> int:
    """Return how many pixels of the grid, per axis, fit in one pixel of a picture; at least 1."""
    side_m = math.sqrt((box.right - box.left) * (box.top - box.bottom) / (shape[0] * shape[1]))
    return max(1, int(side_m / box.metres_per_pixel + 1e-6))


def read_product(
    path: Path,
    box: MercatorBox,
    shape: tuple[int, int],
    *,
    how: Literal["mode", "average"],
    nodata: int,
) -> Coarse:
    """Read the first band of a product as fine as a picture of the box needs it.

    Parameters
    ----------
    path : Path
    box : MercatorBox
        Around the product's grid.
    shape : tuple of int
        (rows, cols) of the picture.
    how : {"mode", "average"}
        How pixels are joined where the file has no overview of that size: classes by their mode.
    nodata : int

    Raises
    ------
    sargeo.errors.InputError
        If the file cannot be read as a raster.
    """
    # A power of two, so that the overviews of a COG serve as they are.
    factor = 2 ** int(math.log2(cell_size(box, shape)))
    with open_product(path) as product:
        values = product.read_coarse(factor, how)
        height, width = product.grid.shape
        cell = (height / values.shape[0], width / values.shape[1])
        return Coarse(values, nodata, product.grid, cell)
