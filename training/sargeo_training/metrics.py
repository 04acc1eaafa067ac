"""Figures of merit of scored tiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax

from sargeo.legend import LAND_COVER
from sargeo_training.evaluate import ScoredTile
from sargeo_training.targets import PARTIAL_NOT_WATER, WATER_INDEX

Float32Array = NDArray[np.float32]

_CLASSES = len(LAND_COVER)
_NEAR_PX = 6.0
_BINS = 15
_THRESHOLDS = np.arange(0.1, 0.81, 0.02)


def validation_score(tiles: Sequence[ScoredTile]) -> float:
    """Return how good a network is in one number, 0 to 1, to choose between its weights.

    Half of it is the overlap of land-cover classes (of water, where only that is known), half is
    the average precision of ships' boxes (F1 at the best threshold, where none was measured), each
    averaged over the sources.
    """
    sources = [[t for t in tiles if t.source == name] for name in {t.source: None for t in tiles}]
    cover = [_cover_score(ts) for ts in sources if any(len(t.classes) for t in ts)]
    ships = [_ship_score(ts) for ts in sources if any(len(t.ships) for t in ts)]
    return float(np.mean([np.mean(scores) for scores in (cover, ships) if scores]))


def _cover_score(tiles: Sequence[ScoredTile]) -> float:
    labelled = [t for t in tiles if len(t.classes)]
    ious = list(class_ious(confusion(labelled)).values())
    return float(np.mean(ious)) if len(ious) > 1 else water_iou(labelled)


def _ship_score(tiles: Sequence[ScoredTile]) -> float:
    searched = [t for t in tiles if t.searched]
    if all(np.isfinite(t.ships).all() for t in searched):
        return average_precision(searched)
    return detection_scores(searched, best_threshold([searched]))["f1"]


def confusion(tiles: Sequence[ScoredTile]) -> NDArray[np.int64]:
    """Count cells by true class (rows) and predicted class, shape (K, K)."""
    logits, classes = _stacked(tiles)
    exact = classes >= 0
    pairs = classes[exact] * _CLASSES + logits[exact].argmax(1)
    return np.bincount(pairs, minlength=_CLASSES**2).reshape(_CLASSES, _CLASSES)


def class_ious(matrix: NDArray[np.int64]) -> dict[str, float]:
    """Return intersection over union of each class that occurs in the truth."""
    hits = np.diag(matrix)
    unions = matrix.sum(0) + matrix.sum(1) - hits
    present = matrix.sum(1) > 0
    return {
        c.name: float(h / u)
        for c, h, u, p in zip(LAND_COVER, hits, unions, present, strict=True)
        if p
    }


def water_iou(tiles: Sequence[ScoredTile]) -> float:
    """Return intersection over union of water, where all else counts as not water."""
    logits, classes = _stacked(tiles)
    said, true = logits.argmax(1) == WATER_INDEX, classes == WATER_INDEX
    return float((said & true).sum() / max(1, (said | true).sum()))


def calibration_error(tiles: Sequence[ScoredTile], temperature: float) -> float:
    """Return the expected calibration error of the class shown (Guo et al. 2017)."""
    logits, classes = _stacked(tiles)
    exact = classes >= 0
    probability = softmax(logits[exact] / temperature, axis=1)
    shown, right = probability.max(1), probability.argmax(1) == classes[exact]
    bins = np.minimum((shown * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, shown - right, _BINS)
    return float(np.abs(gaps).sum() / max(1, len(shown)))


def fit_temperature(groups: Sequence[Sequence[ScoredTile]]) -> float:
    """Find the temperature under which the truth is likeliest, each group weighing the same."""
    data = [_stacked(tiles) for tiles in groups]

    def surprise(log_temperature: float) -> float:
        temperature = np.exp(log_temperature)
        return float(np.mean([_surprise(x / temperature, y) for x, y in data]))

    best = minimize_scalar(surprise, bounds=(np.log(0.25), np.log(4)), method="bounded")
    return float(np.exp(best.x))


def _surprise(logits: Float32Array, classes: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood; of "not water" where only that is known."""
    log_p = logits - logsumexp(logits, axis=1, keepdims=True)
    partial = classes == PARTIAL_NOT_WATER
    exact = log_p[~partial, classes[~partial]]
    rest = logsumexp(np.delete(log_p[partial], WATER_INDEX, axis=1), axis=1)
    return float(-(exact.sum() + rest.sum()) / max(1, len(classes)))


def match(tile: ScoredTile, min_confidence: float) -> tuple[int, int, int]:
    """Return hits, false alarms and misses.

    A detection hits the nearest ship that no more confident one has hit, if their centres are
    closer than half the ship's length or 6 pixels.
    """
    found = tile.found[tile.found[:, 5] >= min_confidence]
    reach = np.fmax(tile.ships[:, 4] / 2, _NEAR_PX)
    free = np.ones(len(tile.ships), dtype=bool)
    for row, col in found[:, :2]:
        distance = np.hypot(tile.ships[:, 0] - row, tile.ships[:, 1] - col)
        distance[~free | (distance > reach)] = np.inf
        if len(distance) and np.isfinite(distance.min()):
            free[distance.argmin()] = False
    hits = int((~free).sum())
    return hits, len(found) - hits, int(free.sum())


def detection_scores(tiles: Sequence[ScoredTile], min_confidence: float) -> dict[str, float]:
    """Return precision, recall and F1 by centres, and the mean error of counts per tile."""
    table = np.array([match(t, min_confidence) for t in tiles]).reshape(-1, 3)
    hits, false, missed = (int(n) for n in table.sum(0))
    return {
        "precision": hits / max(1, hits + false),
        "recall": hits / max(1, hits + missed),
        "f1": 2 * hits / max(1, 2 * hits + false + missed),
        "count_mae": float(np.abs(table[:, 1] - table[:, 2]).mean()),
    }


def best_threshold(groups: Sequence[Sequence[ScoredTile]]) -> float:
    """Find the confidence with the highest F1, each group weighing the same."""
    f1 = [np.mean([detection_scores(g, t)["f1"] for g in groups]) for t in _THRESHOLDS]
    return float(round(_THRESHOLDS[int(np.argmax(f1))], 2))


def average_precision(tiles: Sequence[ScoredTile], iou: float = 0.5) -> float:
    """Area under the precision-recall curve of upright boxes, precision made monotonous."""
    scores, hits = [], []
    for tile in tiles:
        scores.append(tile.found[:, 5])
        hits.append(_box_hits(tile, iou))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    hit = np.concatenate(hits)[order]
    recall = np.cumsum(hit) / max(1, sum(len(t.ships) for t in tiles))
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * precision).sum())


def _box_hits(tile: ScoredTile, iou: float) -> NDArray[np.bool_]:
    free = np.ones(len(tile.ships), dtype=bool)
    hits = np.zeros(len(tile.found), dtype=bool)
    for i, found in enumerate(tile.found):
        overlaps = np.where(free, _box_ious(found, tile.ships), 0)
        if len(overlaps) and overlaps.max() >= iou:
            free[overlaps.argmax()], hits[i] = False, True
    return hits


def _box_ious(box: Float32Array, others: Float32Array) -> NDArray[np.float64]:
    common = np.ones(len(others))
    for centre, side in ((0, 2), (1, 3)):
        low = np.maximum(box[centre] - box[side] / 2, others[:, centre] - others[:, side] / 2)
        high = np.minimum(box[centre] + box[side] / 2, others[:, centre] + others[:, side] / 2)
        common *= np.clip(high - low, 0, None)
    union = box[2] * box[3] + others[:, 2] * others[:, 3] - common
    return np.asarray(common / union)


def _stacked(tiles: Sequence[ScoredTile]) -> tuple[Float32Array, NDArray[np.int64]]:
    return np.concatenate([t.logits for t in tiles]), np.concatenate([t.classes for t in tiles])
