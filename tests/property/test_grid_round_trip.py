from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from support.rasters import CRS_CASES

from sargeo.geo.grid import Block, GeoGrid

FEW = settings(deadline=None, max_examples=25)
PIXEL = st.floats(-500, 5000, allow_nan=False)


def grid_of(case, shape=(4000, 5000)):
    crs, transform = CRS_CASES[case]
    return GeoGrid(CRS.from_user_input(crs), transform, shape)


@pytest.mark.parametrize("case", CRS_CASES)
@FEW
@given(row=PIXEL, col=PIXEL)
def test_pixels_survive_the_way_to_the_crs_and_back(case, row, col):
    grid = grid_of(case)
    back = grid.rowcol(*grid.xy(row, col))
    np.testing.assert_allclose(back, (row, col), atol=1e-5)


@pytest.mark.parametrize("case", CRS_CASES)
@FEW
@given(row=st.floats(0, 4000), col=st.floats(0, 5000))
def test_pixels_survive_the_way_to_degrees_and_back(case, row, col):
    grid = grid_of(case)
    lon, lat = grid.lonlat(row, col)
    x, y = grid._to_lonlat.transform(lon, lat, direction="INVERSE")
    if case == "antimeridian":
        x = x % 360
    np.testing.assert_allclose(grid.rowcol(x, y), (row, col), atol=1e-4)


@FEW
@given(row=st.integers(-10, 50), col=st.integers(-10, 50), r=st.floats(0, 30), c=st.floats(0, 30))
def test_a_crop_moves_the_origin_only(row, col, r, c):
    grid = grid_of("rotated")
    crop = grid.crop(Block(row, col, 30, 30))
    np.testing.assert_allclose(crop.xy(r, c), grid.xy(r + row, c + col), rtol=0, atol=1e-6)


@FEW
@given(fr=st.floats(0.2, 9), fc=st.floats(0.2, 9), r=st.floats(0, 400), c=st.floats(0, 400))
def test_a_zoomed_grid_scales_coordinates(fr, fc, r, c):
    grid = grid_of("rotated", (400, 400))
    zoomed = grid.zoom_out(fr, fc)
    np.testing.assert_allclose(zoomed.xy(r / fr, c / fc), grid.xy(r, c), rtol=0, atol=1e-5)
    assert zoomed.height * fr >= 400 - 1e-6
    assert (zoomed.height - 1) * fr < 400


@pytest.mark.parametrize("case", CRS_CASES)
@FEW
@given(row=st.floats(1, 3999), col=st.floats(1, 4999))
def test_spacings_are_the_distances_between_neighbours(case, row, col):
    grid = grid_of(case)
    down, across = grid.spacing_m(row, col)
    nominal = {"degrees": 11.1, "antimeridian": 11.1, "polar_north": 40, "polar_south": 40}
    expected = nominal.get(case, 10)
    assert 0.5 * expected < across < 1.1 * expected
    assert 0.7 * expected < down < 1.1 * expected
