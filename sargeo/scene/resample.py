"""A scene as seen on another grid. Averages are taken in power, and nodata takes no part in them.

What a pixel of such a view holds depends on the scene and the pixel only, never on the block that
is read: weights are computed from absolute coordinates, and sums run in a fixed order.
"""

from __future__ import annotations

import math

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from sargeo.grid import Block, FloatArray, GeoGrid
from sargeo.scene.bands import Band
from sargeo.scene.radiometry import Float32Array, from_power, to_power
from sargeo.scene.scene import Raster, Scene

_NEGLIGIBLE = 1e-6
"""Weights below this come from rounding, and make nothing valid."""

_LATTICE = 16
"""Coordinates are transformed exactly at every 16th pixel corner, and linearly in between: the
curvature of map projections over 16 pixels is far below a hundredth of a pixel."""

_STRIP = 64
"""Rows that `WarpedScene` works on at once, to bound its memory."""


class _View:
    """What every view hands on from its scene."""

    def __init__(self, scene: Scene, grid: GeoGrid) -> None:
        self._scene = scene
        self.grid = grid
        self.name = scene.name
        self.source = scene.source
        self.bands: tuple[Band, ...] = scene.bands
        self.gsd_known = scene.gsd_known
        self.incidence_deg = scene.incidence_deg

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
        super().__init__(scene, scene.grid.zoom_out(row_factor, col_factor))
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
        total = _gather(total, rows[0] - source.row, rows[1], axis=1)
        total = _gather(total, cols[0] - source.col, cols[1], axis=2)
        return self._finish(block, total)


class WarpedScene(_View):
    """A scene on any grid, in any CRS.

    Each pixel is the mean of as many bilinear samples, evenly spread over it, as it is pixels of
    the scene large; it is valid if any pixel that contributes to it is.

    Parameters
    ----------
    scene : Scene
    grid : GeoGrid
        Such as `local_utm_grid` gives.
    """

    def __init__(self, scene: Scene, grid: GeoGrid) -> None:
        super().__init__(scene, grid)
        self._transformer = Transformer.from_crs(grid.crs, scene.grid.crs, always_xy=True)
        self._samples = self._samples_per_pixel()

    def read(self, block: Block) -> Raster:
        """Read a block that lies within the grid; values are 0 where not valid."""
        rows, cols, first = self._lattice(block)
        source = self._source_block(rows, cols)
        shape = (len(self.bands) + 1, block.height, block.width)
        if source is None:
            return self._finish(block, np.zeros(shape, np.float32))
        planes = self._read_power(source)
        total = np.empty(shape, np.float32)
        for start in range(block.row, block.row_stop, _STRIP):
            height = min(_STRIP, block.row_stop - start)
            strip = Block(start, block.col, height, block.width)
            total[:, strip.slices(block)[0]] = self._sum_samples(
                planes, source, strip, (rows, cols), first
            )
        return self._finish(block, total)

    def _sum_samples(
        self,
        planes: Float32Array,
        source: Block,
        strip: Block,
        lattice: tuple[FloatArray, FloatArray],
        first: tuple[int, int],
    ) -> Float32Array:
        total = np.zeros((len(planes), strip.height, strip.width), np.float32)
        per_row, per_col = self._samples
        for i in range(per_row):
            for j in range(per_col):
                at_rows = strip.row + np.arange(strip.height) + (i + 0.5) / per_row
                at_cols = strip.col + np.arange(strip.width) + (j + 0.5) / per_col
                rows, cols = (_interpolate(c, at_rows, at_cols, first) for c in lattice)
                _add_bilinear(total, planes, rows, cols, source, self._scene.grid.shape)
        return total

    def _lattice(self, block: Block) -> tuple[FloatArray, FloatArray, tuple[int, int]]:
        """Return coordinates in the scene at lattice nodes around a block, and the first node."""
        first = block.row // _LATTICE, block.col // _LATTICE
        rows = np.arange(first[0], block.row_stop // _LATTICE + 2) * _LATTICE
        cols = np.arange(first[1], block.col_stop // _LATTICE + 2) * _LATTICE
        return *self._scene_rowcol(rows[:, None], cols[None, :]), first

    def _scene_rowcol(
        self, rows: NDArray[np.int64] | FloatArray, cols: NDArray[np.int64] | FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Map pixel coordinates of this grid to those of the scene; far away where undefined."""
        grid = self._scene.grid
        xs, ys = self._transformer.transform(*self.grid.xy(*np.broadcast_arrays(rows, cols)))
        centre_x, _ = grid.xy(grid.height / 2, grid.width / 2)
        period = _period(grid.crs)
        known = np.isfinite(xs) & np.isfinite(ys)
        xs, ys = np.where(known, xs, 0.0), np.where(known, ys, 0.0)
        if period:
            xs = xs - period * np.round((xs - centre_x) / period)
        there = grid.rowcol(xs, ys)
        return np.where(known, there[0], -1e9), np.where(known, there[1], -1e9)

    def _source_block(self, rows: FloatArray, cols: FloatArray) -> Block | None:
        known = (rows > -1e8) & (cols > -1e8)
        if not known.any():
            return None
        low = [math.floor(c[known].min()) - 2 for c in (rows, cols)]
        high = [math.ceil(c[known].max()) + 2 for c in (rows, cols)]
        around = Block(low[0], low[1], high[0] - low[0], high[1] - low[1])
        return self._scene.grid.block.intersection(around)

    def _samples_per_pixel(self) -> tuple[int, int]:
        """Return how many pixels of the scene a pixel of this grid is large, down and across."""
        row, col = self.grid.height / 2, self.grid.width / 2
        ends = np.array([-0.5, 0.5])
        down = np.diff(self._scene_rowcol(row + ends, col + 0 * ends))
        across = np.diff(self._scene_rowcol(row + 0 * ends, col + ends))
        sizes = (float(np.hypot(*step).item()) for step in (down, across))
        low, high = (min(max(1, math.ceil(size - 0.1)), _LATTICE) for size in sizes)
        return low, high


def local_utm_grid(grid: GeoGrid, spacing_m: float) -> GeoGrid:
    """Return a north-up grid around a grid's footprint, with pixels that are true to the ground.

    In the UTM zone of its centre; beyond 84 degrees of latitude in polar stereographic projection
    (EPSG:3413 and EPSG:3031). Edges are multiples of the spacing.

    Parameters
    ----------
    grid : GeoGrid
    spacing_m : float
        Of the pixels, in metres.
    """
    crs = _local_crs(grid)
    rows, cols = np.linspace(0, grid.height, 65), np.linspace(0, grid.width, 65)
    lon, lat = grid.lonlat(*np.meshgrid(rows, cols))
    known = np.isfinite(lon) & np.isfinite(lat)
    to_local = Transformer.from_crs(CRS.from_epsg(4326), crs, always_xy=True)
    xs, ys = to_local.transform(lon[known], lat[known])
    left, top = math.floor(xs.min() / spacing_m), math.ceil(ys.max() / spacing_m)
    right, bottom = math.ceil(xs.max() / spacing_m), math.floor(ys.min() / spacing_m)
    transform = Affine(spacing_m, 0, left * spacing_m, 0, -spacing_m, top * spacing_m)
    return GeoGrid(crs, transform, (max(1, top - bottom), max(1, right - left)))


def _local_crs(grid: GeoGrid) -> CRS:
    lon, lat = (float(v) for v in grid.lonlat(grid.height / 2, grid.width / 2))
    if abs(lat) > 84:
        return CRS.from_epsg(3413 if lat > 0 else 3031)
    zone = math.floor((lon + 180) / 6) % 60 + 1
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


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


def _gather(
    planes: Float32Array, index: NDArray[np.int64], weight: Float32Array, axis: int
) -> Float32Array:
    """Sum weighted slices along an axis, tap by tap, so that the order of sums is fixed."""
    shape = (1, -1, 1) if axis == 1 else (1, 1, -1)
    total: Float32Array = np.take(planes, index[:, 0], axis) * weight[:, 0].reshape(shape)
    for tap in range(1, index.shape[1]):
        if weight[:, tap].any():
            total += np.take(planes, index[:, tap], axis) * weight[:, tap].reshape(shape)
    return total


def _period(crs: CRS) -> float:
    """Return after how many units of x a CRS comes round the Earth; 0 where it does not."""
    if crs.is_geographic:
        return 2 * math.pi / crs.axis_info[0].unit_conversion_factor
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    ellipsoid = crs.ellipsoid
    if (
        "Mercator" in method
        and "Transverse" not in method
        and "Oblique" not in method
        and ellipsoid
    ):
        return 2 * math.pi * ellipsoid.semi_major_metre / crs.axis_info[0].unit_conversion_factor
    return 0.0


def _interpolate(
    nodes: FloatArray, rows: FloatArray, cols: FloatArray, first: tuple[int, int]
) -> FloatArray:
    """Interpolate a lattice bilinearly at rows and columns, to shape (rows, cols)."""
    i, down = _split(rows, first[0])
    j, across = _split(cols, first[1])
    at_rows = nodes[i] * (1 - down)[:, None] + nodes[i + 1] * down[:, None]
    interpolated: FloatArray = at_rows[:, j] * (1 - across) + at_rows[:, j + 1] * across
    return interpolated


def _split(positions: FloatArray, first: int) -> tuple[NDArray[np.int64], FloatArray]:
    node = np.floor(positions / _LATTICE)
    return node.astype(np.int64) - first, positions / _LATTICE - node


def _add_bilinear(
    total: Float32Array,
    planes: Float32Array,
    rows: FloatArray,
    cols: FloatArray,
    source: Block,
    shape: tuple[int, int],
) -> None:
    """Add bilinear samples of planes, which start at ``source``, to a total in place."""
    inside = (rows >= 0) & (rows <= shape[0]) & (cols >= 0) & (cols <= shape[1])
    low_row, low_col = np.floor(rows - 0.5), np.floor(cols - 0.5)
    down, across = rows - 0.5 - low_row, cols - 0.5 - low_col
    for i, row_weight in enumerate((1 - down, down)):
        at_row = np.clip(low_row + (i - source.row), 0, source.height - 1).astype(np.intp)
        for j, col_weight in enumerate((1 - across, across)):
            at_col = np.clip(low_col + (j - source.col), 0, source.width - 1).astype(np.intp)
            weight = row_weight * col_weight
            weight *= inside & (weight > _NEGLIGIBLE)
            total += planes[:, at_row, at_col] * weight.astype(np.float32)
