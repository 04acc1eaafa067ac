"""Figures of merit of ships agree with cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from support.tiles import tile

from sargeo.evaluation.matching import ObjectCounts
from sargeo_training.evaluation.ship_metrics import (
    average_precision,
    count_mae,
    ranked,
    tally,
    total,
)

NAN = float("nan")
BOX = (10, 10, 8, 8, 8)


def test_one_detection_hits_one_ship() -> None:
    found = [(10, 10, 8, 8, 8, 0.9), (11, 10, 8, 8, 8, 0.8), (50, 50, 8, 8, 8, 0.7)]
    scored = tile(ships=[(10, 12, 8, 8, 8), (90, 90, 8, 8, 8)], found=found)
    assert tally(scored, 0.5) == ObjectCounts(matched=1, wrong=2, missed=1)
    assert tally(scored, 0.85) == ObjectCounts(matched=1, wrong=0, missed=1)


def test_reach_grows_with_length_and_has_a_floor() -> None:
    long, short, unmeasured = ((50, 50, 40, 8, 40), (50, 50, 4, 4, 4), (50, 50, NAN, NAN, NAN))
    far, near = (65, 50, 40, 8, 40, 0.9), (55, 50, 4, 4, 4, 0.9)
    assert tally(tile(ships=[long], found=[far]), 0.5).matched == 1
    assert tally(tile(ships=[short], found=[far]), 0.5).matched == 0
    assert tally(tile(ships=[short], found=[near]), 0.5).matched == 1
    assert tally(tile(ships=[unmeasured], found=[near]), 0.5).matched == 1


def test_scores_and_counts_by_hand() -> None:
    tiles = [
        tile(ships=[BOX], found=[(*BOX, 0.9)]),
        tile(ships=[BOX], found=[]),
        tile(ships=[], found=[(*BOX, 0.9)] * 2),
    ]
    tallies = [tally(t, 0.5) for t in tiles]
    assert total(tallies).precision == pytest.approx(1 / 3)
    assert total(tallies).recall == 0.5
    assert total(tallies).f1 == pytest.approx(0.4)
    assert count_mae(tallies) == 1.0


def test_average_precision_by_hand() -> None:
    perfect = tile(ships=[BOX], found=[(*BOX, 0.9)])
    assert average_precision([ranked(perfect)]) == pytest.approx(1.0)
    shifted = tile(ships=[BOX], found=[(15, 10, 8, 8, 8, 0.9)])
    assert average_precision([ranked(shifted)]) == 0
    late = tile(ships=[BOX], found=[(60, 60, 8, 8, 8, 0.9), (*BOX, 0.5)])
    assert average_precision([ranked(late)]) == pytest.approx(0.5)


def test_without_ships_there_is_no_figure() -> None:
    nothing = total([tally(tile(ships=[], found=[]), 0.5)])
    assert np.isnan([nothing.precision, nothing.recall, nothing.f1]).all()
    assert np.isnan(average_precision([ranked(tile(ships=[], found=[(*BOX, 0.9)]))]))


def test_f1_at_a_threshold_is_a_point_of_the_curve_of_average_precision() -> None:
    """Less confident detections never change what becomes of more confident ones."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        found = np.column_stack(
            [rng.uniform(0, 60, (25, 2)), np.full((25, 3), 8), np.sort(rng.random(25))[::-1]]
        )
        crowded = tile(
            ships=[(*p, 8, 8, 8) for p in rng.uniform(0, 60, (12, 2))], found=found.tolist()
        )
        hits = [tally(crowded, c).matched for c in crowded.found[:, 5]]
        assert set(np.diff([0, *hits])) <= {0, 1}


def test_ships_of_another_size_are_neither_right_nor_wrong() -> None:
    small, large = (10, 10, 8, 8, 8), (60, 60, 30, 30, 30)
    found = [(*large, 0.9), (*small, 0.8), (100, 100, 40, 40, 40, 0.7), (90, 20, 6, 6, 6, 0.6)]
    both = tile(ships=[small, large], found=found)
    few = ranked(both, sides_px=(0, 16))
    assert few.ships == 1
    assert few.hit.tolist() == [True, False]
    assert few.confidence == pytest.approx(np.float32([0.8, 0.6]))


def test_a_place_takes_its_own_ships_and_detections() -> None:
    scored = tile(ships=[BOX], found=[(*BOX, 0.9)], place="inshore", km2=2.0)
    assert tally(scored.at("inshore"), 0.5) == ObjectCounts(1, 0, 0)
    assert scored.at("inshore").searched
    assert tally(scored.at("land"), 0.5) == ObjectCounts()
    assert not scored.at("land").searched
