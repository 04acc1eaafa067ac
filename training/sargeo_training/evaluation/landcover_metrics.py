"""Figures of merit of land cover, from counts that add up over tiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from sargeo.evaluation.confusion import Counts, class_ious, overall_accuracy, share
from sargeo.legend import LAND_COVER
from sargeo_training.crops.targets import PARTIAL_NOT_WATER, WATER_INDEX
from sargeo_training.evaluation.scoring import ScoredTile

_CLASSES = len(LAND_COVER)
_BINS = 15


def confusion(tile: ScoredTile) -> Counts:
    """Count cells by answer and truth.

    Returns
    -------
    ndarray of int64, shape (K, K + 1)
        Rows are the answers; columns the true classes, then cells known only not to be water.
    """
    true = np.where(tile.classes == PARTIAL_NOT_WATER, _CLASSES, tile.classes)
    pairs = tile.logits.argmax(1) * (_CLASSES + 1) + true
    return np.bincount(pairs, minlength=_CLASSES * (_CLASSES + 1)).reshape(_CLASSES, -1)


def present_ious(matrix: Counts) -> dict[str, float]:
    """Return intersection over union of each class that occurs in the truth."""
    ious = zip(LAND_COVER, class_ious(_exact(matrix)), strict=True)
    return {c.name: float(iou) for c, iou in ious if not np.isnan(iou)}


def mean_iou(matrix: Counts) -> float:
    """Return the mean intersection over union of the classes that occur in the truth."""
    ious = present_ious(matrix)
    return sum(ious.values()) / len(ious) if ious else float("nan")


def water_iou(matrix: Counts) -> float:
    """Return intersection over union of water, where all else counts as not water."""
    hits = matrix[WATER_INDEX, WATER_INDEX]
    return share(hits, matrix[WATER_INDEX].sum() + matrix[:, WATER_INDEX].sum() - hits)


def accuracy(matrix: Counts) -> float:
    """Return the share of cells of known class that got it."""
    return overall_accuracy(_exact(matrix))


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
    return share(np.abs(gaps).sum(), counts.sum())


def _exact(matrix: Counts) -> Counts:
    """Leave out the cells that are only known not to be water."""
    return matrix[:, :_CLASSES]
