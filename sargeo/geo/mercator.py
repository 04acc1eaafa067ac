"""A scene's place on a web map: its box in EPSG:3857, and which pixel lies under each map pixel.

Web maps draw pictures linearly in spherical Mercator (EPSG:3857), so pictures have to be warped to
it. The box is unwrapped: a scene across the antimeridian has longitudes on one side of 180 degrees
only, which neither GDAL nor PROJ promises; hence the formula of the projection is written out here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

from sargeo.errors import InputError
from sargeo.geo.antimeridian import unwrap
from sargeo.geo.grid import FloatArray, GeoGrid
from sargeo.geo.gridmap import nodes_and_weights, rowcol_on_turn

EARTH_RADIUS_M = 6378137.0
"""Radius of the sphere of EPSG:3857 (EPSG guidance note 7-2, method 1024)."""

MAX_LATITUDE_DEG = 85.06
"""Where web maps end: EPSG:3857 is square up to 85.0511 degrees, and that is rounded up."""

MAX_SIDE = 8192
"""Longest side of a picture in pixels: what browsers on weak graphics hardware still draw."""

_KNOT_STEP = 16


@dataclass(frozen=True)
class MercatorBox:
    """The upright box around a grid in EPSG:3857, exact to the outer edges of its pixels.

    Attributes
    ----------
    grid : GeoGrid
    centre_lon : float
        Longitudes of the box lie within 180 degrees of it.
    left, bottom, right, top : float
        In metres of EPSG:3857; may reach beyond one turn of the Earth.
    """

    grid: GeoGrid
    centre_lon: float
    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, grid: GeoGrid, centre_lon: float | None = None) -> MercatorBox:
        """Return the box of a grid.

        Parameters
        ----------
        grid : GeoGrid
        centre_lon : float, optional
            Of the page, so that all its layers lie on the same turn of the Earth; by default the
            longitude in the middle of the grid.

        Raises
        ------
        InputError
            If the grid reaches beyond 85 degrees of latitude, where web maps end, or lies outside
            its projection's domain.
        """
        lon, lat = _known_lonlat(grid)
        centre = float(unwrap(lon[0], 0)) if centre_lon is None else centre_lon
        xs, ys = to_mercator(unwrap(lon, centre), lat)
        left, bottom, right, top = (float(v) for v in (xs.min(), ys.min(), xs.max(), ys.max()))
        return cls(grid, centre, left, bottom, right, top)

    @property
    def bounds(self) -> list[list[float]]:
        """South-west and north-east corner as [latitude, longitude] in degrees, unwrapped."""
        west, south = from_mercator(self.left, self.bottom)
        east, north = from_mercator(self.right, self.top)
        return [[float(south), float(west)], [float(north), float(east)]]

    @property
    def centre(self) -> list[float]:
        """[latitude, longitude] of the middle of the box."""
        lon, lat = from_mercator((self.left + self.right) / 2, (self.bottom + self.top) / 2)
        return [float(lat), float(lon)]

    @cached_property
    def metres_per_pixel(self) -> float:
        """Side of the grid's pixels in metres of EPSG:3857, on average."""
        rows, cols = np.array([[0.25], [0.75]]), np.array([[0.25, 0.75]])
        lon, lat = self.grid.lonlat(rows * self.grid.height, cols * self.grid.width)
        x, y = to_mercator(unwrap(lon, self.centre_lon), lat)
        # The area of a quadrangle is half the cross product of its diagonals.
        falling, rising = (
            (x[1, 1] - x[0, 0], y[1, 1] - y[0, 0]),
            (x[0, 1] - x[1, 0], y[0, 1] - y[1, 0]),
        )
        area = abs(falling[0] * rising[1] - falling[1] * rising[0]) / 2
        return math.sqrt(area / (0.25 * self.grid.height * self.grid.width))

    @property
    def ground_per_map_metre(self) -> float:
        """Metres on the ground per metre of EPSG:3857, in the middle of the box."""
        _, lat = from_mercator(0.0, (self.bottom + self.top) / 2)
        return math.cos(math.radians(float(lat)))

    def picture_shape(self, max_pixels: float, *, finest: float = 0.5) -> tuple[int, int]:
        """Choose (rows, cols) of a picture of the box.

        Parameters
        ----------
        max_pixels : float
            The most pixels it may have.
        finest : float
            Side of its pixels over that of the grid's, at the least. Half a pixel keeps the error
            of nearest-neighbour sampling below a quarter of one.
        """
        width, height = self.right - self.left, self.top - self.bottom
        side = max(
            finest * self.metres_per_pixel,
            math.sqrt(width * height / max_pixels),
            max(width, height) / MAX_SIDE,
        )
        return max(1, round(height / side)), max(1, round(width / side))

    def source_pixels(self, shape: tuple[int, int]) -> tuple[NDArray[np.float32], ...]:
        """Find where the centres of a picture's pixels lie on the grid.

        Exact at every 16th pixel and linear between: off by well below a tenth of a pixel.

        Returns
        -------
        rows, cols : ndarray of float32, shape (H, W)
            Continuous pixel coordinates of the grid; far outside of it where the projection ends.
        """
        (down, upright), (across, level) = (
            nodes_and_weights(0, n, math.ceil(n / _KNOT_STEP) + 1) for n in shape
        )
        rows, cols = self.locate(down / shape[0], across / shape[1])
        return tuple((upright @ v @ level.T).astype(np.float32) for v in (rows, cols))

    def locate(self, down: FloatArray, across: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Find where the points of a lattice over the box lie on the grid.

        Parameters
        ----------
        down, across : ndarray of float64, shapes (R,) and (C,)
            As shares of the box's height from the top, and of its width from the left.

        Returns
        -------
        rows, cols : ndarray of float64, shape (R, C)
        """
        ys = self.top - down * (self.top - self.bottom)
        xs = self.left + across * (self.right - self.left)
        lon, lat = from_mercator(*np.meshgrid(xs, ys))
        return rowcol_on_turn(self.grid, *self._from_lonlat.transform(lon, lat))

    @cached_property
    def _from_lonlat(self) -> Transformer:
        return Transformer.from_crs(CRS.from_epsg(4326), self.grid.crs, always_xy=True)


def to_mercator(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Map degrees (WGS 84, longitudes unwrapped) to metres of EPSG:3857."""
    lam, phi = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return EARTH_RADIUS_M * lam, EARTH_RADIUS_M * np.arctanh(np.sin(phi))


def from_mercator(x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Map metres of EPSG:3857 to degrees (WGS 84); beyond one turn, longitudes are unwrapped."""
    lon = np.degrees(np.asarray(x, dtype=float) / EARTH_RADIUS_M)
    return lon, np.degrees(np.arcsin(np.tanh(np.asarray(y, dtype=float) / EARTH_RADIUS_M)))


def _known_lonlat(grid: GeoGrid) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes of the grid: its middle first, a lattice, and its edges densely."""
    rows, cols = _middle_lattice_edges(*grid.shape)
    lon, lat = grid.lonlat(rows, cols)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        raise InputError(
            f"The raster's corners have no longitude and latitude in {grid.crs.name}.",
            "Check that its CRS is the one that its coordinates are in.",
        )
    lon, lat = lon[known], lat[known]
    highest = float(np.abs(lat).max())
    if highest > MAX_LATITUDE_DEG:
        raise InputError(
            f"The scene reaches {highest:.1f} degrees of latitude, and web maps end at 85.",
            "Leave the web page (--web-map) out, and look at the products in a GIS, with a polar "
            "projection.",
        )
    return lon, lat


def _middle_lattice_edges(height: int, width: int) -> tuple[FloatArray, FloatArray]:
    lattice = np.meshgrid(np.linspace(0, height, 33), np.linspace(0, width, 33), indexing="ij")
    down, across = (np.linspace(0, n, min(n, 2048) + 1) for n in (height, width))
    rows = ([height / 2], lattice[0].ravel(), down, down, 0 * across, 0 * across + height)
    cols = ([width / 2], lattice[1].ravel(), 0 * down, 0 * down + width, across, across)
    return np.concatenate(rows), np.concatenate(cols)
