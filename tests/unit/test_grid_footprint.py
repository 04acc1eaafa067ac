from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS
from support.rasters import CRS_CASES

from sargeo.errors import NoGeoreferenceError
from sargeo.geo.footprint import footprint_lonlat, lonlat_bbox
from sargeo.geo.grid import GeoGrid


def grid_of(case, shape=(120, 150)):
    crs, transform = CRS_CASES[case]
    return GeoGrid(CRS.from_user_input(crs), transform, shape)


@pytest.mark.parametrize("case", CRS_CASES)
def test_it_holds_the_pixels(case):
    grid = grid_of(case)
    outline = shapely.buffer(footprint_lonlat(grid), 1e-5)
    lon, lat = grid.lonlat(*np.random.default_rng(0).uniform(0, 120, (2, 50)))
    assert shapely.contains_xy(outline, (lon + 180) % 360 - 180, lat).all()


def test_the_antimeridian_cuts_it():
    parts = footprint_lonlat(grid_of("antimeridian", (100, 100))).geoms
    assert [p.bounds[::2] for p in sorted(parts, key=lambda p: p.bounds)] == [
        (-180, pytest.approx(-179.992)),
        (pytest.approx(179.998), 180),
    ]


@pytest.mark.parametrize(("epsg", "pole"), [(3413, 90), (3031, -90)])
def test_a_grid_around_a_pole_reaches_it(epsg, pole):
    grid = GeoGrid(CRS.from_epsg(epsg), Affine(1000, 0, -50_000, 0, -1000, 50_000), (100, 100))
    west, south, east, north = lonlat_bbox(footprint_lonlat(grid))
    assert (west, east) == (-180, 180)
    assert pole in (south, north)
    lon, lat = grid.lonlat(50.0 + np.arange(-40, 41, 8), 51.0 + np.arange(-40, 41, 8))
    assert shapely.contains_xy(footprint_lonlat(grid), lon, lat).all()


def test_a_grid_of_the_whole_earth():
    grid = GeoGrid(CRS.from_epsg(4326), Affine(1, 0, -180, 0, -1, 90), (180, 360))
    assert lonlat_bbox(footprint_lonlat(grid)) == [-180, -90, 180, 90]


def test_off_the_projection():
    grid = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, 1e9, 0, -10, 1e9), (10, 10))
    with pytest.raises(NoGeoreferenceError):
        footprint_lonlat(grid)
