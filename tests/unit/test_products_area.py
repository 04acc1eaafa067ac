"""Areas of pixels against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS, Geod
from support.products import PLACES, grid_at

from sargeo.geo.grid import Block, GeoGrid
from sargeo.geo.pixel_area import pixel_area_m2

A, E2 = 6_378_137.0, 0.0066943799901413165  # WGS 84


def zone_area_m2(lat0: float, lat1: float, dlon: float) -> float:
    """Area of a cell between two parallels on the ellipsoid (Snyder 1987, equation 3-12)."""

    def q(lat: float) -> float:
        s, e = np.sin(np.radians(lat)), np.sqrt(E2)
        return float((1 - E2) * (s / (1 - E2 * s**2) + np.arctanh(e * s) / e))

    return A**2 * np.radians(dlon) * (q(lat1) - q(lat0)) / 2


@pytest.mark.parametrize("north", [0.5, 47.0, 80.0, -60.0])
def test_degrees(north: float) -> None:
    """Pixels of 0.01 degrees, a kilometre and more."""
    grid = GeoGrid(CRS.from_epsg(4326), Affine(0.01, 0, 10, 0, -0.01, north), (512, 512))
    found = pixel_area_m2(grid, grid.block)
    expected = [zone_area_m2(north - 0.01 * (i + 1), north - 0.01 * i, 0.01) for i in range(512)]
    np.testing.assert_allclose(found, np.repeat(np.array(expected)[:, None], 512, 1), rtol=2e-5)
    assert found.sum() == pytest.approx(zone_area_m2(north - 5.12, north, 5.12), rel=2e-5)


def test_an_equal_area_projection_has_equal_areas() -> None:
    grid = GeoGrid(CRS.from_epsg(6933), Affine(100, 0, 1e6, 0, -100, 6e6), (300, 200))
    np.testing.assert_allclose(pixel_area_m2(grid, Block(100, 50, 200, 150)), 1e4, rtol=1e-4)


@pytest.mark.parametrize("place", PLACES)
def test_the_sum_is_that_of_the_outline(place: str) -> None:
    grid = grid_at(place, (200, 300))
    rows = np.concatenate(
        [np.zeros(50), np.linspace(0, 200, 50), np.full(50, 200), np.linspace(200, 0, 50)]
    )
    cols = np.concatenate(
        [np.linspace(0, 300, 50), np.full(50, 300), np.linspace(300, 0, 50), np.zeros(50)]
    )
    area, _ = Geod(ellps="WGS84").polygon_area_perimeter(*grid.lonlat(rows, cols))
    assert pixel_area_m2(grid, grid.block).sum() == pytest.approx(abs(area), rel=1e-4)


def test_blocks_agree_with_the_whole() -> None:
    grid = grid_at("mercator", (700, 40))
    whole = pixel_area_m2(grid, grid.block)
    part = Block(200, 10, 1, 30)
    np.testing.assert_allclose(pixel_area_m2(grid, part), whole[part.slices()], rtol=1e-6)


def test_nothing_lies_off_the_projection() -> None:
    grid = GeoGrid(CRS.from_epsg(3395), Affine(1e3, 0, 0, 0, 1e3, 1e9), (4, 4))
    off = ~np.isfinite(grid.lonlat(np.arange(4), np.arange(4))[1])
    area = pixel_area_m2(grid, grid.block)
    assert np.isfinite(area).all()
    assert area.sum() == 0 or not off.all()
