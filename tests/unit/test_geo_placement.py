"""Shapes on grids: which pixel centres lie in a shape, asked in the CRS of the shape."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from sargeo.geo.antimeridian import period_of
from sargeo.geo.aoi import PolygonArea
from sargeo.geo.grid import GeoGrid
from sargeo.geo.placement import on_grid

TURN_3857 = 40075016.68557848
MARGIN = 0.002
"""Share of the pixels that may differ: centres on an edge of a shape, or on the antimeridian."""


def grid_around(
    crs: int | str, lon: float, lat: float, *, turns: int = 0, rotated: float = 0.0
) -> GeoGrid:
    """Return a grid of 61 by 61 pixels of a kilometre around a place."""
    known, n, metres = CRS.from_user_input(crs), 61, 1000.0
    x, y = Transformer.from_crs(4326, known, always_xy=True).transform(lon, lat)
    high = metres / 111_320 if known.is_geographic else metres
    wide = high / np.cos(np.radians(lat)) if known.is_geographic else high
    middle = Affine.translation(x + turns * period_of(known), y) * Affine.rotation(rotated)
    corner = Affine.translation(-wide * n / 2, high * n / 2) * Affine.scale(wide, -high)
    return GeoGrid(known, middle @ corner, (n, n))


WORLD_3857 = Affine(TURN_3857 / 60, 0, -TURN_3857 / 2, 0, -TURN_3857 / 60, TURN_3857 / 2)
GRIDS = {
    "utm_1": grid_around(32601, -179.99, 10),
    "utm_60": grid_around(32660, 179.99, 52),
    "utm_1_rotated": grid_around(32701, -179.9, -18, rotated=20),
    "pacific_mercator": grid_around(3832, 180, 10),
    "web_mercator_west_of_180": grid_around(3857, 179.99, 10),
    "web_mercator_one_turn_on": grid_around(3857, -179.99, 10, turns=1),
    "web_mercator_east_of_180": grid_around(3857, -179.99, 10),
    "equal_area_cylinder": grid_around(6933, 179.99, 10),
    "degrees_across_180": grid_around(4326, 179.99, 10),
    "degrees_at_200": grid_around(4326, -160, 10, turns=1),
    "degrees_across_-180": grid_around(4326, 180, 10, turns=-1),
    "degrees_far_north": grid_around(4326, 179.9, 84),
    "arctic_at_180": grid_around(3413, 179.9, 75),
    "north_pole": grid_around(3413, 0.5, 89.95),
    "south_pole": grid_around(3031, 0.5, -89.95),
    "away_from_it_all": grid_around(32633, 15, 50),
    "world": GeoGrid(CRS(4326), Affine(6, 0, -180, 0, -3, 90), (60, 60)),
    "world_from_0_to_360": GeoGrid(CRS(4326), Affine(6, 0, 0, 0, -3, 90), (60, 60)),
    "world_in_metres": GeoGrid(CRS(3857), WORLD_3857, (60, 60)),
}


def around(grid: GeoGrid, turns: int = 0) -> Polygon:
    """A box in degrees around the middle of a grid, as wide as half of it or so."""
    lon, lat = (float(v) for v in grid.lonlat(grid.height / 2, grid.width / 2))
    lon = (lon + 180) % 360 - 180 + 360 * turns
    wide = 0.2 / max(0.05, np.cos(np.radians(lat)))
    return box(lon - wide, max(-90, lat - 0.13), lon + wide, min(90, lat + 0.13))


def halves(grid: GeoGrid) -> MultiPolygon:
    """The same, cut at 180 as RFC 7946 wants it, beside a part that is far away."""
    whole, parts = around(grid), [box(40, -40, 41, -39)]
    for k in (-1, 0, 1):
        part = whole & box(360 * k - 180, -90, 360 * k + 180, 90)
        if part.area:
            parts.append(shapely.affinity.translate(part, -360 * k))
    return MultiPolygon(parts)


def disk(crs: int | str) -> Callable[[GeoGrid], gpd.GeoSeries | None]:
    def draw(grid: GeoGrid) -> gpd.GeoSeries:
        lon, lat = (float(v) for v in grid.lonlat(grid.height / 2, grid.width / 2))
        middle = gpd.GeoSeries([Point(lon, lat)], crs=4326).to_crs(crs)
        if not np.isfinite(middle.x.iloc[0]) or not np.isfinite(middle.y.iloc[0]):
            pytest.skip("the place has none in this CRS")
        return middle.buffer(20_000)

    return draw


def in_degrees(shape: Callable[[GeoGrid], Polygon | MultiPolygon], crs: int = 4326) -> Callable:
    return lambda grid: gpd.GeoSeries([shape(grid)], crs=crs)


SHAPES = {
    "box": in_degrees(around),
    "one_turn_on": in_degrees(lambda grid: around(grid, 1)),
    "one_turn_back": in_degrees(lambda grid: around(grid, -1)),
    "halves": in_degrees(halves),
    "another_datum": in_degrees(around, 4258),
    "grads": lambda grid: in_degrees(around)(grid).to_crs(4807),
    "world": in_degrees(lambda _: box(-180, -90, 180, 90)),
    "world_with_a_hole": in_degrees(
        lambda grid: (
            box(-180, -90, 180, 90) - shapely.union_all([around(grid, k) for k in (-1, 0, 1)])
        )
    ),
    "web_mercator": disk(3857),
    "pacific_mercator": disk(3832),
    "utm_1": disk(32601),
    "utm_60": disk(32660),
    "arctic": disk(3413),
    "antarctic": disk(3031),
}


def by_definition(grid: GeoGrid, shapes: gpd.GeoSeries) -> NDArray[np.bool_]:
    """Ask for the centre of each pixel, on every turn, in the CRS of the shapes."""
    rows, cols = np.mgrid[0 : grid.height, 0 : grid.width] + 0.5
    to_shapes = Transformer.from_crs(grid.crs, shapes.crs, always_xy=True)
    xs, ys = to_shapes.transform(*grid.xy(rows, cols))
    inside = np.zeros(grid.shape, dtype=bool)
    for turn in np.arange(-2, 3) * period_of(shapes.crs):
        inside |= shapely.intersects_xy(shapes.union_all(), xs + turn, ys)
    return inside


def mask(grid: GeoGrid, shapes: gpd.GeoSeries) -> NDArray[np.bool_]:
    placed = on_grid(shapes, grid)
    return PolygonArea(grid, tuple(placed[~placed.is_empty])).mask(grid.block)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", GRIDS)
def test_pixels_are_in_a_shape_where_the_crs_of_the_shape_says_so(place: str, shape: str) -> None:
    grid = GRIDS[place]
    shapes = SHAPES[shape](grid)
    expected = by_definition(grid, shapes)
    assert np.mean(mask(grid, shapes) != expected) <= MARGIN
    assert expected.any() or place.startswith("world")


def test_shapes_on_a_map_of_the_world_that_is_cut_at_180() -> None:
    """Robinson's has two ends and no period; land near both is where it is on Earth."""
    land = gpd.GeoSeries([MultiPolygon([box(179.7, 9.8, 180, 10.2), box(-180, 9.8, -179.7, 10.2)])])
    fine = land.segmentize(0.05).set_crs(4326)
    west, east = (fine.intersection(box(w, -90, w + 180, 90)) for w in (0, -180))
    robinson = gpd.GeoSeries(
        [
            # Just within the ends, since a rounded 180 comes out at the other.
            west.intersection(box(0, -90, 180 - 1e-6, 90)).to_crs("ESRI:54030").iloc[0],
            east.intersection(box(-180 + 1e-6, -90, 0, 90)).to_crs("ESRI:54030").iloc[0],
        ],
        crs="ESRI:54030",
    )
    grid = GRIDS["utm_1"]
    assert np.mean(mask(grid, robinson) != mask(grid, fine)) <= MARGIN
    assert mask(grid, fine).mean() > 0.3


def test_a_shape_in_the_crs_of_the_grid_is_not_touched() -> None:
    grid = GRIDS["away_from_it_all"]
    x, y = grid.xy(10, 10)
    shapes = gpd.GeoSeries([box(x, y - 5000, x + 5000, y), box(0, 0, 1, 1)], crs=grid.crs)
    assert on_grid(shapes, grid).geom_equals_exact(shapes, 0).all()


def test_straight_lines_stay_straight_where_they_were_drawn() -> None:
    """A parallel, which is a curve in UTM: from corner to corner it would lie further south."""
    grid = GRIDS["away_from_it_all"]
    area = gpd.GeoSeries([box(0, 50, 30, 51)], crs=4326)
    expected = by_definition(grid, area)
    assert (mask(grid, area) == expected).all()


def test_what_is_far_away_is_empty_and_keeps_its_row() -> None:
    grid = GRIDS["utm_1"]
    x, y = grid.xy(30, 30)
    shapes = gpd.GeoSeries(
        [Point(10, 10), Point(-179.99, 10), LineString([(0, 0), (1, 1)])], crs=4326
    )
    placed = on_grid(shapes.set_axis(["far", "near", "line"]), grid)
    assert placed.is_empty.to_dict() == {"far": True, "near": False, "line": True}
    assert placed["near"].distance(Point(x, y)) < 2000
    assert placed.geom_type.to_dict() == {"far": "Point", "near": "Point", "line": "LineString"}


def test_corners_beyond_the_domain_of_a_projection_are_left_out() -> None:
    """An equal-area cylinder ends at the poles; a shape drawn beyond them has no corner there."""
    grid = GRIDS["north_pole"]
    x, y = Transformer.from_crs(4326, 6933, always_xy=True).transform(0.5, 89.9)
    beyond = gpd.GeoSeries([Point(x, y).buffer(500_000)], crs=6933)
    placed = on_grid(beyond, grid).iloc[0]
    assert placed.is_valid
    assert np.isfinite(shapely.get_coordinates(placed)).all()
