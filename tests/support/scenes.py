"""Scenes that need no file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from sargeo.geo.grid import Block, GeoGrid
from sargeo.scene.bands import Band
from sargeo.scene.scene import Raster

UTM = CRS.from_epsg(32633)


@dataclass(frozen=True)
class ArrayScene:
    """An array (C, H, W) as a scene."""

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]
    grid: GeoGrid
    bands: tuple[Band, ...]
    name: str = "array"
    source: str = "array"
    gsd_known: bool = True
    assumed_gsd_m: float | None = None
    incidence_deg: float | None = None
    platform: str | None = None
    acquired: datetime | None = None

    def read(self, block: Block) -> Raster:
        """Read a block that lies within the grid."""
        rows, cols = block.slices()
        pixels = self.values[:, rows, cols].copy(), self.valid[rows, cols].copy()
        return Raster(*pixels, self.grid.crop(block), self.bands)


def array_scene(
    values: NDArray[np.float32],
    valid: NDArray[np.bool_] | None = None,
    *,
    scale: str = "linear",
    quantity: str = "sigma0",
    grid: GeoGrid | None = None,
) -> ArrayScene:
    """Return a scene of 10 m pixels in UTM, unless a grid is given."""
    shape = (values.shape[1], values.shape[2])
    transform = Affine(10, 0, 500_000, 0, -10, 5_000_000)
    bands = tuple(Band(p, quantity, scale) for p in ("VV", "VH", "HH", "HV")[: len(values)])
    valid = np.ones(shape, bool) if valid is None else valid
    return ArrayScene(
        values.astype(np.float32), valid, grid or GeoGrid(UTM, transform, shape), bands
    )
