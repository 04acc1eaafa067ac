"""Figures of merit of land cover agree with cases that can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import softmax
from support.tiles import tile

from sargeo_training.crops.targets import PARTIAL_NOT_WATER, WATER_INDEX
from sargeo_training.evaluation.landcover_metrics import (
    accuracy,
    calibration_bins,
    calibration_error,
    confusion,
    mean_iou,
    present_ious,
    water_iou,
)


def test_confusion_and_ious_by_hand() -> None:
    matrix = confusion(tile(said=[0, 0, 1, 4], true=[0, 1, 1, 4]))
    assert matrix.sum() == 4
    assert (matrix[0, 0], matrix[0, 1], matrix[1, 1], matrix[4, 4]) == (1, 1, 1, 1)
    assert present_ious(matrix) == {"trees": 0.5, "low vegetation": 0.5, "open water": 1.0}
    assert mean_iou(matrix) == pytest.approx(2 / 3)
    assert accuracy(matrix) == 0.75


def test_partial_labels_count_for_water_only() -> None:
    matrix = confusion(
        tile(said=[WATER_INDEX, 0, WATER_INDEX], true=[WATER_INDEX, 0, PARTIAL_NOT_WATER])
    )
    assert accuracy(matrix) == 1.0
    assert water_iou(matrix) == 0.5


def test_without_truth_there_is_no_figure() -> None:
    nothing = confusion(tile())
    assert all(math.isnan(f(nothing)) for f in (mean_iou, water_iou, accuracy))
    assert math.isnan(calibration_error(calibration_bins(tile(), 1.0)))


def test_calibrated_answers_have_no_calibration_error() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (40_000, 5)).astype(np.float32)
    drawn = (softmax(logits, axis=1).cumsum(1) < rng.random((len(logits), 1))).sum(1).clip(max=4)
    honest = tile(logits=logits, true=drawn.tolist())
    assert calibration_error(calibration_bins(honest, 1.0)) < 0.02
    boasting = tile(logits=logits * 3, true=drawn.tolist())
    assert calibration_error(calibration_bins(boasting, 1.0)) > 0.1
    assert calibration_error(calibration_bins(boasting, 3.0)) < 0.02
