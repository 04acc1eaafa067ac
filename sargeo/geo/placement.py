"""Shapes of a vector layer, brought to where a grid lies."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely import GeometryType
from shapely.affinity import translate
from shapely.geometry import LineString, MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

from sargeo.geo.antimeridian import (
    TURN_DEG,
    Shapes,
    period_of,
    ring_in_turns,
    unwrap,
    without_leaps,
)
from sargeo.geo.grid import FloatArray, GeoGrid

_AROUND = 0.1
"""What is kept around a grid, as a share of its longer side: nothing that lies in the grid is cut
off, though the sides of the cut are chords of curves."""

_POINTS_PER_SIDE = 32

_TEAR = 30
"""A step this many times the median one is no step on the ground."""

_NOTHING = np.array([Point(), LineString(), Polygon(), Polygon()], dtype=object)
"""By dimension; that of an empty shape is -1."""

_LEAST_CORNERS = 3

_TURNS = 3
"""Files have longitudes from -180 to 360 or so, grids too: no more turns lie between them."""

_BEFORE_THE_SEAM = 1 - 1e-9
"""Share of a turn, or of the way to a pole, within which rounding never changes sides."""


def on_grid(shapes: gpd.GeoSeries, grid: GeoGrid) -> gpd.GeoSeries:
    """Bring shapes to the CRS of a grid, and to its turn of the Earth, as far as they lie near it.

    A grid that crosses the antimeridian, in degrees or in metres, runs on to 181 where shapes say
    -179. What lies far away is left out: a continent has no place in a UTM zone, where its far
    corners come out anywhere, and the shape with them. Straight lines stay what they are in the
    CRS of the shapes.

    Parameters
    ----------
    shapes : GeoSeries
        Valid, such as `sargeo.geo.vectors.read_vectors` gives them.
    grid : GeoGrid

    Returns
    -------
    GeoSeries
        With the index of the shapes; empty geometries for those that are not near.
    """
    crs, turn = grid.crs, period_of(grid.crs)
    same = shapes.crs == crs
    if (same and not turn) or shapes.is_empty.all():
        return shapes.to_crs(crs)
    period = period_of(shapes.crs)
    given = np.asarray(shapes.array, dtype=object)
    ring = _around(grid, shapes.crs)
    if ring is not None and not period and _torn(ring):
        return on_grid(_in_degrees(shapes), grid)
    if ring is not None:
        outline = _outline(ring, period, given)
        given = _near(given, outline, period)
        if not same:
            west, south, east, north = outline.bounds
            longest = max(east - west, north - south) / (4 * _POINTS_PER_SIDE)
            given = shapely.segmentize(given, longest)
    placed = _transformed(given, shapes.crs, crs)
    if turn:
        middle, _ = grid.xy(grid.height / 2, grid.width / 2)
        placed = shapely.transform(placed, lambda xy: _turned(xy, float(middle), turn))
    return gpd.GeoSeries(_valid(placed), index=shapes.index, crs=crs)


def _near(shapes: Shapes, outline: BaseGeometry, period: float) -> Shapes:
    """Cut the shapes of all turns that meet an outline, and bring them to its own."""
    tree = shapely.STRtree(shapes)
    pieces = _NOTHING[shapely.get_dimensions(shapes)]
    for shift in np.arange(-_TURNS, _TURNS + 1) * period if period else (0.0,):
        there = translate(outline, -shift)
        hits = tree.query(there, predicate="intersects")
        inside = np.isin(hits, tree.query(there, predicate="contains"))
        cut = shapes[hits]
        cut[~inside] = _cut(cut[~inside], there)
        if shift:
            cut = np.array([translate(shape, shift) for shape in cut], dtype=object)
        met = ~shapely.is_empty(pieces[hits])
        cut[met] = shapely.union(cut[met], pieces[hits][met])
        pieces[hits] = cut
    return pieces


def _around(grid: GeoGrid, crs: CRS) -> FloatArray | None:
    """Follow the surroundings of a grid in a CRS, shape (N, 2); None where they have no place."""
    transformer = Transformer.from_crs(grid.crs, crs, always_xy=True)
    for share in (_AROUND, 0.0):
        xs, ys = transformer.transform(*_border(grid, share))
        if np.isfinite(xs).all() and np.isfinite(ys).all():
            return np.stack([xs, ys], axis=1)
    return None


def _outline(ring: FloatArray, period: float, shapes: Shapes) -> BaseGeometry:
    """Return what a ring encloses, a pole too."""
    if period:
        # Beyond all shapes: Mercator has no poles, and there is nothing behind one.
        _, south, _, north = shapely.total_bounds(shapes)
        beyond = 1 + max(abs(south), abs(north), float(np.abs(ring[:, 1]).max()))
        ring = ring_in_turns(ring[:, 0], ring[:, 1], period, beyond)
    return shapely.make_valid(Polygon(ring))


def _torn(ring: FloatArray) -> bool:
    """Tell whether a ring jumps over a map of the world, from its one end to the other."""
    steps = np.hypot(*(ring - np.roll(ring, 1, axis=0)).T)
    return bool(steps.max() > _TEAR * np.median(steps))


def _in_degrees(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    west, south, east, north = shapes.bounds.to_numpy().T
    longest = np.fmax(east - west, north - south) / (4 * _POINTS_PER_SIDE)
    fine = shapely.segmentize(np.asarray(shapes.array, dtype=object), np.fmax(longest, 1.0))
    degrees = _transformed(fine, shapes.crs, CRS.from_epsg(4326))
    whole = without_leaps(degrees, TURN_DEG)
    return gpd.GeoSeries(_valid(whole), index=shapes.index, crs=4326)


def _turned(xy: FloatArray, middle: float, turn: float) -> FloatArray:
    return np.stack([unwrap(xy[:, 0], middle, turn), xy[:, 1]], axis=1)


def _border(grid: GeoGrid, share: float) -> tuple[FloatArray, FloatArray]:
    """Follow the border of a grid, a share of its longer side outside of it, in its CRS."""
    xs, ys = grid.xy(*grid.block.border(_POINTS_PER_SIDE, share * max(grid.shape)))
    turn = period_of(grid.crs)
    if turn:  # once around the Earth is all there is
        middle, _ = grid.xy(grid.height / 2, grid.width / 2)
        reach = turn / 2 * _BEFORE_THE_SEAM
        xs = np.clip(xs, middle - reach, middle + reach)
    if grid.crs.is_geographic:
        ys = np.clip(ys, -turn / 4 * _BEFORE_THE_SEAM, turn / 4 * _BEFORE_THE_SEAM)
    return xs, ys


def _cut(shapes: Shapes, outline: BaseGeometry) -> Shapes:
    """Cut out what lies in an outline; areas that only touch it in a line lie outside."""
    return _of_dimension(shapely.intersection(shapes, outline), shapely.get_dimensions(shapes))


def _transformed(shapes: Shapes, from_crs: CRS, to_crs: CRS) -> Shapes:
    """Bring shapes into another CRS, without the corners that have no place there."""
    transformer = Transformer.from_crs(from_crs, to_crs, always_xy=True)

    def transform(xy: FloatArray) -> FloatArray:
        there = np.stack(transformer.transform(xy[:, 0], xy[:, 1]), axis=1)
        there[~np.isfinite(there).all(axis=1)] = np.inf  # equal ends keep rings closed
        return there

    moved: Shapes = shapely.transform(shapes, transform)
    for i in np.flatnonzero(np.isinf(shapely.bounds(moved)).any(axis=1)):
        moved[i] = _within_domain(moved[i])
    return moved


def _valid(shapes: Shapes) -> Shapes:
    """Repair what is not valid in another CRS: around a pole, both ends of a turn are one line."""
    broken = ~shapely.is_valid(shapes)
    mended = shapes.copy()
    mended[broken] = _of_dimension(
        shapely.make_valid(shapes[broken]), shapely.get_dimensions(shapes[broken])
    )
    return mended


def _within_domain(shape: BaseGeometry) -> BaseGeometry:
    """Leave out corners without a place in a projection: no pixel lies there."""
    if hasattr(shape, "geoms"):
        return shapely.union_all([_within_domain(part) for part in shape.geoms])
    if not isinstance(shape, Polygon):
        points = _finite(shape)
        return LineString(points) if len(points) > 1 else MultiPoint(points)
    shell, *holes = (_finite(ring) for ring in (shape.exterior, *shape.interiors))
    whole = shapely.make_valid(Polygon(shell)) if len(shell) >= _LEAST_CORNERS else Polygon()
    for hole in holes:
        if len(hole) >= _LEAST_CORNERS:
            whole = whole.difference(shapely.make_valid(Polygon(hole)))
    return whole


def _finite(shape: BaseGeometry) -> FloatArray:
    points = shapely.get_coordinates(shape)
    return points[np.isfinite(points).all(axis=1)]


def _of_dimension(shapes: Shapes, dimensions: NDArray[np.int32]) -> Shapes:
    """Leave out points and lines of areas, and points of lines."""
    kept = shapes.copy()
    for i in np.flatnonzero(shapely.get_type_id(shapes) == GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapes[i])
        kept[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == dimensions[i]])
    lower = ~shapely.is_empty(kept) & (shapely.get_dimensions(kept) < dimensions)
    kept[lower] = _NOTHING[dimensions[lower]]
    return kept
