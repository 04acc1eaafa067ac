from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from support.rasters import CRS_CASES

from sargeo.geo.grid import WGS84, Block, GeoGrid


def grid_of(case, shape=(120, 150)):
    crs, transform = CRS_CASES[case]
    return GeoGrid(CRS.from_user_input(crs), transform, shape)


class TestBlock:
    def test_halves_open(self):
        block = Block(2, 3, 4, 5)
        assert (block.row_stop, block.col_stop, block.size) == (6, 8, 20)
        assert block.contains([2, 5.99, 6], [3, 7.99, 3]).tolist() == [True, True, False]
        assert block.slices(Block(1, 1, 9, 9)) == (slice(1, 5), slice(2, 7))

    def test_intersection(self):
        assert Block(0, 0, 4, 4).intersection(Block(2, 3, 9, 9)) == Block(2, 3, 2, 1)
        assert Block(0, 0, 4, 4).intersection(Block(4, 0, 1, 1)) is None


def test_mercator_is_stretched():
    """10 m of EPSG:3395 are about 8.3 m on the ground at 34 degrees north."""
    y = 4_000_000
    grid = GeoGrid(CRS.from_epsg(3395), Affine(10, 0, -13_200_000, 0, -10, y), (100, 100))
    assert grid.lonlat(0, 0)[1] == pytest.approx(33.96, abs=0.01)
    for spacing_m in grid.sampled_spacing_m():
        np.testing.assert_allclose(spacing_m, 8.3, atol=0.02)


@pytest.mark.parametrize("lat", [0, 34, -60, 75])
def test_degrees_shrink_with_latitude(lat):
    grid = GeoGrid(CRS.from_epsg(4326), Affine(1e-4, 0, 20, 0, -1e-4, lat), (10, 10))
    down, across = grid.spacing_m(5, 5)
    phi = np.radians(lat)
    curvature = 1 - WGS84.es * np.sin(phi) ** 2
    meridian_m = WGS84.a * (1 - WGS84.es) / curvature**1.5 * np.radians(1e-4)
    parallel_m = WGS84.a * np.cos(phi) / np.sqrt(curvature) * np.radians(1e-4)
    assert down == pytest.approx(meridian_m, rel=1e-5)
    assert across == pytest.approx(parallel_m, rel=1e-4)


@pytest.mark.parametrize("case", ["utm_north", "utm_south", "rotated"])
def test_utm_is_true_to_the_ground(case):
    for spacing_m in grid_of(case).sampled_spacing_m():
        np.testing.assert_allclose(spacing_m, 10, rtol=1e-3)


def test_spacing_off_the_projection_is_left_out():
    grid = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, 1e9, 0, -10, 1e9), (10, 10))
    assert grid.sampled_spacing_m()[0].size == 0


def test_bounds_of_a_rotated_grid():
    grid = GeoGrid(CRS.from_epsg(32633), Affine.rotation(45) @ Affine.scale(1, -1), (10, 10))
    assert grid.is_rotated
    half = 10 / np.sqrt(2)
    assert grid.bounds == pytest.approx((0, -half, 2 * half, half))
    assert not grid_of("utm_north").is_rotated
    assert grid_of("utm_north").bounds == (500_000, 4_998_800, 501_500, 5_000_000)


def test_zoomed_grids_keep_the_origin_and_cover():
    zoomed = grid_of("utm_north").zoom_out(7, 2.5)
    assert zoomed.shape == (18, 60)
    assert zoomed.transform == Affine(25, 0, 500_000, 0, -70, 5_000_000)
