"""What validation tiles decide: which weights are best, how sure they are, and what is a ship."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from sargeo_training.crops.targets import PARTIAL_NOT_WATER, WATER_INDEX
from sargeo_training.evaluation.landcover_metrics import (
    confusion,
    mean_iou,
    present_ious,
    water_iou,
)
from sargeo_training.evaluation.scoring import ScoredTile, by_source
from sargeo_training.evaluation.ship_metrics import average_precision, ranked, tally, total

Tiles = Sequence[ScoredTile]

_THRESHOLDS = np.arange(0.1, 0.81, 0.02)


def validation_score(tiles: Tiles) -> float:
    """Return how good a network is in one number, 0 to 1, to choose between its weights.

    Half of it is the overlap of land-cover classes (of water, where only that is known), half is
    the average precision of ships' boxes (F1 at the best threshold, where none was measured).
    Sources weigh the same in land cover, and by the root of their number of ships in ships: a
    handful of them says little.
    """
    sources = by_source(tiles).values()
    cover = [_cover_score(ts) for ts in sources if any(len(t.classes) for t in ts)]
    at_sea = [ts for ts in sources if any(len(t.ships) for t in ts)]
    scores = [np.mean(cover)] if cover else []
    if at_sea:
        scores.append(np.average([_ship_score(ts) for ts in at_sea], weights=_weights(at_sea)))
    return float(np.mean(scores))


def fit_temperature(tiles: Tiles) -> float:
    """Find the temperature under which the truth is likeliest, each source weighing the same."""
    data = [
        (np.concatenate([t.logits for t in ts]), np.concatenate([t.classes for t in ts]))
        for ts in by_source([t for t in tiles if len(t.classes)]).values()
    ]

    def nll(log_temperature: float) -> float:
        temperature = np.exp(log_temperature)
        return float(np.mean([_nll(x / temperature, y) for x, y in data]))

    best = minimize_scalar(nll, bounds=(np.log(0.25), np.log(4)), method="bounded")
    return float(np.exp(best.x))


def best_threshold(tiles: Tiles) -> float:
    """Find the least confidence with the highest F1, averaged as in `validation_score`.

    Ground that was searched in vain, land above all, counts through precision.
    """
    groups = by_source([t for t in tiles if t.searched]).values()
    at_sea = [ts for ts in groups if any(len(t.ships) for t in ts)]
    f1 = [
        np.average([_f1(ts, threshold) for ts in at_sea], weights=_weights(at_sea))
        for threshold in _THRESHOLDS
    ]
    return float(round(_THRESHOLDS[int(np.argmax(f1))], 2))


def _weights(groups: Sequence[Tiles]) -> list[float]:
    return [math.sqrt(sum(len(t.ships) for t in tiles)) for tiles in groups]


def _cover_score(tiles: Tiles) -> float:
    matrix = np.sum([confusion(t) for t in tiles], axis=0)
    return mean_iou(matrix) if len(present_ious(matrix)) > 1 else water_iou(matrix)


def _ship_score(tiles: Tiles) -> float:
    searched = [t for t in tiles if t.searched]
    if all(t.measured for t in searched):
        return average_precision([ranked(t) for t in searched])
    return _f1(searched, best_threshold(searched))


def _f1(tiles: Tiles, min_confidence: float) -> float:
    return total([tally(t, min_confidence) for t in tiles]).f1


def _nll(logits: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood; of "not water" where only that is known."""
    log_p = logits - logsumexp(logits, axis=1, keepdims=True)
    partial = classes == PARTIAL_NOT_WATER
    exact = log_p[~partial, classes[~partial]]
    # Legends of other classes have no water, and no cell that is only known to be none.
    others = [k for k in range(logits.shape[1]) if k != WATER_INDEX]
    rest = logsumexp(log_p[partial][:, others], axis=1)
    return float(-(exact.sum() + rest.sum()) / max(1, len(classes)))
