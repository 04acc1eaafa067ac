"""Figures of merit agree with cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from sargeo_training.evaluate import ScoredTile
from sargeo_training.metrics import (
    average_precision,
    best_threshold,
    calibration_error,
    class_ious,
    confusion,
    detection_scores,
    fit_temperature,
    match,
    water_iou,
)
from sargeo_training.report import as_markdown, make_report
from sargeo_training.targets import PARTIAL_NOT_WATER, WATER_INDEX

NAN = float("nan")


def tile(
    *,
    said: list[int] | None = None,
    true: list[int] | None = None,
    ships: list[tuple[float, ...]] | None = None,
    found: list[tuple[float, ...]] | None = None,
    logits: np.ndarray | None = None,
) -> ScoredTile:
    chosen = np.eye(5, dtype=np.float32)[said or []] * 9
    return ScoredTile(
        source="s",
        logits=chosen if logits is None else logits,
        classes=np.array(true or [], dtype=np.int64),
        searched=ships is not None,
        ships=np.array(ships or [], dtype=np.float32).reshape(-1, 5),
        found=np.array(found or [], dtype=np.float32).reshape(-1, 6),
    )


def test_confusion_and_ious_by_hand() -> None:
    matrix = confusion([tile(said=[0, 0, 1], true=[0, 1, 1]), tile(said=[4], true=[4])])
    assert matrix.sum() == 4
    assert (matrix[0, 0], matrix[1, 0], matrix[1, 1], matrix[4, 4]) == (1, 1, 1, 1)
    assert class_ious(matrix) == {"trees": 0.5, "low vegetation": 0.5, "open water": 1.0}


def test_partial_labels_count_for_water_only() -> None:
    tiles = [tile(said=[WATER_INDEX, 0, WATER_INDEX], true=[WATER_INDEX, 0, PARTIAL_NOT_WATER])]
    assert confusion(tiles).sum() == 2
    assert water_iou(tiles) == 0.5


def test_calibrated_answers_have_no_calibration_error() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (40_000, 5)).astype(np.float32)
    drawn = (softmax(logits, axis=1).cumsum(1) < rng.random((len(logits), 1))).sum(1).clip(max=4)
    honest = tile(logits=logits, true=drawn.tolist())
    assert calibration_error([honest], 1.0) < 0.02
    boasting = tile(logits=logits * 3, true=drawn.tolist())
    assert calibration_error([boasting], 1.0) > 0.1
    assert fit_temperature([[boasting]]) == pytest.approx(3.0, rel=0.1)


def test_one_detection_hits_one_ship() -> None:
    found = [(10, 10, 8, 8, 8, 0.9), (11, 10, 8, 8, 8, 0.8), (50, 50, 8, 8, 8, 0.7)]
    scored = tile(ships=[(10, 12, 8, 8, 8), (90, 90, 8, 8, 8)], found=found)
    assert match(scored, 0.5) == (1, 2, 1)
    assert match(scored, 0.85) == (1, 0, 1)


def test_reach_grows_with_length_and_has_a_floor() -> None:
    long, short, unmeasured = ((50, 50, 40, 8, 40), (50, 50, 4, 4, 4), (50, 50, NAN, NAN, NAN))
    far, near = (65, 50, 40, 8, 40, 0.9), (55, 50, 4, 4, 4, 0.9)
    assert match(tile(ships=[long], found=[far]), 0.5)[0] == 1
    assert match(tile(ships=[short], found=[far]), 0.5)[0] == 0
    assert match(tile(ships=[short], found=[near]), 0.5)[0] == 1
    assert match(tile(ships=[unmeasured], found=[near]), 0.5)[0] == 1


def test_scores_and_counts_by_hand() -> None:
    tiles = [
        tile(ships=[(10, 10, 8, 8, 8)], found=[(10, 10, 8, 8, 8, 0.9)]),
        tile(ships=[(10, 10, 8, 8, 8)], found=[]),
        tile(ships=[], found=[(10, 10, 8, 8, 8, 0.9)] * 2),
    ]
    scores = detection_scores(tiles, 0.5)
    assert scores["precision"] == pytest.approx(1 / 3)
    assert scores["recall"] == 0.5
    assert scores["f1"] == pytest.approx(0.4)
    assert scores["count_mae"] == 1.0


def test_threshold_separates_good_from_bad() -> None:
    tiles = [
        tile(
            ships=[(10, 10, 8, 8, 8)],
            found=[(10, 10, 8, 8, 8, 0.7), (60, 60, 8, 8, 8, 0.4)],
        )
    ]
    assert 0.4 < best_threshold([tiles]) <= 0.7


def test_average_precision_by_hand() -> None:
    box = (10, 10, 8, 8, 8)
    perfect = tile(ships=[box], found=[(*box, 0.9)])
    assert average_precision([perfect]) == pytest.approx(1.0)
    shifted = tile(ships=[box], found=[(15, 10, 8, 8, 8, 0.9)])
    assert average_precision([shifted]) == 0
    late = tile(ships=[box], found=[(60, 60, 8, 8, 8, 0.9), (*box, 0.5)])
    assert average_precision([late]) == pytest.approx(0.5)


def test_report_measures_on_tiles_it_did_not_calibrate_on() -> None:
    box = (10, 10, 8, 8, 8)
    good = tile(said=[0, 4], true=[0, 4], ships=[box], found=[(*box, 0.6)])
    missed = tile(said=[0, 4], true=[0, 4], ships=[box], found=[])
    report = make_report([good, missed])
    (ships,) = report.ships
    assert (ships.tiles, ships.ships, ships.recall) == (1, 1, 0.0)
    (cover,) = report.landcover
    assert (cover.tiles, cover.cells, cover.mean_iou) == (2, 4, 1.0)
    assert "| s | 1 | 1 |" in as_markdown(report)
