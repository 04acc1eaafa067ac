"""Longitudes that go on after a turn of the Earth: 181 and -179 are one place, in metres too.

Everything that has to choose between the two goes through here: areas, zones, masks, references,
footprints, working grids and the web map.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.affinity import translate
from shapely.geometry import LinearRing, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from sargeo.geo.grid import FloatArray

Shapes = NDArray[np.object_]
"""Array of shapely geometries, shape (N,)."""

TURN_DEG = 360.0

_LEAP = 340 / 360
"""An edge that takes more of a turn than this is one across the antimeridian, from 179 to -179:
the rule of ``ogr2ogr -wrapdateline``, which takes 10 degrees on either side for near it."""

_ROUNDED = 1e-6
"""Shapes of the world leap too, from one of their ends to the other: what is left between these is
less of a turn than this, 40 m at the equator, since corners may be rounded to metres."""


@lru_cache(maxsize=256)
def period_of(crs: CRS) -> float:
    """Return by how much x grows in one turn of the Earth; 0 where x does not repeat.

    It repeats in degrees, and in projections in which x is linear in longitude and equally so at
    any latitude: cylindrical ones, such as Mercator.
    """
    if crs.is_geographic:
        return 2 * math.pi / float(crs.axis_info[0].unit_conversion_factor)
    degrees = crs.geodetic_crs
    if degrees is None or not degrees.is_geographic:
        return 0.0
    turn = period_of(degrees)
    lon = np.linspace(-turn / 2, turn / 2, 361)
    try:
        to_crs = Transformer.from_crs(degrees, crs, always_xy=True)
    except ProjError:  # a method that PROJ knows by name only: nothing can be placed by it
        return 0.0
    lines = [to_crs.transform(lon, np.full_like(lon, lat)) for lat in (0.0, turn / 9)]
    if not np.isfinite(lines).all():
        return 0.0
    step = float(np.median(np.diff(lines[0][0])))
    period = 360 * step
    # The step where the projection jumps back to its other end differs by a whole turn.
    regular = all(
        np.allclose(unwrap(np.diff(xs), step, period), step, rtol=1e-6, atol=0)
        and np.ptp(ys) <= 1e-6 * abs(step)
        for xs, ys in lines
        if step
    )
    return abs(period) if regular else 0.0


def unwrap(values: ArrayLike, centre: float | FloatArray, period: float = TURN_DEG) -> FloatArray:
    """Return the same longitudes, or x of a CRS with a period, within half a turn of a centre."""
    away = np.asarray(values, dtype=float) - centre
    return np.asarray(centre + away - period * np.round(away / period))


def ring_in_turns(xs: FloatArray, ys: FloatArray, period: float, pole: float) -> FloatArray:
    """Follow a ring around the Earth without jumps, and up to the pole that it goes around.

    Parameters
    ----------
    xs, ys : ndarray, shape (N,)
        Along the ring, without its first point again; less than half a turn from one to the next.
    period : float
        Of x.
    pole : float
        Distance of either pole from y = 0.

    Returns
    -------
    ndarray, shape (N or N + 3, 2)
    """
    x = np.unwrap(xs, period=period)
    turn = np.unwrap([x[-1], x[0]], period=period)[1] - x[0]
    ring = np.stack([x, ys], axis=1)
    if abs(turn) < period / 2:
        return ring
    top = math.copysign(pole, float(np.mean(ys)))
    ends = [(x[0] + turn, ys[0]), (x[0] + turn, top), (x[0], top)]
    return np.concatenate([ring, ends])


def without_leaps(shapes: Shapes, period: float) -> Shapes:
    """Let polygons that leap from 179 to -179 degrees go on to 181.

    Parameters
    ----------
    shapes : ndarray of shapely geometries
    period : float
        Of x; 0 leaves all as it is.
    """
    if not period:
        return shapes
    mended = shapes.copy()
    west, _, east, _ = shapely.bounds(shapes).T
    for i in np.flatnonzero(east - west > _LEAP * period):
        mended[i] = _mended(shapes[i], period)
    return mended


def on_one_turn(shape: BaseGeometry, period: float) -> BaseGeometry:
    """Bring the parts of a shape to the turn of its largest one: halves cut at 180 meet again."""
    parts = shapely.get_parts(shape)
    if not period or len(parts) < 2:
        return shape
    west, _, east, _ = shapely.bounds(parts).T
    centres = (west + east) / 2
    largest = int(np.argmax(shapely.area(parts)))
    moved = unwrap(centres, centres[largest], period) - centres
    return shapely.union_all([translate(p, dx) for p, dx in zip(parts, moved, strict=True)])


def cut_at_antimeridian(shape: BaseGeometry) -> Polygon | MultiPolygon:
    """Cut polygons in degrees that go on beyond 180, as RFC 7946 (section 3.1.9) wants it."""
    west, _, east, _ = shape.bounds
    turns = range(math.floor((west + 180) / TURN_DEG), math.ceil((east + 180) / TURN_DEG))
    parts = [
        orient(part)
        for k in turns
        for part in shapely.get_parts(
            translate(shape.intersection(box(360 * k - 180, -90, 360 * k + 180, 90)), -TURN_DEG * k)
        )
        if isinstance(part, Polygon) and part.area > 0
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _mended(shape: BaseGeometry, period: float) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    if all(_across(ring, period) is None for ring in shapely.get_rings(parts)):
        return shape
    return shapely.union_all(
        [_mended_polygon(p, period) if isinstance(p, Polygon) else p for p in parts]
    )


def _mended_polygon(polygon: Polygon, period: float) -> BaseGeometry:
    whole = _mended_ring(polygon.exterior, period)
    for ring in polygon.interiors:
        hole = _mended_ring(ring, period)
        # Of a ring that leaps, nobody knows on which turn the other went on.
        around = [translate(hole, turn * period) for turn in (-1, 0, 1)]
        whole = whole.difference(shapely.union_all(around))
    return whole


def _mended_ring(ring: LinearRing, period: float) -> BaseGeometry:
    """Return what a ring encloses; one without leaps is taken as it is drawn."""
    points = _across(ring, period)
    if points is None:
        return shapely.make_valid(Polygon(ring))
    corners = len(np.unique(points, axis=0))
    return shapely.make_valid(Polygon(points)) if corners > 2 else Polygon()  # a line holds nothing


def _across(ring: LinearRing, period: float) -> FloatArray | None:
    """Follow a ring that leaps across the antimeridian beyond it; None for one that does not."""
    points = shapely.get_coordinates(ring)
    step = np.abs(np.diff(points[:, 0])) / period
    leaps = step > _LEAP
    if not leaps.any():
        return None
    followed = ring_in_turns(points[:-1, 0], points[:-1, 1], period, period / 4)
    there_and_back = np.ptp(followed[:, 0]) < _ROUNDED * period
    along_a_parallel = len(followed) >= len(points) and bool((step[leaps] > 1 - 1e-9).all())
    return None if there_and_back or along_a_parallel else followed
