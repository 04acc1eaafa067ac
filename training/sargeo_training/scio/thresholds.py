"""Thresholds, chosen by measurement on chips of which it is known what is wrong.

The chips of calibration take part in nothing that is reported. All combinations of quantiles of
the rises are tried, once with the rises as they are and once relative to those of other clauses of
the same group, and the combination with the highest F1 is taken. Groups of which no clause was
wrong on these chips, such as how radar sees water, are believed. A threshold may be below zero:
a shorter caption often scores lower, so even a wrong clause may be missed a little.

Every screener, the one without images too, is calibrated by this same search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from sargeo.errors import ReferenceDataError
from sargeo_training.scio.scorer import Floats
from sargeo_training.scio.screen import Evidence, Place

_STEPS = 200
_FEWEST_OF_A_GROUP = 10
_FEWEST_TO_BELIEVE = 20
_LEAST_SPREAD = 0.1
"""Of a group, relative to that of all clauses: what hardly varies would divide by next to zero."""


@dataclass(frozen=True)
class Calibration:
    """Chips of which it was told which clauses are wrong: all that screening knows of the truth.

    Attributes
    ----------
    ids : frozenset of str
        The chips.
    wrong : frozenset of Place
        Their wrong clauses.
    """

    ids: frozenset[str]
    wrong: frozenset[Place]


class Thresholds(BaseModel):
    """When a clause is suspect.

    Attributes
    ----------
    least
        For each score, what the rise has to exceed.
    by_group
        Whether rises are taken relative to their group, see `relative`.
    believed
        Groups that are never suspect.
    f1
        F1 on the chips of calibration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    least: tuple[float, ...]
    by_group: bool
    believed: tuple[str, ...] = ()
    f1: float

    def suspects(self, evidence: Evidence) -> NDArray[np.bool_]:
        """Tell for each clause whether all its scores rise by more than the thresholds."""
        rises = relative(evidence) if self.by_group else evidence.rises
        doubted = [group not in self.believed for group in evidence.groups]
        above = np.all(rises > np.array(self.least), axis=1)
        return np.asarray(np.logical_and(above, doubted))


def choose(evidence: Evidence, calibration: Calibration) -> Thresholds:
    """Choose the thresholds with the highest F1 on the chips of calibration.

    Among equals the strictest is taken, and rises as they are before relative ones.

    Raises
    ------
    ReferenceDataError
        If no clause of these chips is wrong, or none right.
    """
    known = np.array([chip in calibration.ids for chip, _ in evidence.places], dtype=bool)
    wrong = np.array([place in calibration.wrong for place in evidence.places], dtype=bool)[known]
    if not wrong.any() or wrong.all():
        raise ReferenceDataError(
            f"{int(wrong.sum())} of the {len(wrong)} clauses of the calibration chips are wrong.",
            "Give chips with both right and wrong clauses.",
        )
    believed = _never_wrong(np.array(evidence.groups)[known], wrong)
    doubted = ~np.isin(np.array(evidence.groups)[known], believed)
    options = (
        Thresholds(least=least, by_group=by_group, believed=believed, f1=f1)
        for by_group in (False, True)
        for least, f1 in _tried(
            (relative(evidence) if by_group else evidence.rises)[known][doubted], wrong[doubted]
        )
    )
    return max(options, key=lambda t: (t.f1, not t.by_group, t.least))


def _never_wrong(groups: NDArray[np.str_], wrong: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return the groups that were seen often enough, and never wrong."""
    names, counts = np.unique(groups, return_counts=True)
    often = names[counts >= _FEWEST_TO_BELIEVE]
    return tuple(np.setdiff1d(often, groups[wrong]).tolist())


def relative(evidence: Evidence) -> Floats:
    """Return the rises less the median of their group, over its interquartile range.

    Groups differ in how much a caption misses them. Small ones are taken together.
    Nothing is known here of which clauses are wrong.

    Returns
    -------
    ndarray of float64, shape (n, S)
    """
    groups, group, counts = np.unique(evidence.groups, return_inverse=True, return_counts=True)
    group = np.where(counts[group] < _FEWEST_OF_A_GROUP, len(groups), group)
    least = _LEAST_SPREAD * _spread(evidence.rises)
    result = np.empty_like(evidence.rises)
    for one in np.unique(group):
        rises = evidence.rises[group == one]
        spread = np.maximum(_spread(rises), least)
        result[group == one] = (rises - np.median(rises, axis=0)) / np.where(spread, spread, 1)
    return result


def _spread(rises: Floats) -> Floats:
    low, high = np.quantile(rises, [0.25, 0.75], axis=0)
    return np.asarray(high - low)


def _tried(rises: Floats, wrong: NDArray[np.bool_]) -> Iterator[tuple[tuple[float, ...], float]]:
    """Yield combinations of thresholds with their F1, the best of the last score for the others."""
    columns = [_between(column) for column in rises.T]
    above = [column > steps[:, None] for column, steps in zip(rises.T, columns, strict=True)]
    last = above[-1].astype(np.float32)
    for indices in product(*(range(len(steps)) for steps in columns[:-1])):
        others = (a[i] for a, i in zip(above, indices, strict=False))
        flagged = np.logical_and.reduce([np.ones_like(wrong), *others])
        f1 = 2 * (last @ (flagged & wrong)) / (last @ flagged + wrong.sum())
        strictest = len(f1) - 1 - int(f1[::-1].argmax())
        best = (*indices, strictest)
        yield tuple(float(c[i]) for c, i in zip(columns, best, strict=True)), float(f1[strictest])


def _between(values: Floats) -> Floats:
    """Return thresholds half-way between values, and one below them all."""
    levels = np.unique(values)
    if len(levels) > _STEPS:
        levels = np.unique(np.quantile(values, np.linspace(0, 1, _STEPS), method="lower"))
    below = levels[:1] - 1
    return np.concatenate([below, (levels[1:] + levels[:-1]) / 2])
