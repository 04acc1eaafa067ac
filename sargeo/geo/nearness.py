"""Which points lie in zones, or within some metres of them, anywhere on Earth."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry import Point

from sargeo.geo.antimeridian import period_of
from sargeo.geo.grid import GeoGrid
from sargeo.geo.placement import on_grid


def near(
    objects: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    buffer_m: float = 0.0,
    point_radius_m: float = 0.0,
) -> NDArray[np.bool_]:
    """Tell which objects lie within a distance of zones, in metres; shape (M,).

    Distances are measured in the azimuthal equidistant projection around each object, so that
    they hold anywhere on Earth.
    """
    inside = np.zeros(len(objects), dtype=bool)
    if objects.empty:
        return inside
    boxes = _surroundings(objects, max(buffer_m, point_radius_m))
    placed = on_grid(zones.geometry, _grid_around(boxes, objects.crs))
    found, close = placed.sindex.query(boxes, predicate="intersects")
    degrees = objects.geometry.to_crs(4326)
    for i in np.unique(found):
        shapes = placed.iloc[close[found == i]]
        # Cut first: a continent has no place in a projection around a ship.
        local = shapes.intersection(boxes[i]).to_crs(
            f"+proj=aeqd +lat_0={degrees.y.iloc[i]} +lon_0={degrees.x.iloc[i]} +units=m"
        )
        radius = np.where(shapes.geom_type.str.contains("Point"), point_radius_m, buffer_m)
        inside[i] = bool((local.distance(Point(0, 0)).to_numpy() <= radius).any())
    return inside


def _surroundings(objects: gpd.GeoDataFrame, reach_m: float) -> NDArray[np.object_]:
    """Boxes around objects in their CRS that hold all within a distance, shape (M,)."""
    x, y = (np.asarray(v, dtype=float) for v in (objects.geometry.x, objects.geometry.y))
    unit = (period_of(objects.crs) or 4e7) * 1e-6  # some ten metres: the scale of the place
    here = GeoGrid(objects.crs, Affine(unit, 0, 0, 0, -unit, 0), (1, 1))
    down_m, across_m = here.spacing_m(*here.rowcol(x, y))
    reach = 2 * max(reach_m, 1.0) * unit  # twice, since the scale changes within
    high, wide = reach / down_m, reach / across_m
    return np.asarray(shapely.box(x - wide, y - high, x + wide, y + high), dtype=object)


def _grid_around(boxes: NDArray[np.object_], crs: CRS) -> GeoGrid:
    left, bottom, right, top = shapely.total_bounds(boxes)
    pixel = Affine((right - left) / 100, 0, left, 0, (bottom - top) / 100, top)
    return GeoGrid(crs, pixel, (100, 100))
