"""Objects per cell of a coarse grid, and how much of each cell was seen.

Cells are whole pixels of the scene, so that counts are additive: the sum over the cells is the
number of objects, and counts of two scenes on one grid can be added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sargeo.errors import NoGeoreferenceError, UsageError
from sargeo.geo.grid import GeoGrid
from sargeo.products.raster import RasterSink

COUNT_NODATA = 65535
"""A cell without a valid pixel."""

PER_MILLE = 1000


@dataclass(eq=False)
class CountGrid:
    """Cells of a count raster. Made by `plan`.

    Attributes
    ----------
    scene : GeoGrid
        Whose pixels are counted, shape (H, W).
    rows_per_cell, cols_per_cell : int
        Pixels per cell.
    cell_size_m : tuple of float
        Size of a cell on the ground, down and across, at the median spacing of the scene.
    """

    scene: GeoGrid
    rows_per_cell: int
    cols_per_cell: int
    cell_size_m: tuple[float, float]
    _valid: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._valid = np.zeros(self.grid.shape, dtype=np.int64)

    @classmethod
    def plan(cls, grid: GeoGrid, cell_size_m: float) -> CountGrid:
        """Return the cells of whole pixels whose size is nearest to the one asked for.

        Raises
        ------
        sargeo.errors.UsageError
            If the cell size is not a positive number.
        sargeo.errors.NoGeoreferenceError
            If the grid's projection gives no distances on the ground.
        """
        if not (math.isfinite(cell_size_m) and cell_size_m > 0):
            raise UsageError(f"A cell size of {cell_size_m} m makes no sense.", "Give metres, > 0.")
        down, across = grid.sampled_spacing_m()
        if not down.size:
            raise NoGeoreferenceError(
                "The scene lies outside the domain of its projection.",
                "Check the CRS and the transform, or warp the scene to another CRS.",
            )
        spacing = float(np.median(down)), float(np.median(across))
        # A cell wider than the scene would be the same, and its pixels too many to be counted.
        rows, cols = (
            min(n, max(1, round(cell_size_m / s))) for n, s in zip(grid.shape, spacing, strict=True)
        )
        return cls(grid, rows, cols, (rows * spacing[0], cols * spacing[1]))

    @property
    def grid(self) -> GeoGrid:
        """The grid of the cells: CRS and origin of the scene, up to one cell larger."""
        return self.scene.zoom_out(self.rows_per_cell, self.cols_per_cell)

    def add_valid(self, row: int, valid: NDArray[np.bool_]) -> None:
        """Tell which pixels of some rows are valid; every row once, in any order.

        Parameters
        ----------
        row : int
            Index of the first row given.
        valid : ndarray of bool, shape (h, W)
        """
        starts = np.arange(0, self.scene.width, self.cols_per_cell)
        done = 0
        while done < len(valid):
            cell_row, within = divmod(row + done, self.rows_per_cell)
            taken = min(self.rows_per_cell - within, len(valid) - done)
            per_col = valid[done : done + taken].sum(axis=0, dtype=np.uint32)
            self._valid[cell_row] += np.add.reduceat(per_col, starts, dtype=np.int64)
            done += taken

    def count(self, rows: ArrayLike, cols: ArrayLike) -> NDArray[np.uint16]:
        """Count objects per cell; each one counts once, also on the scene's outer edge.

        Parameters
        ----------
        rows, cols : array_like of float, shape (M,)
            Continuous pixel coordinates of the scene.

        Returns
        -------
        ndarray of uint16, shape of `grid`

        Raises
        ------
        sargeo.errors.UsageError
            If a cell holds more objects than uint16 can tell.
        """
        height, width = self.grid.shape
        cell_rows = _cells(rows, self.rows_per_cell, height)
        cell_cols = _cells(cols, self.cols_per_cell, width)
        counts = np.bincount(cell_rows * width + cell_cols, minlength=height * width)
        if counts.max() >= COUNT_NODATA:
            raise UsageError(
                f"A cell of {self.cell_size_m[0]:.0f} m holds {counts.max()} objects, and a count "
                f"raster holds at most {COUNT_NODATA - 1}.",
                "Choose a smaller cell size.",
            )
        return counts.reshape(height, width).astype(np.uint16)

    def valid_share(self) -> NDArray[np.uint16]:
        """Return the valid pixels of each cell in 1/1000 of its pixels inside the scene.

        Zero stands for no valid pixel at all: any other cell has at least 1.
        """
        heights = _lengths(self.scene.height, self.rows_per_cell)
        widths = _lengths(self.scene.width, self.cols_per_cell)
        share = np.rint(PER_MILLE * self._valid / (heights[:, None] * widths[None, :]))
        return np.maximum(share, self._valid > 0).astype(np.uint16)

    def write(
        self, path: Path, rows: ArrayLike, cols: ArrayLike, metadata: Mapping[str, str]
    ) -> None:
        """Write counts (nodata 65535 where nothing valid was seen) and shares of valid pixels.

        Raises
        ------
        sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
            If the operating system refuses.
        """
        counts, share = self.count(rows, cols), self.valid_share()
        counts[(counts == 0) & (share == 0)] = COUNT_NODATA
        sink = RasterSink(
            path,
            self.grid,
            dtype=np.uint16,
            nodata=COUNT_NODATA,
            band_names=("objects", "valid pixels in 1/1000"),
            overview_resampling=None,
            colours=None,
            metadata={**metadata, **self._tags()},
        )
        try:
            sink.write(0, np.stack([counts, share]))
            sink.finish()
        finally:
            sink.abort()

    def _tags(self) -> dict[str, str]:
        return {
            "cell_rows_px": str(self.rows_per_cell),
            "cell_cols_px": str(self.cols_per_cell),
            "cell_height_m": f"{self.cell_size_m[0]:.3f}",
            "cell_width_m": f"{self.cell_size_m[1]:.3f}",
        }


def _cells(places: ArrayLike, pixels_per_cell: int, cells: int) -> NDArray[np.int64]:
    index = np.floor(np.asarray(places, dtype=float) / pixels_per_cell).astype(np.int64)
    return np.clip(index, 0, cells - 1)


def _lengths(pixels: int, pixels_per_cell: int) -> NDArray[np.int64]:
    """Pixels of each cell along an axis: the last cell may reach beyond the scene."""
    starts = np.arange(0, pixels, pixels_per_cell)
    return np.minimum(pixels_per_cell, pixels - starts)
