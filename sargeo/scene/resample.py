"""A scene as seen on another grid. Averages are taken in power, and nodata takes no part in them.

What a pixel of such a view holds depends on the scene and the pixel only, never on the block that
is read: weights are computed from absolute coordinates, and sums run in a fixed order.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block, GeoGrid
from sargeo.geo.gridmap import LATTICE, GridMapping, interpolate, surrounding
from sargeo.scene.bands import Band
from sargeo.scene.radiometry import Float32Array, from_power, to_power
from sargeo.scene.scene import Raster, Scene

_NEGLIGIBLE = 1e-6
"""Weights below this come from rounding, and make nothing valid."""

_TILE = 64, 1024
"""`WarpedScene` works on whole tiles of this shape, anchored to its grid: few enough pixels for a
core's cache, and for coordinates within a tile to be exact enough in float32."""


class _View:
    """What every view hands on from its scene."""

    def __init__(self, scene: Scene, grid: GeoGrid, assumed_gsd_m: float | None = None) -> None:
        self._scene = scene
        self.grid = grid
        self.assumed_gsd_m = assumed_gsd_m
        self.name = scene.name
        self.source = scene.source
        self.bands: tuple[Band, ...] = scene.bands
        self.gsd_known = scene.gsd_known
        self.incidence_deg = scene.incidence_deg
        self.platform = scene.platform
        self.acquired = scene.acquired

    def _finish(self, block: Block, total: Float32Array) -> Raster:
        """Turn sums of power and, as the last plane, of weights into a raster."""
        weight = total[-1]
        valid: NDArray[np.bool_] = weight > 0
        power = total[:-1] / np.where(valid, weight, np.float32(1))
        values = np.stack([from_power(p, b.scale) for p, b in zip(power, self.bands, strict=True)])
        np.copyto(values, np.float32(0), where=~valid)
        return Raster(values, valid, self.grid.crop(block), self.bands)

    def _read_power(self, block: Block) -> Float32Array:
        """Read a block of the scene as planes of power, 0 where not valid, and of validity."""
        raster = self._scene.read(block)
        planes = [to_power(v, b.scale) for v, b in zip(raster.values, self.bands, strict=True)]
        stacked = np.stack([*planes, np.ones_like(planes[0])])
        stacked *= raster.valid
        return stacked


class RescaledScene(_View):
    """A scene with cells larger or smaller by one factor per axis, with the same origin.

    A cell is valid if any pixel that contributes to it is. Where a factor is 1 or more, a cell is
    the average over its area; below 1, values are interpolated bilinearly between pixel centres.

    Parameters
    ----------
    scene : Scene
    row_factor, col_factor : float
        Size of the cells in pixels of the scene; the grid is ``scene.grid.zoom_out(…)`` of them.
    """

    def __init__(self, scene: Scene, row_factor: float, col_factor: float) -> None:
        assumed_m = scene.assumed_gsd_m and scene.assumed_gsd_m * math.sqrt(row_factor * col_factor)
        super().__init__(scene, scene.grid.zoom_out(row_factor, col_factor), assumed_m)
        self._factors = row_factor, col_factor

    def read(self, block: Block) -> Raster:
        """Read a block that lies within the grid; values are 0 where not valid."""
        spans = ((block.row, block.row_stop), (block.col, block.col_stop))
        rows, cols = (
            _taps(*span, factor, n)
            for span, factor, n in zip(spans, self._factors, self._scene.grid.shape, strict=True)
        )
        source = _covering(rows[0], cols[0])
        total = self._read_power(source)
        total = _combine_rows(total, rows[0] - source.row, rows[1])
        total = _combine_rows(_transposed(total), cols[0] - source.col, cols[1])
        return self._finish(block, _transposed(total))


class WarpedScene(_View):
    """A scene on any grid, in any CRS.

    Each pixel is the mean of as many bilinear samples, evenly spread over it, as it is pixels of
    the scene large; it is valid if any pixel that contributes to it is.

    Parameters
    ----------
    scene : Scene
    grid : GeoGrid
        Such as `sargeo.geo.grid.local_utm_grid` gives.
    """

    def __init__(self, scene: Scene, grid: GeoGrid) -> None:
        super().__init__(scene, grid)
        self._mapping = GridMapping(grid, scene.grid)
        self._samples = self._samples_per_pixel()

    def read(self, block: Block) -> Raster:
        """Read a block that lies within the grid; values are 0 where not valid."""
        total = np.zeros((len(self.bands) + 1, block.height, block.width), np.float32)
        height, width = _TILE
        for row in range(block.row // height * height, block.row_stop, height):
            for col in range(block.col // width * width, block.col_stop, width):
                tile = Block(row, col, height, width)
                part = tile.intersection(block)
                if part:
                    there, here = part.slices(block), part.slices(tile)
                    total[:, *there] = self._tile(tile)[:, *here]
        return self._finish(block, total)

    def _tile(self, tile: Block) -> Float32Array:
        """Return sums of power and weight over a tile, shape (C + 1, H, W)."""
        total = np.zeros((len(self.bands) + 1, tile.height, tile.width), np.float32)
        rows = np.arange(tile.row, tile.row_stop + 1, LATTICE)
        cols = np.arange(tile.col, tile.col_stop + 1, LATTICE)
        there = self._mapping.rowcol(rows[:, None], cols[None, :])
        source = surrounding(*there).intersection(self._scene.grid.block)
        if source is None:
            return total
        planes = self._read_power(source)
        scene = self._scene.grid
        edges = ((-source.row, scene.height - source.row), (-source.col, scene.width - source.col))
        origins = source.row, source.col
        nodes = [(c - o).astype(np.float32) for c, o in zip(there, origins, strict=True)]
        for down, across in self._offsets():
            at = [interpolate(c, down, across) for c in nodes]
            inside = [(low <= c) & (c <= high) for c, (low, high) in zip(at, edges, strict=True)]
            _add_bilinear(total, planes, at[0], at[1], inside[0] & inside[1])
        return total

    def _offsets(self) -> list[tuple[float, float]]:
        """Return where the samples of a pixel lie in it, as (row, col) from 0 to 1."""
        down, across = ((np.arange(n) + 0.5) / n for n in self._samples)
        return [(float(i), float(j)) for i in down for j in across]

    def _samples_per_pixel(self) -> tuple[int, int]:
        """Return how many pixels of the scene a pixel of this grid is large, down and across."""
        row, col = self.grid.height / 2, self.grid.width / 2
        ends = np.array([-0.5, 0.5])
        down = np.diff(self._mapping.rowcol(row + ends, col + 0 * ends))
        across = np.diff(self._mapping.rowcol(row + 0 * ends, col + ends))
        sizes = (float(np.hypot(*step).item()) for step in (down, across))
        low, high = (min(max(1, math.ceil(size - 0.1)), LATTICE) for size in sizes)
        return low, high


def _taps(start: int, stop: int, factor: float, n: int) -> tuple[NDArray[np.int64], Float32Array]:
    """Return which of ``n`` pixels make up each cell along an axis, and their weights, (M, K)."""
    cells = np.arange(start, stop, dtype=np.float64)[:, None]
    if factor >= 1:
        low, high = cells * factor, np.minimum((cells + 1) * factor, n)
        index = np.floor(low).astype(np.int64) + np.arange(math.ceil(factor) + 1)
        weight = np.minimum(index + 1, high) - np.maximum(index, low)
    else:
        centre = (cells + 0.5) * factor - 0.5
        index = np.floor(centre).astype(np.int64) + np.arange(2)
        weight = 1 - np.abs(index - centre)
    weight = np.where(weight > _NEGLIGIBLE, weight, 0)
    return np.clip(index, 0, n - 1), weight.astype(np.float32)


def _covering(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> Block:
    row, col = int(rows.min()), int(cols.min())
    return Block(row, col, int(rows.max()) + 1 - row, int(cols.max()) + 1 - col)


def _combine_rows(
    planes: Float32Array, index: NDArray[np.int64], weight: Float32Array
) -> Float32Array:
    """Sum weighted rows, tap by tap, so that the order of sums is fixed."""
    total: Float32Array = planes[:, index[:, 0]]
    total *= weight[:, 0, None]
    for tap in range(1, index.shape[1]):
        if weight[:, tap].any():
            part = planes[:, index[:, tap]]
            part *= weight[:, tap, None]
            total += part
    return total


def _transposed(planes: Float32Array) -> Float32Array:
    """Swap rows and columns in memory, as numpy combines rows much faster than columns."""
    return np.ascontiguousarray(planes.transpose(0, 2, 1))


def _add_bilinear(
    total: Float32Array,
    planes: Float32Array,
    rows: Float32Array,
    cols: Float32Array,
    inside: NDArray[np.bool_],
) -> None:
    """Add samples of planes at pixel coordinates to a total, in place, where inside the scene."""
    height, width = planes.shape[1:]
    flat = planes.reshape(len(planes), -1)
    row_taps = _linear_taps(rows, height)
    col_taps = _linear_taps(cols, width)
    for row, row_weight in row_taps:
        start = row * width
        for col, col_weight in col_taps:
            weight = row_weight * col_weight
            weight *= inside & (weight > _NEGLIGIBLE)
            index = start + col
            for plane, sums in zip(flat, total, strict=True):
                part = plane.take(index, mode="clip")
                part *= weight
                sums += part


def _linear_taps(positions: Float32Array, n: int) -> list[tuple[NDArray[np.intp], Float32Array]]:
    """Return the two of ``n`` pixels around each position along an axis, and their weights."""
    centred = positions - np.float32(0.5)
    low = np.floor(centred)
    high_weight = centred - low
    index = low.astype(np.intp)
    return [
        (np.clip(index, 0, n - 1), 1 - high_weight),
        (np.clip(index + 1, 0, n - 1), high_weight),
    ]
