"""The outline of a grid on the globe, as GeoJSON wants it."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from sargeo.errors import NoGeoreferenceError
from sargeo.grid import FloatArray, GeoGrid

_POINTS_PER_SIDE = 21


def footprint_lonlat(grid: GeoGrid) -> Polygon | MultiPolygon:
    """Return the outline of a grid in degrees (WGS 84), cut at the antimeridian (RFC 7946).

    Sides are followed at 21 points each, since straight lines of a projection are curves in
    degrees. A grid around a pole reaches up to it.

    Raises
    ------
    sargeo.errors.NoGeoreferenceError
        If too little of the outline lies in the domain of the projection.
    """
    lon, lat = _outline(grid)
    # Followed along the outline, longitudes jump by 360 at the antimeridian: undo that.
    lon = np.unwrap(lon, period=360)
    turn = np.unwrap([lon[-1], lon[0]], period=360)[1] - lon[0]
    if abs(turn) > 180:  # once around the Earth: a pole lies inside
        pole = np.copysign(90.0, lat.mean())
        lon = np.concatenate([lon, [lon[0] + turn, lon[0] + turn, lon[0]]])
        lat = np.concatenate([lat, [lat[0], pole, pole]])
    whole = shapely.make_valid(Polygon(zip(lon, lat, strict=True)))
    turns = range(int(np.floor((lon.min() + 180) / 360)), int(np.ceil((lon.max() + 180) / 360)))
    parts = [
        orient(part)
        for k in turns
        for part in shapely.get_parts(
            translate(whole.intersection(box(360 * k - 180, -90, 360 * k + 180, 90)), -360 * k)
        )
        if isinstance(part, Polygon) and part.area > 0
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


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
    """Follow the border once around, without its last point again."""
    rise = np.linspace(0, 1, _POINTS_PER_SIDE)[:-1]
    low, high = np.zeros_like(rise), np.ones_like(rise)
    rows = grid.height * np.concatenate([low, rise, high, 1 - rise])
    cols = grid.width * np.concatenate([rise, high, 1 - rise, low])
    lon, lat = grid.lonlat(rows, cols)
    known = np.isfinite(lon) & np.isfinite(lat)
    if known.sum() < 3:
        raise NoGeoreferenceError(
            "The scene lies outside the domain of its projection.",
            "Check the CRS and the transform, or warp the scene to another CRS.",
        )
    return lon[known].round(7), lat[known].round(7)
