"""A scene whose right map is known: sea in the left half, land in the right, ships at sea."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from support.rasters import write_raster

from sargeo.legend import NODATA, OPEN_WATER

SIDE = 128

SHIPS = ((32, 16), (64, 40), (96, 16))
"""Row and column of the upper left pixel; 3 rows by 8 columns."""


def power(bands: int = 1, *, seed: int = 0) -> NDArray[np.float32]:
    """Return linear power (C, 128, 128): sea of 0.01, land of 0.12, speckle of 4.4 looks."""
    sea = np.arange(SIDE) < SIDE // 2
    mean = np.where(sea, 0.01, 0.12) * np.array([1.0, 0.2, 0.9, 0.2])[:bands, None, None]
    values = mean * np.random.default_rng(seed).gamma(4.4, 1 / 4.4, (bands, SIDE, SIDE))
    for row, col in SHIPS:
        values[:, row : row + 3, col : col + 8] = 5.0
    return values.astype(np.float32)


def decibels(bands: int = 1) -> NDArray[np.float32]:
    """Return the same in decibels."""
    return (10 * np.log10(power(bands))).astype(np.float32)


def seaside(
    path: Path, values: NDArray[Any] | None = None, names: Sequence[str] | None = None, **how: Any
) -> Path:
    """Write a scene, by default of VV in decibels that says so, 10 m in UTM."""
    values = decibels() if values is None else values
    names = ["sigma0 VV dB"] if names is None else names
    return write_raster(path, values, descriptions=names, **how)


def landcover(folder: Path) -> NDArray[np.uint8]:
    """Return the only land cover of a folder."""
    (path,) = folder.glob("*_landcover.tif")
    with rasterio.open(path) as product:
        codes: NDArray[np.uint8] = product.read(1)
    return codes


def assert_right(folder: Path, valid: NDArray[np.bool_] | None = None) -> None:
    """Water is where the sea is, and not where the land is; nothing but ``valid`` has a class."""
    codes = landcover(folder)
    valid = np.ones(codes.shape, dtype=bool) if valid is None else valid
    np.testing.assert_array_equal(codes != NODATA, valid)
    assert_sea_is_left(codes)


def assert_sea_is_left(codes: NDArray[np.uint8]) -> None:
    """Water is in the left half of all that has a class, on whatever grid it lies."""
    columns = np.flatnonzero((codes != NODATA).any(axis=0))
    middle = (columns[0] + columns[-1] + 1) // 2
    left, right = codes[:, :middle], codes[:, middle:]
    wet_left, wet_right = (
        float((half[half != NODATA] == OPEN_WATER.code).mean()) for half in (left, right)
    )
    # Where amplitudes were kept in bytes, the model doubts a sixth of the sea; wrong maps miss all.
    assert wet_left > 0.8, f"{wet_left:.0%} of the sea is water"
    assert wet_right < 0.05, f"{wet_right:.0%} of the land is water"
