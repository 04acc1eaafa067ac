"""Where pixels are: blocks of pixels, and grids that tie them to the Earth.

Pixel coordinates are continuous with the origin at the outer corner of the first pixel: the centre
of pixel (0, 0) is (0.5, 0.5), and ``transform @ (col, row)`` needs no shift. Pairs are always
(row, col); (x, y) and (lon, lat) appear only at the border to a CRS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Geod, Transformer

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Block:
    """A half-open rectangle of pixels: rows ``row .. row + height``, columns likewise."""

    row: int
    col: int
    height: int
    width: int

    @property
    def row_stop(self) -> int:
        """First row below the block."""
        return self.row + self.height

    @property
    def col_stop(self) -> int:
        """First column right of the block."""
        return self.col + self.width

    @property
    def size(self) -> int:
        """Number of pixels."""
        return self.height * self.width

    def intersection(self, other: Block) -> Block | None:
        """Return the common part, or None where there is none."""
        row, col = max(self.row, other.row), max(self.col, other.col)
        height = min(self.row_stop, other.row_stop) - row
        width = min(self.col_stop, other.col_stop) - col
        return Block(row, col, height, width) if height > 0 and width > 0 else None

    def contains(self, rows: ArrayLike, cols: ArrayLike) -> NDArray[np.bool_]:
        """Tell which continuous pixel coordinates lie in the block (half-open)."""
        r, c = np.asarray(rows), np.asarray(cols)
        inside = (r >= self.row) & (r < self.row_stop) & (c >= self.col) & (c < self.col_stop)
        return np.asarray(inside, dtype=bool)

    def border(self, points_per_side: int, beyond: float = 0.0) -> tuple[FloatArray, FloatArray]:
        """Follow the border once around from the top left, without its last point again.

        Parameters
        ----------
        points_per_side : int
            Each side begins with a corner, and ends before the next one.
        beyond : float
            How many pixels outside of the border.

        Returns
        -------
        rows, cols : ndarray, shape (4 * points_per_side,)
            Continuous pixel coordinates.
        """
        rise = np.linspace(0, 1, points_per_side + 1)[:-1]
        low, high = np.zeros_like(rise), np.ones_like(rise)
        down = np.concatenate([low, rise, high, 1 - rise])
        across = np.concatenate([rise, high, 1 - rise, low])
        return (
            self.row - beyond + down * (self.height + 2 * beyond),
            self.col - beyond + across * (self.width + 2 * beyond),
        )

    def slices(self, origin: Block | None = None) -> tuple[slice, slice]:
        """Return row and column slices of this block in an array that starts at ``origin``."""
        row0, col0 = (origin.row, origin.col) if origin else (0, 0)
        return (
            slice(self.row - row0, self.row_stop - row0),
            slice(self.col - col0, self.col_stop - col0),
        )


@dataclass(frozen=True)
class GeoGrid:
    """A CRS, an affine transform and a shape: everything needed to place a raster on Earth.

    Attributes
    ----------
    crs : pyproj.CRS
    transform : affine.Affine
        From (col, row) with the origin at the corner of the first pixel to (x, y) of the CRS.
    shape : tuple of int
        (rows, cols).
    """

    crs: CRS
    transform: Affine
    shape: tuple[int, int]

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.shape[0]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.shape[1]

    @property
    def block(self) -> Block:
        """The block of all pixels."""
        return Block(0, 0, *self.shape)

    @property
    def is_rotated(self) -> bool:
        """Whether rows and columns do not run along the axes of the CRS."""
        return bool(self.transform.b or self.transform.d)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Least x, least y, greatest x and greatest y of the corners, in the CRS."""
        xs, ys = self.xy([0, 0, self.height, self.height], [0, self.width, 0, self.width])
        return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())

    def crop(self, block: Block) -> GeoGrid:
        """Return the grid of a block of this grid; it may reach beyond the edges."""
        moved = self.transform @ Affine.translation(block.col, block.row)
        return GeoGrid(self.crs, moved, (block.height, block.width))

    def zoom_out(self, row_factor: float, col_factor: float) -> GeoGrid:
        """Return the grid with the same origin and cells ``factor`` times as large.

        The last row and column of cells may reach beyond the extent of this grid.
        """
        shape = (
            max(1, math.ceil(self.height / row_factor - 1e-9)),
            max(1, math.ceil(self.width / col_factor - 1e-9)),
        )
        return GeoGrid(self.crs, self.transform @ Affine.scale(col_factor, row_factor), shape)

    def xy(self, rows: ArrayLike, cols: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Map continuous pixel coordinates to (x, y) of the CRS."""
        t = self.transform
        r, c = np.asarray(rows, dtype=float), np.asarray(cols, dtype=float)
        return t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f

    def rowcol(self, xs: ArrayLike, ys: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Map (x, y) of the CRS to continuous pixel coordinates."""
        t = ~self.transform
        x, y = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
        return t.d * x + t.e * y + t.f, t.a * x + t.b * y + t.c

    def lonlat(self, rows: ArrayLike, cols: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Map continuous pixel coordinates to longitude and latitude in degrees (WGS 84).

        Points that the projection cannot invert come back as infinity.
        """
        lon, lat = self._to_lonlat.transform(*self.xy(rows, cols))
        return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)

    def spacing_m(self, rows: ArrayLike, cols: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Geodesic ground spacing in metres from row to row and from column to column.

        Measured on the ellipsoid of WGS 84 over the pixel around each coordinate, so that it holds
        in degrees, in Mercator and in rotated grids alike. Not finite off the projection's domain.
        """
        r, c = np.broadcast_arrays(np.asarray(rows, dtype=float), np.asarray(cols, dtype=float))
        return (
            self._distance_m(r - 0.5, c, r + 0.5, c),
            self._distance_m(r, c - 0.5, r, c + 0.5),
        )

    def sampled_spacing_m(self) -> tuple[FloatArray, FloatArray]:
        """Ground spacing per axis on a 5 by 5 lattice of the grid, off-domain points left out."""
        rows = np.linspace(0, self.height, 5)[:, None]
        cols = np.linspace(0, self.width, 5)[None, :]
        down, across = (s.ravel() for s in self.spacing_m(rows, cols))
        known = np.isfinite(down) & np.isfinite(across) & (down > 0) & (across > 0)
        return down[known], across[known]

    def _distance_m(
        self, rows0: FloatArray, cols0: FloatArray, rows1: FloatArray, cols1: FloatArray
    ) -> FloatArray:
        lon0, lat0 = self.lonlat(rows0, cols0)
        lon1, lat1 = self.lonlat(rows1, cols1)
        return geodesic_distance_m(lon0, lat0, lon1, lat1)

    @cached_property
    def _to_lonlat(self) -> Transformer:
        return Transformer.from_crs(self.crs, CRS.from_epsg(4326), always_xy=True)


WGS84 = Geod(ellps="WGS84")


def geodesic_distance_m(
    lon0: FloatArray, lat0: FloatArray, lon1: FloatArray, lat1: FloatArray
) -> FloatArray:
    """Geodesic distance in metres between points in degrees; not finite where an end is not."""
    finite = np.isfinite(lon0) & np.isfinite(lat0) & np.isfinite(lon1) & np.isfinite(lat1)
    finite &= (np.abs(lat0) <= 90) & (np.abs(lat1) <= 90)
    ends: list[FloatArray] = [np.where(finite, v, 0.0) for v in (lon0, lat0, lon1, lat1)]
    distance: FloatArray = WGS84.inv(ends[0], ends[1], ends[2], ends[3])[2]
    return np.where(finite, distance, np.inf)


def local_utm_grid(grid: GeoGrid, spacing_m: float) -> GeoGrid:
    """Return a north-up grid around a grid's footprint, with pixels that are true to the ground.

    In the UTM zone of its centre; beyond 84 degrees of latitude in polar stereographic projection
    (EPSG:3413 and EPSG:3031). Edges are multiples of the spacing.

    Parameters
    ----------
    grid : GeoGrid
    spacing_m : float
        Of the pixels, in metres.

    Raises
    ------
    ValueError
        If a part of the footprint lies outside the domain of the projection.
    """
    crs = _local_crs(grid)
    rows, cols = np.linspace(0, grid.height, 65), np.linspace(0, grid.width, 65)
    lon, lat = grid.lonlat(*np.meshgrid(rows, cols))
    known = np.isfinite(lon) & np.isfinite(lat)
    to_local = Transformer.from_crs(CRS.from_epsg(4326), crs, always_xy=True)
    xs, ys = to_local.transform(lon[known], lat[known])
    if not (np.isfinite(xs).all() and np.isfinite(ys).all()):
        raise ValueError(f"the grid reaches beyond the domain of {crs.name}")
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
