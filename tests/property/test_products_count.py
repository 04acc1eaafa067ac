"""No object is lost or counted twice, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from support.products import PLACES, grid_at

from sargeo.errors import UsageError
from sargeo.products.count import COUNT_NODATA, CountGrid

SHAPE = (333, 250)
# Corners, borders between cells of 50 pixels, and anything else.
ROWS = st.one_of(st.sampled_from([0.0, 50.0, 100.0, 333.0]), st.floats(0, 333))
COLS = st.one_of(st.sampled_from([0.0, 50.0, 100.0, 250.0]), st.floats(0, 250))


@pytest.mark.parametrize("place", PLACES)
@given(st.lists(st.tuples(ROWS, COLS), max_size=30), st.floats(1, 5000))
@settings(max_examples=20)
def test_counts_sum_to_the_number_of_objects(
    place: str, points: list[tuple[float, float]], cell_size_m: float
) -> None:
    cells = CountGrid.plan(grid_at(place, SHAPE), cell_size_m)
    counts = cells.count([r for r, _ in points], [c for _, c in points])
    assert counts.dtype == np.uint16
    assert counts.shape == cells.grid.shape
    assert int(counts.sum()) == len(points)


@pytest.mark.parametrize("size", [1e6, 1e19, 1e30, 1e308])
def test_a_cell_wider_than_the_scene_is_all_of_it(size: float) -> None:
    cells = CountGrid.plan(grid_at("utm_north", SHAPE), size)
    cells.add_valid(0, np.ones(SHAPE, bool))
    assert cells.count([0.0, 332.0], [0.0, 249.0]).tolist() == [[2]]


@pytest.mark.parametrize("place", PLACES)
def test_cells_are_whole_pixels_nearest_to_the_size(place: str) -> None:
    grid = grid_at(place, SHAPE)
    cells = CountGrid.plan(grid, 500)
    spacing = [float(np.median(axis)) for axis in grid.sampled_spacing_m()]
    for pixels, metres in zip((cells.rows_per_cell, cells.cols_per_cell), spacing, strict=True):
        assert pixels >= 1
        assert abs(pixels * metres - 500) <= metres / 2 + 1e-6 or pixels == 1
    assert cells.grid.crs == grid.crs
    assert cells.grid.xy(0, 0) == grid.xy(0, 0)
    height, width = cells.grid.shape
    assert 0 <= height * cells.rows_per_cell - grid.height < cells.rows_per_cell
    assert 0 <= width * cells.cols_per_cell - grid.width < cells.cols_per_cell


@given(st.lists(st.integers(1, 120), min_size=1, max_size=4), st.integers(0, 9))
@settings(max_examples=20)
def test_shares_do_not_depend_on_how_rows_arrive(steps: list[int], seed: int) -> None:
    valid = np.random.default_rng(seed).random(SHAPE) < 0.4
    whole = CountGrid.plan(grid_at("utm_north", SHAPE), 500)
    whole.add_valid(0, valid)
    cut = CountGrid.plan(grid_at("utm_north", SHAPE), 500)
    row, i = 0, 0
    while row < SHAPE[0]:
        cut.add_valid(row, valid[row : row + steps[i % len(steps)]])
        row, i = row + steps[i % len(steps)], i + 1
    np.testing.assert_array_equal(cut.valid_share(), whole.valid_share())


def test_written_counts_tell_none_from_unseen(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (120, 90))
    cells = CountGrid.plan(grid, 500)
    assert (cells.rows_per_cell, cells.cols_per_cell) == (50, 50)
    valid = np.zeros(grid.shape, dtype=bool)
    valid[:50, :50] = True
    valid[100:, 50:] = True
    valid[60, 60] = True
    cells.add_valid(0, valid)
    # One object lies in a cell that was never seen: it still counts.
    cells.write(tmp_path / "c.tif", [10, 110, 119.9], [10, 10, 90], {"model": "tiny"})
    with rasterio.open(tmp_path / "c.tif") as dataset:
        objects, share = dataset.read()
        tags = dataset.tags()
        assert dataset.overviews(1) == []
        assert (dataset.nodata, dataset.dtypes) == (COUNT_NODATA, ("uint16", "uint16"))
    np.testing.assert_array_equal(objects, [[1, COUNT_NODATA], [COUNT_NODATA, 0], [1, 1]])
    # Relative to the cell's pixels inside the scene; seen at all is at least 1.
    np.testing.assert_array_equal(share, [[1000, 0], [0, 1], [0, 1000]])
    assert (tags["cell_rows_px"], tags["model"]) == ("50", "tiny")
    assert float(tags["cell_height_m"]) == pytest.approx(500, rel=2e-3)


def test_a_cell_refuses_more_than_it_can_tell() -> None:
    cells = CountGrid.plan(grid_at("utm_north", (10, 10)), 500)
    assert cells.count(np.zeros(65534), np.zeros(65534)).item() == 65534
    with pytest.raises(UsageError, match="smaller cell"):
        cells.count(np.zeros(65535), np.zeros(65535))


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf")])
def test_a_cell_needs_a_size(size: float) -> None:
    with pytest.raises(UsageError, match="cell size"):
        CountGrid.plan(grid_at("utm_north", (10, 10)), size)


@pytest.mark.parametrize("place", [0.0, 0.4, 0.6, 0.99, 1.0, 1.4, 1.6, 2.5])
def test_an_object_is_counted_in_the_cell_that_it_lies_in(place: float, tmp_path: Path) -> None:
    """Not in the cell whose number is nearest: one object, the raster to the last cell."""
    grid = grid_at("utm_north", (150, 100))
    cells = CountGrid.plan(grid, 500)
    cells.add_valid(0, np.ones(grid.shape, dtype=bool))
    path = tmp_path / "count.tif"
    cells.write(path, [place * cells.rows_per_cell], [0.6 * cells.cols_per_cell], {})
    expected = np.zeros((3, 2), np.uint16)
    expected[int(place), 0] = 1
    with rasterio.open(path) as count:
        np.testing.assert_array_equal(count.read(1), expected)
