"""Figures of merit of land cover, from counts that add up over tiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from sargeo.legend import LAND_COVER
from sargeo_training.crops.targets import PARTIAL_NOT_WATER, WATER_INDEX
from sargeo_training.evaluation.scoring import ScoredTile

_CLASSES = len(LAND_COVER)
_BINS = 15

Counts = NDArray[np.int64]


def confusion(tile: ScoredTile) -> Counts:
    """Count cells by truth and answer.

    Returns
    -------
    ndarray of int64, shape (K + 1, K)
        Rows are the true classes, then cells known only not to be water; columns the answers.
    """
    true = np.where(tile.classes == PARTIAL_NOT_WATER, _CLASSES, tile.classes)
    pairs = true * _CLASSES + tile.logits.argmax(1)
    return np.bincount(pairs, minlength=(_CLASSES + 1) * _CLASSES).reshape(-1, _CLASSES)


def class_ious(matrix: Counts) -> dict[str, float]:
    """Return intersection over union of each class that occurs in the truth."""
    exact = matrix[:_CLASSES]
    hits = np.diag(exact)
    unions = exact.sum(0) + exact.sum(1) - hits
    present = exact.sum(1) > 0
    return {
        c.name: float(h / u)
        for c, h, u, p in zip(LAND_COVER, hits, unions, present, strict=True)
        if p
    }


def mean_iou(matrix: Counts) -> float:
    """Return the mean intersection over union of the classes that occur in the truth."""
    ious = class_ious(matrix)
    return sum(ious.values()) / len(ious) if ious else float("nan")


def water_iou(matrix: Counts) -> float:
    """Return intersection over union of water, where all else counts as not water."""
    hits = matrix[WATER_INDEX, WATER_INDEX]
    union = matrix[WATER_INDEX].sum() + matrix[:, WATER_INDEX].sum() - hits
    return float(hits / union) if union else float("nan")


def accuracy(matrix: Counts) -> float:
    """Return the share of cells of known class that got it."""
    exact = matrix[:_CLASSES]
    return float(np.trace(exact) / exact.sum()) if exact.sum() else float("nan")


def calibration_bins(tile: ScoredTile, temperature: float) -> NDArray[np.float64]:
    """Sum up confidence and truth of the class shown, by confidence.

    Returns
    -------
    ndarray, shape (2, bins)
        Sum of confidence less sum of right answers, and number of cells, in each bin.
    """
    exact = tile.classes >= 0
    probability = softmax(tile.logits[exact] / temperature, axis=1)
    shown, right = probability.max(1), probability.argmax(1) == tile.classes[exact]
    bins = np.minimum((shown * _BINS).astype(int), _BINS - 1)
    return np.stack([np.bincount(bins, w, _BINS) for w in (shown - right, np.ones(len(bins)))])


def calibration_error(bins: NDArray[np.float64]) -> float:
    """Return the expected calibration error (Guo et al. 2017) of summed `calibration_bins`."""
    gaps, counts = bins
    return float(np.abs(gaps).sum() / counts.sum()) if counts.sum() else float("nan")
