"""Two plain classifiers of land cover: thresholds on backscatter, and random forests.

Both tell water from land first, and kinds of land after that: labels that say no more than "not
water" then teach as well.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sargeo.legend import LAND_COVER
from sargeo_training.crops.targets import WATER_INDEX
from sargeo_training.evaluation.baselines.features import CALIBRATED, SMOOTHED, Cells

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

_LAND = tuple(i for i in range(len(LAND_COVER)) if i != WATER_INDEX)
_CANDIDATES = 200
_TREES, _LEAST_CELLS_PER_LEAF = 60, 10


class Classifier(Protocol):
    """Tells classes from local statistics."""

    def probabilities(self, features: Float32Array, source: str, /) -> Float64Array:
        """Give cells (N, F) of a source the probability of each class of the legend, (N, K)."""
        ...


class Thresholds:
    """Water is what is darker than a threshold; land is the class whose mean is nearest.

    A verdict is certain; temperature makes it less so. Both rules come from smoothed backscatter
    in training cells, averaged over polarisations. Each source has its own, as one would set them
    by hand for a sensor; a source without water and land to learn from takes what all calibrated,
    or all uncalibrated, cells say.
    """

    def __init__(self, cells: Cells) -> None:
        names, calibrated = np.unique(cells.sources), cells.features[:, CALIBRATED] == 1
        of_sources = {str(name): cells.where(cells.sources == name) for name in names}
        self._of_source = {n: _ThresholdSet(c) for n, c in of_sources.items() if _both(c)}
        of_kinds = {kind: cells.where(calibrated == kind) for kind in (False, True)}
        self._of_kind = {kind: _ThresholdSet(c) for kind, c in of_kinds.items() if _both(c)}

    def probabilities(self, features: Float32Array, source: str) -> Float64Array:
        """Give cells (N, F) of a source the probability of each class, (N, K).

        Raises
        ------
        KeyError
            If neither the source nor another of its kind was learnt from.
        """
        kind = bool(features[0, CALIBRATED])
        rules = self._of_source.get(source) or self._of_kind[kind]
        return rules.probabilities(_brightness(features))


class _ThresholdSet:
    def __init__(self, cells: Cells) -> None:
        brightness, water = _brightness(cells.features), cells.classes == WATER_INDEX
        self._water = _best_threshold(brightness, water, cells.weights)
        groups = [brightness[cells.classes == c] for c in _LAND]
        self._means = np.array([g.mean() if len(g) else np.inf for g in groups])

    def probabilities(self, brightness: Float32Array) -> Float64Array:
        nearest = np.abs(brightness[:, None] - self._means).argmin(axis=1)
        land = np.eye(len(_LAND))[nearest]
        return _joined((brightness < self._water).astype(np.float64), land)


class Forests:
    """A forest for water and one for kinds of land, on all local statistics.

    Parameters
    ----------
    cells : Cells
    seed : int
    threads : int
    """

    def __init__(self, cells: Cells, seed: int, threads: int) -> None:
        self._water = _forest(cells, cells.classes == WATER_INDEX, seed, threads)
        land = cells.where(np.isin(cells.classes, _LAND))
        self._land = _forest(land, land.classes, seed, threads)

    def probabilities(self, features: Float32Array, _source: str) -> Float64Array:
        """Give cells (N, F) of a source the probability of each class of the legend, (N, K)."""
        land = np.zeros((len(features), len(LAND_COVER)))
        land[:, self._land.classes_] = self._land.predict_proba(features)
        return _joined(self._water.predict_proba(features)[:, 1], land[:, _LAND])


def _both(cells: Cells) -> bool:
    water = cells.classes == WATER_INDEX
    return bool(water.any() and not water.all())


def _forest(cells: Cells, classes: NDArray[Any], seed: int, threads: int) -> Any:
    # Its import takes seconds and belongs to the tools for development.
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(
        _TREES, min_samples_leaf=_LEAST_CELLS_PER_LEAF, random_state=seed, n_jobs=threads
    )
    return forest.fit(cells.features, classes, cells.weights)


def _brightness(features: Float32Array) -> Float32Array:
    """Average smoothed, normalised backscatter over the polarisations that were measured."""
    levels = features[:, SMOOTHED]
    known = np.isfinite(levels)
    total = np.where(known, levels, 0).sum(axis=1)
    return np.asarray(total / np.maximum(known.sum(axis=1), 1), dtype=np.float32)


def _best_threshold(
    brightness: Float32Array, water: NDArray[np.bool_], weights: Float64Array
) -> float:
    """Return the threshold that is right about water as often as about land, and most often."""
    candidates = np.quantile(brightness, np.linspace(0, 1, _CANDIDATES))
    dark = brightness < candidates[:, None]
    right = dark @ (weights * water) / weights[water].sum()
    right += ~dark @ (weights * ~water) / weights[~water].sum()
    return float(candidates[int(np.argmax(right))])


def _joined(water: Float64Array, land: Float64Array) -> Float64Array:
    """Join the probability of water (N,) with those of classes of land (N, K - 1) if it is not."""
    joined = np.empty((len(water), len(LAND_COVER)))
    joined[:, WATER_INDEX] = water
    joined[:, _LAND] = (1 - water[:, None]) * land
    return joined
