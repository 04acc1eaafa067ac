"""What is nodata: whatever numbers a file holds, no cut into blocks changes what is measured."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fuzzing import fuzz
from support.odd_rasters import odd_values
from support.rasters import write_raster

from sargeo.errors import InputError
from sargeo.geo.grid import Block
from sargeo.scene.open import open_scene

pytestmark = pytest.mark.slow

SHAPES = st.sampled_from(
    [(1, 40, 50), (2, 90, 70), (1, 7, 200), (2, 200, 7), (1, 1, 90), (1, 150, 160)]
)


_OF_FLOATS = (-9999.0, float("nan"))
"""Nodata values that not all integers hold."""


@st.composite
def blocks(draw: st.DrawFn, rows: int, cols: int) -> Block:
    row, col = draw(st.integers(0, rows - 1)), draw(st.integers(0, cols - 1))
    return Block(row, col, draw(st.integers(1, rows - row)), draw(st.integers(1, cols - col)))


@fuzz(100)
@given(
    data=st.data(), shape=SHAPES, dtype=st.sampled_from(["float32", "float64", "int16", "uint8"])
)
def test_every_valid_pixel_is_finite_wherever_blocks_are_cut(data, shape, dtype):
    with np.errstate(all="ignore"):
        values = odd_values(data.draw, shape).astype(dtype)
    nodata = data.draw(
        st.sampled_from([None, None, 0.0, 1.0, *_OF_FLOATS[: 2 * (dtype[0] == "f")]])
    )
    with tempfile.TemporaryDirectory() as folder:
        path = write_raster(
            Path(folder, "x.tif"),
            values,
            nodata=nodata,
            descriptions=["VV", "VH"][: shape[0]],
        )
        try:
            scene = open_scene(path)
        except InputError:
            return
        with scene:
            whole = scene.read(scene.grid.block)
            assert np.isfinite(whole.values).all()
            assert not whole.values[:, ~whole.valid].any()
            assert whole.valid.any()
            for _ in range(4):
                block = data.draw(blocks(*shape[1:]))
                part = scene.read(block)
                np.testing.assert_array_equal(part.values, whole.values[:, *block.slices()])
                np.testing.assert_array_equal(part.valid, whole.valid[block.slices()])
