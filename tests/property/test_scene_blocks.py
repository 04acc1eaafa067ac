"""What is read never depends on how it is cut into blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.rasters import backscatter_db, triangle_mask, write_scene
from support.scenes import array_scene

from sargeo.geo.grid import Block
from sargeo.scene.geotiff import GeoTiffScene
from sargeo.scene.resample import RescaledScene

FEW = settings(deadline=None, max_examples=30)
FACTOR = st.floats(0.3, 6)


@st.composite
def blocks(draw, shape):
    row, col = (draw(st.integers(0, n - 1)) for n in shape)
    return Block(
        row, col, draw(st.integers(1, shape[0] - row)), draw(st.integers(1, shape[1] - col))
    )


@pytest.fixture(scope="module", params=["nan", "alpha", "zero_border"])
def made(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("scene") / "x.tif"
    options = {"tiled": True, "blockxsize": 32, "blockysize": 16, "compress": "lzw"}
    return write_scene(path, nodata_kind=request.param, shape=(70, 90), **options)


@FEW
@given(block=blocks((70, 90)))
def test_blocks_of_a_file_equal_the_whole(made, block):
    with GeoTiffScene(made.path) as scene:
        raster = scene.read(block)
    np.testing.assert_array_equal(raster.values, made.values[:, *block.slices()])
    np.testing.assert_array_equal(raster.valid, made.valid[block.slices()])


@FEW
@given(row_factor=FACTOR, col_factor=FACTOR, data=st.data())
def test_blocks_of_a_rescaled_scene_equal_the_whole(row_factor, col_factor, data):
    values = backscatter_db((40, 50), 2, seed=3)
    scene = array_scene(values, triangle_mask((40, 50)), scale="db")
    view = RescaledScene(scene, row_factor, col_factor)
    whole = view.read(view.grid.block)
    block = data.draw(blocks(view.grid.shape))
    part = view.read(block)
    np.testing.assert_array_equal(part.values, whole.values[:, *block.slices()])
    np.testing.assert_array_equal(part.valid, whole.valid[block.slices()])
    assert part.grid == view.grid.crop(block)


@FEW
@given(row_factor=FACTOR, col_factor=FACTOR, power=st.floats(1e-4, 10))
def test_constant_power_stays_constant(row_factor, col_factor, power):
    valid = triangle_mask((40, 50))
    scene = array_scene(np.where(valid, power, 7e7)[None], valid)
    view = RescaledScene(scene, row_factor, col_factor)
    got = view.read(view.grid.block)
    assert got.valid.any()
    np.testing.assert_allclose(got.values[0][got.valid], power, rtol=1e-5)


@FEW
@given(row_factor=st.integers(1, 5), col_factor=st.integers(1, 5))
def test_whole_factors_keep_the_mean_power(row_factor, col_factor):
    power = np.random.default_rng(5).gamma(1, 1, (1, 60, 60)).astype(np.float32)
    view = RescaledScene(array_scene(power), row_factor, col_factor)
    got = view.read(view.grid.block).values
    assert got.shape[1:] == (-(-60 // row_factor), -(-60 // col_factor))
    if 60 % row_factor == 60 % col_factor == 0:
        assert got.mean() == pytest.approx(power.mean(), rel=1e-5)
