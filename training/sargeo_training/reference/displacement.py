"""Moves labels from the optical picture to the radar picture by the displacement measured there.

The displacement was measured in scattered blocks. Between them it is interpolated, in squares small
enough to follow the terrain and moved as a whole, so that it stays in whole pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from sargeo_training.reference.blocks import BLOCK_PX, GroundBlock
from sargeo_training.reference.cells import CELL_PX

SQUARE_PX = 128


def measured_displacements(
    polygons: gpd.GeoDataFrame, scene: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where in a scene the displacement was measured, and its value.

    Parameters
    ----------
    polygons : geopandas.GeoDataFrame
        As `load_landcover` returns them. The few polygons with a displacement of their own do not
        outweigh their block: the median of a block counts.
    scene : str

    Returns
    -------
    centres : ndarray of float64, shape (N, 2)
        Rows and columns of the blocks' centres, in pixels.
    shifts : ndarray of float64, shape (N, 2)
        Rows and columns, radar minus optical, in pixels.
    """
    mine = polygons[polygons["scene"] == scene]
    shifts = mine.groupby("block")[["radar_rows", "radar_cols"]].median()
    corners = [(b.row, b.col) for b in map(GroundBlock.parse, shifts.index)]
    return np.array(corners, dtype=np.float64) + BLOCK_PX / 2, shifts.to_numpy(dtype=np.float64)


def interpolate(
    centres: NDArray[np.float64], shifts: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weight measured displacements by the inverse square of their distance.

    Parameters
    ----------
    centres, shifts : ndarray of float64, shape (N, 2)
        See `measured_displacements`.
    points : ndarray of float64, shape (M, 2)
        Rows and columns, in pixels.

    Returns
    -------
    ndarray of float64, shape (M, 2)
    """
    away = np.square(points[:, None] - centres[None]).sum(axis=2)
    weights = 1 / np.maximum(away, 1.0)
    return np.asarray((weights @ shifts) / weights.sum(axis=1, keepdims=True))


def shift_to_radar(
    codes: NDArray[np.uint8], centres: NDArray[np.float64], shifts: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Lay codes of optical cells on the pixels of the radar picture.

    Parameters
    ----------
    codes : ndarray of uint8, shape (cell rows, cell columns)
        On the optical picture; 0 is unknown.
    centres, shifts : ndarray of float64, shape (N, 2)
        See `measured_displacements`.

    Returns
    -------
    ndarray of uint8, shape (CELL_PX * cell rows, CELL_PX * cell columns)
        What would come from outside the picture is 0.
    """
    shape = codes.shape[0] * CELL_PX, codes.shape[1] * CELL_PX
    moved = np.zeros(shape, dtype=np.uint8)
    for rows, cols in _squares(shape):
        middle = np.array([[rows.start + SQUARE_PX / 2, cols.start + SQUARE_PX / 2]])
        down, across = np.rint(interpolate(centres, shifts, middle)[0]).astype(int)
        moved[rows, cols] = _cells_at(codes, rows, cols, down, across)
    return moved


def _squares(shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    for row in range(0, shape[0], SQUARE_PX):
        for col in range(0, shape[1], SQUARE_PX):
            yield (
                slice(row, min(row + SQUARE_PX, shape[0])),
                slice(col, min(col + SQUARE_PX, shape[1])),
            )


def _cells_at(
    codes: NDArray[np.uint8], rows: slice, cols: slice, down: int, across: int
) -> NDArray[np.uint8]:
    """Return the codes of a rectangle of radar pixels that lies displaced by (down, across)."""
    row = (np.arange(rows.start, rows.stop) - down) // CELL_PX
    col = (np.arange(cols.start, cols.stop) - across) // CELL_PX
    height, width = codes.shape
    found: NDArray[np.uint8] = codes[np.ix_(row.clip(0, height - 1), col.clip(0, width - 1))]
    found[(row < 0) | (row >= height)] = 0
    found[:, (col < 0) | (col >= width)] = 0
    return found
