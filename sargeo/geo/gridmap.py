"""From the pixels of one grid to those of another, in any two CRSs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from sargeo.geo.antimeridian import period_of, unwrap
from sargeo.geo.grid import Block, FloatArray, GeoGrid

LATTICE = 16
"""Coordinates are transformed exactly at every 16th pixel corner, and linearly in between: the
curvature of map projections over 16 pixels is far below a hundredth of a pixel."""

FAR_AWAY = -1e9
"""Coordinate of what has no place on the other grid."""


@dataclass(frozen=True)
class GridMapping:
    """Where the pixels of one grid lie on another.

    Attributes
    ----------
    source, target : GeoGrid
        Coordinates of ``source`` are mapped to those of ``target``.
    """

    source: GeoGrid
    target: GeoGrid

    def rowcol(
        self, rows: NDArray[np.int64] | FloatArray, cols: NDArray[np.int64] | FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Map continuous pixel coordinates; `FAR_AWAY` where a projection is undefined."""
        xs, ys = self._transformer.transform(*self.source.xy(*np.broadcast_arrays(rows, cols)))
        return rowcol_on_turn(self.target, xs, ys)

    def centres(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.float32], Block]:
        """Map the pixel centres of a block.

        Returns
        -------
        rows, cols : ndarray of float32, shape (H, W)
            Relative to the first pixel of the returned block.
        around : Block
            Of the target, around all of them; it may reach beyond the target's edges.
        """
        rows = np.arange(block.row, block.row_stop + LATTICE, LATTICE)
        cols = np.arange(block.col, block.col_stop + LATTICE, LATTICE)
        nodes = self.rowcol(rows[:, None], cols[None, :])
        around = surrounding(*nodes)
        relative = (
            (n - o).astype(np.float32) for n, o in zip(nodes, (around.row, around.col), strict=True)
        )
        there = [interpolate(n, 0.5, 0.5)[: block.height, : block.width] for n in relative]
        return there[0], there[1], around

    @cached_property
    def _transformer(self) -> Transformer:
        return Transformer.from_crs(self.source.crs, self.target.crs, always_xy=True)


def rowcol_on_turn(grid: GeoGrid, xs: FloatArray, ys: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Map (x, y) of a grid's CRS, on any turn of the Earth, to pixels on the grid's own.

    `FAR_AWAY` where x or y is not finite, as PROJ gives it where a projection is undefined.
    """
    known = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = np.where(known, xs, 0.0), np.where(known, ys, 0.0)
    period = period_of(grid.crs)
    if period:
        centre_x, _ = grid.xy(grid.height / 2, grid.width / 2)
        xs = unwrap(xs, centre_x, period)
    rows, cols = grid.rowcol(xs, ys)
    return np.where(known, rows, FAR_AWAY), np.where(known, cols, FAR_AWAY)


def surrounding(rows: FloatArray, cols: FloatArray) -> Block:
    """Return the block around coordinates, two pixels wider; empty where all are far away."""
    known = (rows > FAR_AWAY / 10) & (cols > FAR_AWAY / 10)
    if not known.any():
        return Block(0, 0, 0, 0)
    low = [math.floor(c[known].min()) - 2 for c in (rows, cols)]
    high = [math.ceil(c[known].max()) + 2 for c in (rows, cols)]
    return Block(low[0], low[1], high[0] - low[0], high[1] - low[1])


def interpolate(nodes: NDArray[np.float32], down: float, across: float) -> NDArray[np.float32]:
    """Interpolate lattice nodes at one place in every pixel between them, to (rows, cols).

    Parameters
    ----------
    nodes : ndarray of float32, shape (M + 1, N + 1)
        At every `LATTICE`-th pixel corner.
    down, across : float
        The place in the pixel, 0 to 1.
    """
    steps = np.arange(LATTICE, dtype=np.float32)
    low, high = ((steps + np.float32(o)) / np.float32(LATTICE) for o in (down, across))
    top, bottom = nodes[:-1, None, :], nodes[1:, None, :]
    lines = (top + (bottom - top) * low[:, None]).reshape(-1, nodes.shape[1])
    left, right = lines[:, :-1, None], lines[:, 1:, None]
    points: NDArray[np.float32] = (left + (right - left) * high).reshape(len(lines), -1)
    return points


def nodes_and_weights(start: int, length: int, most: int) -> tuple[FloatArray, FloatArray]:
    """Spread nodes evenly along an axis, to interpolate linearly between them.

    Unlike `interpolate`, from the first pixel's centre to the last one's: exact at both ends, but
    not the same for a pixel in any block.

    Parameters
    ----------
    start, length : int
        First pixel, and number of pixels.
    most : int
        How many nodes there are, if there are as many pixels.

    Returns
    -------
    nodes : ndarray, shape (N,)
        Continuous pixel coordinates.
    weights : ndarray, shape (length, N)
        Of the nodes for the centre of each pixel.
    """
    centres = start + np.arange(length) + 0.5
    nodes = np.linspace(centres[0], centres[-1], min(most, length))
    # Interpolating the rows of the identity gives every node's weight for every pixel.
    weights = np.stack([np.interp(centres, nodes, unit) for unit in np.eye(len(nodes))], axis=1)
    return nodes, weights
