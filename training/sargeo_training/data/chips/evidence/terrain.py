"""Heights and slopes from terrain models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.warp import Resampling

from sargeo.geo.grid import GeoGrid
from sargeo_training.data.chips.evidence.warp import read_onto
from sargeo_training.data.facts import TerrainFacts

WHAT = "terrain model"

_LEAST_KNOWN = 0.9
"""Share of a chip that a terrain model has to cover before anything is said of the whole."""


@dataclass(frozen=True)
class TerrainModel:
    """The tiles of a terrain model, heights in metres.

    Attributes
    ----------
    layer : str
        As texts name it.
    paths : tuple of Path
        Where tiles overlap, the first that knows a pixel tells it.
    """

    layer: str
    paths: tuple[Path, ...]

    def gather(self, grid: GeoGrid, valid: NDArray[np.bool_]) -> TerrainFacts | None:
        """Return heights and the mean slope of the valid ground of a chip.

        None where less than nine tenths of it have a height.

        Raises
        ------
        sargeo.errors.ReferenceDataError
            If a tile cannot be read.
        """
        heights = self.heights(grid)
        known = valid & np.isfinite(heights)
        slopes = slopes_deg(heights, grid)
        sloping = slopes[valid & np.isfinite(slopes)]
        if known.sum() < max(_LEAST_KNOWN * valid.sum(), 1) or not sloping.size:
            return None
        metres = heights[known]
        return TerrainFacts(
            layer=self.layer,
            lowest_m=round(float(metres.min()), 1),
            mean_m=round(float(metres.mean()), 1),
            highest_m=round(float(metres.max()), 1),
            slope_deg=round(float(sloping.mean()), 2),
        )

    def heights(self, grid: GeoGrid) -> NDArray[np.float64]:
        """Read heights on a grid, shape (H, W), metres; NaN where no tile knows one."""
        heights = np.full(grid.shape, np.nan)
        for path in self.paths:
            read = read_onto(path, grid, WHAT, fine=Resampling.bilinear, coarse=Resampling.average)
            heights = np.where(np.isfinite(heights), heights, read)
        return heights


def slopes_deg(heights: NDArray[np.float64], grid: GeoGrid) -> NDArray[np.float64]:
    """Return the steepest slope at every pixel, in degrees; NaN beside an unknown height.

    Central differences over the ground spacing of each row, which Mercator and degrees stretch.

    Parameters
    ----------
    heights : ndarray of float64, shape (H, W)
        In metres, NaN where unknown.
    grid : GeoGrid
        Of the heights.
    """
    if min(heights.shape) < 2:
        return np.full(heights.shape, np.nan)
    rows = np.arange(grid.height) + 0.5
    down_m, across_m = grid.spacing_m(rows, np.full_like(rows, grid.width / 2))
    down, across = np.gradient(heights)
    rise = np.hypot(down / down_m[:, None], across / across_m[:, None])
    return np.asarray(np.degrees(np.arctan(rise)))
