"""Validation chooses weights, temperature and least confidence sensibly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from support.tiles import tile

from sargeo_training.evaluation.calibration import best_threshold, fit_temperature, validation_score

BOX = (10, 10, 8, 8, 8)
NAN = float("nan")


def test_temperature_makes_boasting_honest() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 5)).astype(np.float32)
    drawn = (softmax(logits, axis=1).cumsum(1) < rng.random((len(logits), 1))).sum(1).clip(max=4)
    boasting = tile(logits=logits * 3, true=drawn.tolist())
    assert fit_temperature([boasting]) == pytest.approx(3.0, rel=0.1)


def test_threshold_separates_good_from_bad() -> None:
    found = [(10, 10, 8, 8, 8, 0.7), (60, 60, 8, 8, 8, 0.4)]
    assert 0.4 < best_threshold([tile(ships=[BOX], found=found)]) <= 0.7


def test_false_ships_on_land_raise_the_threshold() -> None:
    ship = tile(ships=[BOX, (60, 60, 8, 8, 8)], found=[(*BOX, 0.7), (60, 60, 8, 8, 8, 0.3)])
    land = tile(ships=[], found=[(k, 50, 8, 8, 8, 0.4) for k in range(0, 100, 20)])
    assert best_threshold([ship]) <= 0.3
    assert best_threshold([ship, land]) > 0.4


def test_better_answers_score_higher() -> None:
    good = tile(said=[0, 4], true=[0, 4], ships=[BOX], found=[(*BOX, 0.6)])
    blind = tile(said=[0, 4], true=[0, 4], ships=[BOX], found=[])
    wrong = tile(said=[4, 4], true=[0, 4], ships=[BOX], found=[(*BOX, 0.6)])
    assert validation_score([good]) == pytest.approx(1.0)
    assert validation_score([good]) > validation_score([wrong]) > 0
    assert validation_score([good]) > validation_score([blind]) > 0


def test_ships_without_boxes_are_scored_by_their_centres() -> None:
    unmeasured = tile(ships=[(10, 10, NAN, NAN, NAN)], found=[(*BOX, 0.6)])
    assert validation_score([unmeasured]) == pytest.approx(1.0)
