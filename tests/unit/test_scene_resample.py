from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from support.rasters import CRS_CASES, backscatter_db, triangle_mask
from support.scenes import array_scene

from sargeo.geo.grid import Block, GeoGrid, local_utm_grid
from sargeo.scene.bands import SCALES
from sargeo.scene.radiometry import from_power, to_power
from sargeo.scene.resample import RescaledScene, WarpedScene
from sargeo.scene.scene import Scene


def grid_of(case, shape=(120, 150)):
    crs, transform = CRS_CASES[case]
    return GeoGrid(CRS.from_user_input(crs), transform, shape)


@pytest.mark.parametrize("scale", SCALES)
def test_averages_are_taken_in_power(scale):
    power = np.indices((60, 60)).sum(axis=0, keepdims=True)[0:1] % 2 * 0.98 + 0.01
    scene = array_scene(from_power(power.astype(np.float32), scale), scale=scale)
    view = RescaledScene(scene, 2, 4)
    assert isinstance(view, Scene)
    got = view.read(view.grid.block)
    assert got.values.shape == (1, 30, 15)
    np.testing.assert_allclose(to_power(got.values, scale), 0.5, rtol=1e-5)


def test_a_mean_over_fractions_of_pixels():
    scene = array_scene(np.arange(1, 6, dtype=np.float32)[None, None, :])
    view = RescaledScene(scene, 1, 1.5)
    expected = [(1 + 0.5 * 2) / 1.5, (0.5 * 2 + 3) / 1.5, (4 + 0.5 * 5) / 1.5, 5]
    np.testing.assert_allclose(view.read(view.grid.block).values[0, 0], expected, rtol=1e-6)


def test_finer_cells_are_interpolated_between_centres():
    scene = array_scene(np.array([[[1, 3]]], np.float32))
    view = RescaledScene(scene, 1, 0.5)
    got = view.read(view.grid.block).values[0, 0]
    np.testing.assert_allclose(got, [1, 1.5, 2.5, 3], rtol=1e-6)


@pytest.mark.parametrize("factors", [(3, 2), (1.3, 2.7), (0.4, 0.7), (1, 1)])
def test_nodata_takes_no_part(factors):
    valid = triangle_mask((50, 60))
    values = np.where(valid, 0.25, 1e9)[None]
    view = RescaledScene(array_scene(values, valid), *factors)
    got = view.read(view.grid.block)
    np.testing.assert_allclose(got.values[0, got.valid], 0.25, rtol=1e-5)
    assert (got.values[0, ~got.valid] == 0).all()
    assert 0 < got.valid.mean() < 1


def test_any_contributing_pixel_makes_a_cell_valid():
    valid = np.zeros((6, 6), bool)
    valid[2, 3] = True
    view = RescaledScene(array_scene(np.ones((1, 6, 6)), valid), 3, 3)
    assert view.read(view.grid.block).valid.tolist() == [[False, True], [False, False]]


def test_assumed_spacing_grows_with_the_cells():
    scene = array_scene(np.ones((1, 6, 6)))
    assumed = type(scene)(**{**vars(scene), "assumed_gsd_m": 4.0})
    assert RescaledScene(assumed, 2.5, 2.5).assumed_gsd_m == 10
    assert RescaledScene(scene, 2.5, 2.5).assumed_gsd_m is None


@pytest.mark.parametrize("case", CRS_CASES)
def test_local_grids_hold_the_footprint_at_the_spacing(case):
    grid = grid_of(case)
    local = local_utm_grid(grid, 12.5)
    rows, cols = np.meshgrid(np.linspace(0, 120, 9), np.linspace(0, 150, 9))
    there = from_lonlat(local, *grid.lonlat(rows, cols))
    assert min(t.min() for t in there) >= -1e-6
    assert there[0].max() <= local.height + 1e-6
    assert there[1].max() <= local.width + 1e-6
    for spacing_m in local.sampled_spacing_m():
        np.testing.assert_allclose(spacing_m, 12.5, rtol=0.002)
    assert local.transform.c % 12.5 == local.transform.f % 12.5 == 0


def from_lonlat(grid, lon, lat):
    return grid.rowcol(*grid._to_lonlat.transform(lon, lat, direction="INVERSE"))


def test_local_grids_near_the_poles_are_stereographic():
    for lat, epsg in ((86, 3413), (-86, 3031), (83, 32635), (-70, 32735)):
        grid = GeoGrid(CRS.from_epsg(4326), Affine(1e-3, 0, 25, 0, -1e-4, lat), (50, 60))
        assert local_utm_grid(grid, 10).crs.to_epsg() == epsg


@pytest.mark.parametrize("lon", [179.995, -180.005])
@pytest.mark.parametrize("epsg", [4326, 3395])
def test_across_the_antimeridian(epsg, lon):
    degree = 1 if epsg == 4326 else 6378137 * np.pi / 180
    transform = Affine(1e-4 * degree, 0, lon * degree, 0, -1e-4 * degree, -1 * degree)
    grid = GeoGrid(CRS.from_epsg(epsg), transform, (100, 100))
    local = local_utm_grid(grid, 10)
    assert local.width < 130
    assert local.crs.to_epsg() in (32701, 32760)
    columns = np.broadcast_to(np.arange(1.0, 101), (1, 100, 100))
    view = WarpedScene(array_scene(columns, grid=grid), local)
    got = view.read(local.block)
    assert got.valid.mean() > 0.95
    middle = got.values[0, local.height // 2]
    assert (np.diff(middle[got.valid[local.height // 2]]) > -1e-3).all()


@pytest.mark.parametrize("case", CRS_CASES)
def test_warped_values_are_those_at_their_place(case):
    """A scene of its own pixel coordinates returns them, to a small part of a pixel."""
    grid = grid_of(case)
    rows, cols = np.indices(grid.shape) + 0.5
    scene = array_scene(np.stack([rows, cols]), grid=grid)
    local = local_utm_grid(grid, 7.5 if "polar" not in case else 30.0)
    got = WarpedScene(scene, local).read(local.block)
    at = np.indices(local.shape) + 0.5
    there = from_lonlat(grid, *local.lonlat(*at))
    if case == "antimeridian":
        there = grid.rowcol(*(np.mod(v, 360) if i == 0 else v
                              for i, v in enumerate(local.lonlat(*at))))  # fmt: skip
    inner = got.valid.copy()
    for axis, n in enumerate(grid.shape):
        inner &= (there[axis] > 1) & (there[axis] < n - 1)
    assert inner.sum() > 1000
    np.testing.assert_allclose(got.values[0][inner], there[0][inner], atol=0.02)
    np.testing.assert_allclose(got.values[1][inner], there[1][inner], atol=0.02)
    outside = np.zeros_like(inner)
    for axis, n in enumerate(grid.shape):
        outside |= (there[axis] < -0.6) | (there[axis] > n + 0.6)
    assert not (got.valid & outside).any()


def test_warped_nodata_takes_no_part():
    grid = grid_of("degrees")
    valid = triangle_mask(grid.shape)
    scene = array_scene(np.where(valid, 0.3, 1e9)[None], valid, grid=grid)
    local = local_utm_grid(grid, 25.0)
    got = WarpedScene(scene, local).read(local.block)
    np.testing.assert_allclose(got.values[0, got.valid], 0.3, rtol=1e-4)
    assert 0.3 < got.valid.mean() < 0.95


def test_warped_to_coarser_pixels_averages_power():
    grid = grid_of("utm_north", (200, 200))
    power = np.random.default_rng(1).gamma(1, 1, (1, 200, 200))
    coarse = GeoGrid(grid.crs, grid.transform @ Affine.scale(8), (25, 25))
    got = WarpedScene(array_scene(power, grid=grid), coarse).read(coarse.block)
    blocks = power.reshape(25, 8, 25, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(got.values[0], blocks, rtol=1e-3)


def test_away_from_the_scene_nothing_is_valid():
    grid = grid_of("utm_north", (50, 50))
    far = GeoGrid(grid.crs, grid.transform @ Affine.translation(1000, 0), (20, 20))
    got = WarpedScene(array_scene(np.ones((1, 50, 50)), grid=grid), far).read(far.block)
    assert not got.valid.any()


def test_warped_blocks_equal_the_whole():
    grid = grid_of("degrees", (300, 400))
    db = backscatter_db(grid.shape, 2)
    scene = array_scene(db, triangle_mask(grid.shape), scale="db", grid=grid)
    view = WarpedScene(scene, local_utm_grid(grid, 9.0))
    whole = view.read(view.grid.block)
    for block in (Block(0, 0, 1, 1), Block(13, 100, 77, 130), Block(63, 0, 2, view.grid.width)):
        part = view.read(block)
        np.testing.assert_array_equal(part.values, whole.values[:, *block.slices()])
        np.testing.assert_array_equal(part.valid, whole.valid[block.slices()])
        assert part.grid == view.grid.crop(block)
