"""The quicklook averages in power, over whole cells and valid pixels only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.webmap import ArrayScene, grid_of_case

from sargeo.scene.bands import Band
from sargeo.webmap import quicklook
from sargeo.webmap.quicklook import read_quicklook


def scene_of(values: np.ndarray, valid: np.ndarray | None = None) -> ArrayScene:
    grid = grid_of_case("utm_north", values.shape)
    valid = np.ones(values.shape, bool) if valid is None else valid
    return ArrayScene(grid, values.astype(np.float32), valid)


def test_decibels_are_averaged_in_power() -> None:
    # Left cells hold 0 dB and -60 dB (half the power of 0 dB), right ones -3.01 dB throughout.
    db = np.full((8, 8), -3.0103)
    db[:, :4:2], db[:, 1:4:2] = 0.0, -60.0
    db[0, 7], db[7, 7] = -90, 30  # something to stretch between
    scene = replace(scene_of(db), bands=(Band("VV", "sigma0", "db"),))
    grey = read_quicklook(scene, 2).values
    assert grey.shape == (4, 4)
    np.testing.assert_array_equal(grey[:, 0], grey[1, 2])


def test_cells_hold_their_valid_pixels_and_reach_the_far_edges() -> None:
    values = np.add.outer(np.zeros(10), np.arange(11.0)) + 1
    valid = np.ones(values.shape, bool)
    valid[0:4, 0:4] = False
    valid[4:8, 4] = False
    coarse = read_quicklook(scene_of(values, valid), 4)
    assert coarse.values.shape == (3, 3)
    assert coarse.values[0, 0] == coarse.nodata
    assert (coarse.values[1:] > 0).all()
    assert (np.diff(coarse.values[2].astype(int)) > 0).all()


def test_of_large_scenes_some_rows_of_each_cell_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quicklook, "MAX_PIXELS_READ", 100 * 50 / 4)
    scene = scene_of(np.add.outer(np.arange(100.0), np.zeros(50)) + 1)
    rows = []
    read = ArrayScene.read

    def spy(self: ArrayScene, block):
        rows.extend(range(block.row, block.row_stop))
        return read(self, block)

    monkeypatch.setattr(ArrayScene, "read", spy)
    grey = read_quicklook(scene, 8).values
    assert len(rows) == len(set(rows)) == pytest.approx(100 / 4, abs=2)
    assert grey.shape == (13, 7)
    assert (np.diff(grey[:, 0].astype(int)) > 0).all()


def test_a_scene_of_one_value_and_one_without_any() -> None:
    assert (read_quicklook(scene_of(np.ones((5, 5))), 2).values > 0).all()
    nothing = scene_of(np.ones((5, 5)), np.zeros((5, 5), bool))
    assert (read_quicklook(nothing, 2).values == 0).all()
