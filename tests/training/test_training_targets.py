"""Targets say where ships are, and admit what is not known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sargeo.legend import LAND_COVER_CODES, OPEN_WATER, TREES
from sargeo_training.crops.targets import (
    IGNORE,
    PARTIAL_NOT_WATER,
    WATER_INDEX,
    cell_classes,
    make_targets,
)
from sargeo_training.images import NO_SHIPS, NOT_WATER, UNKNOWN

SIZE = 64
ON = np.ones((SIZE, SIZE), dtype=bool)
BLANK = np.zeros((SIZE, SIZE), dtype=np.uint8)


def ship_table(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, dtype=np.float32).reshape(-1, 5)


@given(row=st.floats(0, SIZE - 0.01), col=st.floats(0, SIZE - 0.01))
def test_cell_and_offset_give_back_the_centre(row: float, col: float) -> None:
    targets = make_targets(BLANK, ON, ON, ship_table((row, col, 8, 12, 13)))
    cells = np.argwhere(targets.centre)
    assert len(cells) == 1
    there = (cells[0] + targets.offset[:, *cells[0]]) * 4
    assert there == pytest.approx(np.float32([row, col]), abs=1e-4)
    assert np.exp(targets.size[:, *cells[0]]) == pytest.approx([8, 12, 13], rel=1e-5)


def test_heat_is_one_at_the_centre_and_falls_off() -> None:
    heat = make_targets(BLANK, ON, ON, ship_table((34, 34, 40, 40, 40))).heat
    assert heat.max() == heat[8, 8] == 1
    assert 1 > heat[8, 9] > heat[8, 10] > heat[8, 11]
    assert heat[8, 9] == heat[9, 8]


def test_longer_ships_have_wider_bumps() -> None:
    short, long = (
        make_targets(BLANK, ON, ON, ship_table((34, 34, s, s, s))).heat.sum() for s in (6, 60)
    )
    assert long > 2 * short


def test_unmeasured_ship_has_a_centre_but_no_size() -> None:
    nan = float("nan")
    targets = make_targets(BLANK, ON, ON, ship_table((10, 10, nan, nan, nan)))
    assert targets.centre.sum() == 1
    assert np.isnan(targets.size[:, targets.centre]).all()
    assert np.isfinite(targets.heat).all()


def test_ship_on_invalid_ground_is_neither_a_ship_nor_searched() -> None:
    valid = ON.copy()
    valid[:, :32] = False
    targets = make_targets(BLANK, valid, ON, ship_table((10, 10, 8, 8, 8), (10, 50, 8, 8, 8)))
    assert np.argwhere(targets.centre).tolist() == [[2, 12]]
    assert not targets.searched[:, :8].any()
    assert targets.searched[:, 8:].all()


def test_size_is_told_to_the_cells_about_a_centre_and_to_no_other() -> None:
    targets = make_targets(BLANK, ON, ON, ship_table((34, 34, 24, 24, 24)))
    told = np.isfinite(targets.size).all(axis=0)
    assert told.sum() > 1
    assert (told == (targets.heat >= 0.3)).all()
    assert np.exp(targets.size[:, told]) == pytest.approx(24)


def test_cells_between_ships_belong_to_the_nearer() -> None:
    targets = make_targets(BLANK, ON, ON, ship_table((34, 22, 8, 8, 8), (34, 34, 16, 16, 16)))
    assert np.exp(targets.size[0, 8, 5:9]) == pytest.approx([8, 8, 16, 16])


def test_elongated_ships_have_elongated_bumps() -> None:
    heat = make_targets(BLANK, ON, ON, ship_table((34, 34, 8, 60, 60))).heat
    assert heat[8, 11] > heat[11, 8]


def test_land_holds_no_ship_even_if_nobody_searched_it() -> None:
    labels = BLANK.copy()
    labels[:, :32] = TREES.code
    labels[:, 32:48] = OPEN_WATER.code
    targets = make_targets(labels, ON, np.zeros_like(ON), NO_SHIPS)
    assert targets.searched[:, :8].all()
    assert not targets.searched[:, 8:].any()


def test_unsearched_ground_is_not_a_negative() -> None:
    targets = make_targets(BLANK, ON, np.zeros_like(ON), NO_SHIPS)
    assert not targets.searched.any()


def test_cells_take_the_label_of_half_their_pixels() -> None:
    labels = np.full((4, 16), UNKNOWN, dtype=np.uint8)
    labels[:, 0:4] = TREES.code
    labels[:2, 4:8] = OPEN_WATER.code
    labels[:1, 8:12] = OPEN_WATER.code
    labels[:, 12:16] = NOT_WATER
    trees = LAND_COVER_CODES.index(TREES.code)
    assert cell_classes(labels).tolist() == [[trees, WATER_INDEX, IGNORE, PARTIAL_NOT_WATER]]


def test_labels_on_invalid_ground_are_ignored() -> None:
    labels = np.full((SIZE, SIZE), TREES.code, dtype=np.uint8)
    targets = make_targets(labels, np.zeros_like(ON), ON, NO_SHIPS)
    assert (targets.landcover == IGNORE).all()
