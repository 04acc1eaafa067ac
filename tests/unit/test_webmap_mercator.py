"""Pictures lie where their pixels are on Earth."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS, Transformer
from support.webmap import MORE_CRS_CASES, grid_of_case

from sargeo.errors import InputError
from sargeo.geo.antimeridian import unwrap
from sargeo.geo.grid import GeoGrid
from sargeo.geo.mercator import MAX_SIDE, MercatorBox, from_mercator, to_mercator

CASES = sorted(MORE_CRS_CASES)


def test_the_projection_is_that_of_epsg_3857() -> None:
    lon, lat = np.array([-118.25, 0.0, 179.9]), np.array([34.05, -85.0, 60.0])
    x, y = to_mercator(lon, lat)
    expected = Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    np.testing.assert_allclose([x, y], expected, atol=1e-6)
    np.testing.assert_allclose(from_mercator(x, y), [lon, lat], atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_pixels_of_a_picture_are_found_on_the_grid(case: str) -> None:
    grid = grid_of_case(case, (300, 400))
    box = MercatorBox.around(grid)
    shape = box.picture_shape(1e6)
    rows, cols = box.source_pixels(shape)
    inside = (rows >= 0) & (rows <= 300) & (cols >= 0) & (cols <= 400)
    assert inside.mean() > 0.3
    # The way back goes through the grid's own transformation.
    lon, lat = grid.lonlat(rows[inside], cols[inside])
    x, y = to_mercator(unwrap(lon, box.centre_lon), lat)
    down, across = np.nonzero(inside)
    side = (box.right - box.left) / shape[1], (box.top - box.bottom) / shape[0]
    tolerance = 0.1 * box.metres_per_pixel
    np.testing.assert_allclose(x, box.left + (across + 0.5) * side[0], atol=tolerance)
    np.testing.assert_allclose(y, box.top - (down + 0.5) * side[1], atol=tolerance)


@pytest.mark.parametrize("case", CASES)
def test_the_box_ends_at_the_outer_edges_of_pixels(case: str) -> None:
    grid = grid_of_case(case, (30, 40))
    box = MercatorBox.around(grid)
    rows, cols = np.array([0, 0, 30, 30]), np.array([0, 40, 0, 40])
    lon, lat = grid.lonlat(rows, cols)
    (south, west), (north, east) = box.bounds
    lon = unwrap(lon, box.centre_lon)
    # Over 40 pixels edges are straight enough for the corners to be the extremes.
    pixel_deg = box.metres_per_pixel / 111_000
    expected = [lat.min(), lon.min(), lat.max(), lon.max()]
    np.testing.assert_allclose([south, west, north, east], expected, atol=0.02 * pixel_deg)
    assert -180 <= box.centre_lon <= 180
    assert east - west < 1


def test_layers_of_a_page_share_one_turn_of_the_earth() -> None:
    grid = GeoGrid(CRS(4326), Affine(0.01, 0, -180.02, 0, -0.01, 10), (10, 10))
    box = MercatorBox.around(grid, centre_lon=179.9)
    assert box.bounds[0][1] == pytest.approx(179.98)


def test_a_scene_beyond_web_maps_is_refused() -> None:
    grid = GeoGrid(CRS(3413), Affine(1000, 0, -400_000, 0, -1000, 400_000), (800, 800))
    with pytest.raises(InputError, match=r"90\.0 degrees of latitude"):
        MercatorBox.around(grid)


def test_a_grid_outside_its_projection_is_refused() -> None:
    grid = GeoGrid(CRS(3035), Affine(10, 0, 1e9, 0, -10, 1e9), (8, 8))
    with pytest.raises(InputError, match="no longitude and latitude"):
        MercatorBox.around(grid)


def test_pictures_keep_within_pixels_and_sides() -> None:
    box = MercatorBox.around(grid_of_case("mercator", (4000, 6000)))
    height, width = box.picture_shape(1e6)
    assert 0.98e6 < height * width < 1.02e6
    small = MercatorBox.around(grid_of_case("mercator", (40, 60)))
    assert small.picture_shape(1e6) == pytest.approx((80, 120), abs=1)
    line = MercatorBox.around(grid_of_case("utm_north", (1, 10_000)))
    assert max(line.picture_shape(1e9)) == MAX_SIDE
    assert min(line.picture_shape(1e9)) >= 1
