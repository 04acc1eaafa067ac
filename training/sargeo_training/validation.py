"""What validation tiles decide: which weights are best, how sure they are, and what is a ship."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from sargeo_training.evaluate import ScoredTile, by_source
from sargeo_training.landcover_metrics import class_ious, confusion, mean_iou, water_iou
from sargeo_training.ship_metrics import average_precision, ranked, tally, total
from sargeo_training.targets import PARTIAL_NOT_WATER, WATER_INDEX

Tiles = Sequence[ScoredTile]

_THRESHOLDS = np.arange(0.1, 0.81, 0.02)


def validation_score(tiles: Tiles) -> float:
    """Return how good a network is in one number, 0 to 1, to choose between its weights.

    Half of it is the overlap of land-cover classes (of water, where only that is known), half is
    the average precision of ships' boxes (F1 at the best threshold, where none was measured), each
    averaged over the sources.
    """
    sources = by_source(tiles).values()
    cover = [_cover_score(ts) for ts in sources if any(len(t.classes) for t in ts)]
    ships = [_ship_score(ts) for ts in sources if any(len(t.ships) for t in ts)]
    return float(np.mean([np.mean(scores) for scores in (cover, ships) if scores]))


def fit_temperature(tiles: Tiles) -> float:
    """Find the temperature under which the truth is likeliest, each source weighing the same."""
    data = [
        (np.concatenate([t.logits for t in ts]), np.concatenate([t.classes for t in ts]))
        for ts in by_source([t for t in tiles if len(t.classes)]).values()
    ]

    def surprise(log_temperature: float) -> float:
        temperature = np.exp(log_temperature)
        return float(np.mean([_surprise(x / temperature, y) for x, y in data]))

    best = minimize_scalar(surprise, bounds=(np.log(0.25), np.log(4)), method="bounded")
    return float(np.exp(best.x))


def best_threshold(tiles: Tiles) -> float:
    """Find the least confidence with the highest F1, each source with ships weighing the same.

    Ground that was searched in vain, land above all, counts through precision.
    """
    groups = by_source([t for t in tiles if t.searched]).values()
    with_ships = [ts for ts in groups if any(len(t.ships) for t in ts)]
    f1 = [np.mean([_f1(ts, threshold) for ts in with_ships]) for threshold in _THRESHOLDS]
    return float(round(_THRESHOLDS[int(np.argmax(f1))], 2))


def _cover_score(tiles: Tiles) -> float:
    matrix = np.sum([confusion(t) for t in tiles], axis=0)
    return mean_iou(matrix) if len(class_ious(matrix)) > 1 else water_iou(matrix)


def _ship_score(tiles: Tiles) -> float:
    searched = [t for t in tiles if t.searched]
    if all(t.measured for t in searched):
        return average_precision([ranked(t) for t in searched])
    return _f1(searched, best_threshold(searched))


def _f1(tiles: Tiles, min_confidence: float) -> float:
    return total([tally(t, min_confidence) for t in tiles]).f1


def _surprise(logits: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood; of "not water" where only that is known."""
    log_p = logits - logsumexp(logits, axis=1, keepdims=True)
    partial = classes == PARTIAL_NOT_WATER
    exact = log_p[~partial, classes[~partial]]
    rest = logsumexp(np.delete(log_p[partial], WATER_INDEX, axis=1), axis=1)
    return float(-(exact.sum() + rest.sum()) / max(1, len(classes)))
