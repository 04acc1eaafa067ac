"""Where the pixels of a sweep come from: a scene, or arrays in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo.scene.radiometry import Normalisation
from sargeo.scene.scene import Scene
from sargeo.tiling.stream import Pixels


class Area(Protocol):
    """A part of a scene that results are asked for."""

    def mask(self, block: Block) -> NDArray[np.bool_]:
        """Tell which pixels of a block belong to the area; shape (H, W)."""
        ...


@dataclass(frozen=True, slots=True)
class SceneSource:
    """Normalised pixels of a scene.

    Attributes
    ----------
    scene : Scene
    normalisation : Normalisation
        Of the whole scene, so that no pixel's value depends on the block it was read with.
    area : Area or None
        None for the whole scene.
    """

    scene: Scene
    normalisation: Normalisation
    area: Area | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) of the scene."""
        return self.scene.grid.shape

    def read(self, block: Block) -> Pixels:
        """Read and normalise a block; outside the area nothing is read that is not needed."""
        inside = self.area.mask(block) if self.area else None
        if inside is not None and not inside.any():
            nothing = np.zeros((block.height, block.width), dtype=bool)
            bands = len(self.scene.bands)
            return Pixels(np.zeros((bands, *nothing.shape), np.float32), nothing, nothing)
        raster = self.scene.read(block)
        values = self.normalisation.apply(raster.values, raster.valid)
        wanted = raster.valid if inside is None else raster.valid & inside
        return Pixels(values, raster.valid, wanted)

    def lonlat(self, rows: NDArray[np.float64], cols: NDArray[np.float64]) -> NDArray[np.float32]:
        """Longitude and latitude of pixel coordinates in degrees, shape (N, 2)."""
        lon, lat = self.scene.grid.lonlat(rows, cols)
        position = np.column_stack([lon, lat]).astype(np.float32)
        position[~np.isfinite(position).all(axis=1)] = np.nan
        return position


@dataclass(frozen=True, slots=True)
class ArraySource:
    """Normalised pixels in memory, from nowhere in particular."""

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) of the arrays."""
        height, width = self.valid.shape
        return height, width

    def read(self, block: Block) -> Pixels:
        """Return views of a block."""
        rows, cols = block.slices()
        valid = self.valid[rows, cols]
        return Pixels(self.values[:, rows, cols], valid, valid)

    def lonlat(self, rows: NDArray[np.float64], _: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return NaN: the place is unknown."""
        return np.full((len(rows), 2), np.nan, dtype=np.float32)
