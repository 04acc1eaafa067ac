"""The outline of a grid on the globe, as GeoJSON wants it."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from sargeo.errors import NoGeoreferenceError
from sargeo.geo.antimeridian import TURN_DEG, cut_at_antimeridian, ring_in_turns
from sargeo.geo.grid import FloatArray, GeoGrid

_POINTS_PER_SIDE = 20


def footprint_lonlat(grid: GeoGrid) -> Polygon | MultiPolygon:
    """Return the outline of a grid in degrees (WGS 84), cut at the antimeridian (RFC 7946).

    Sides are followed in 20 steps each, since straight lines of a projection are curves in
    degrees. A grid around a pole reaches up to it.

    Raises
    ------
    sargeo.errors.NoGeoreferenceError
        If too little of the outline lies in the domain of the projection.
    """
    lon, lat = _outline(grid)
    ring = ring_in_turns(lon, lat, TURN_DEG, pole=90.0)
    return cut_at_antimeridian(shapely.make_valid(Polygon(ring)))


def lonlat_bbox(geometry: BaseGeometry) -> list[float]:
    """Return west, south, east, north; across the antimeridian west is larger than east.

    Parameters
    ----------
    geometry : shapely geometry
        In degrees, cut at the antimeridian if it crosses it (RFC 7946, sections 3.1.9 and 5.2).
    """
    west, south, east, north = geometry.bounds
    parts = shapely.get_parts(geometry)
    touching_east = [p.bounds for p in parts if p.bounds[2] == 180]
    touching_west = [p.bounds for p in parts if p.bounds[0] == -180]
    if touching_east and touching_west and len(parts) > 1:
        first, last = min(b[0] for b in touching_east), max(b[2] for b in touching_west)
        if last < first:  # else the parts go all around the Earth
            west, east = first, last
    return [west, south, east, north]


def _outline(grid: GeoGrid) -> tuple[FloatArray, FloatArray]:
    """Follow the border in degrees, as far as it is known."""
    lon, lat = grid.lonlat(*grid.block.border(_POINTS_PER_SIDE))
    known = np.isfinite(lon) & np.isfinite(lat)
    if known.sum() < 3:
        raise NoGeoreferenceError(
            "The scene lies outside the domain of its projection.",
            "Check the CRS and the transform, or warp the scene to another CRS.",
        )
    return lon[known].round(7), lat[known].round(7)
