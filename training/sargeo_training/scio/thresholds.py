"""Thresholds, chosen by measurement on chips of which it is known what is wrong.

The chips of calibration take part in nothing that is reported. Clauses of a group claim the same
facts; how much a wrong one is missed, and how many are wrong, differs between groups, so each has
thresholds of its own: those that together have the highest F1. A group in which suspicion does not
pay is believed. A threshold may be below zero: a shorter caption often scores lower, so even a
wrong clause may be missed a little.

Every screener, the one without images too, is calibrated by this same search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from sargeo.errors import ReferenceDataError
from sargeo_training.scio.scorer import Floats
from sargeo_training.scio.screen import Evidence, Place

_COMBINATIONS = 10_000  # of thresholds that are tried in a group
_MOST_STEPS = 100
_FEWEST_OF_A_GROUP = 20
_OTHERS = "others"  # no group is called so: those with facts have a full stop in their names

Least = tuple[float | None, ...] | None
"""What the rise of each score has to exceed, None for a score that tells nothing; or None in all,
where a clause is believed whatever they are."""


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
    by_group
        Thresholds of each group that is frequent enough.
    others
        Those of all other groups.
    f1
        F1 on the chips of calibration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by_group: Mapping[str, Least]
    others: Least
    f1: float

    def of(self, group: str) -> Least:
        """Return the thresholds of a group."""
        return self.by_group.get(group, self.others)

    def flagged(self, evidence: Evidence) -> NDArray[np.bool_]:
        """Tell for each clause whether all its scores rise by more than the thresholds."""
        never = (np.inf,) * len(evidence.scores)
        told = ([-np.inf if x is None else x for x in self.of(g) or never] for g in evidence.groups)
        least = np.array(list(told)).reshape(evidence.rises.shape)
        return np.asarray((evidence.rises > least).all(axis=1))


@dataclass(frozen=True)
class _Options:
    """Combinations of thresholds of one group, with what they do; the last suspects nothing."""

    least: Floats
    found: Floats
    suspected: Floats

    def best(self, price: float) -> int:
        """Return the place of the best combination, if each suspect costs so much.

        Among equals the loosest is taken: a score that adds nothing here shall not stand in the
        way elsewhere.
        """
        worth = 2 * self.found - price * self.suspected
        return int(worth.argmax()) if worth.max() > 0 else len(worth) - 1


def choose(evidence: Evidence, calibration: Calibration) -> Thresholds:
    """Choose the thresholds with the highest F1 on the chips of calibration.

    F1 is twice the wrong clauses found over suspects and wrong ones together. The largest value f
    of such a ratio is where the largest difference of twice those found and f times the suspects
    and wrong ones is zero (Dinkelbach 1967, "On Nonlinear Fractional Programming"). For a given f,
    each group is searched by itself.

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
    rises, groups = evidence.rises[known], _frequent(np.array(evidence.groups)[known])
    options = {
        group: _options(rises[groups == group], wrong[groups == group])
        for group in np.unique(groups).tolist()
    }
    f1, higher = 0.0, True
    while higher:
        best = {group: option.best(f1) for group, option in options.items()}
        found = sum(options[group].found[k] for group, k in best.items())
        suspected = sum(options[group].suspected[k] for group, k in best.items())
        before, f1 = f1, float(2 * found / (suspected + wrong.sum()))
        higher = f1 > before
    told = {group: _told(options[group].least[k]) for group, k in best.items()}
    others = told.pop(_OTHERS, None)
    return Thresholds(by_group=told, others=others, f1=f1)


def _frequent(groups: NDArray[np.str_]) -> NDArray[np.str_]:
    """Take together the groups that have few clauses."""
    names, counts = np.unique(groups, return_counts=True)
    return np.where(np.isin(groups, names[counts >= _FEWEST_OF_A_GROUP]), groups, _OTHERS)


def _told(least: Floats) -> Least:
    if np.isposinf(least).any():
        return None
    return tuple(None if np.isinf(x) else x for x in least.tolist())


def _options(rises: Floats, wrong: NDArray[np.bool_]) -> _Options:
    steps = min(int(_COMBINATIONS ** (1 / rises.shape[1])), _MOST_STEPS)
    columns = [_below(column, wrong, steps) for column in rises.T]
    above = (column > least[:, None] for column, least in zip(rises.T, columns, strict=True))
    suspect = reduce(_both, above)
    least = np.stack(np.meshgrid(*columns, indexing="ij"), axis=-1).reshape(-1, len(columns))
    return _Options(least, suspect @ wrong.astype(float), suspect.sum(axis=1).astype(float))


def _both(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Combine every row of one (a, n) with every row of the other (b, n) to (a * b, n)."""
    return (one[:, None] & other[None]).reshape(-1, one.shape[1])


def _below(values: Floats, wrong: NDArray[np.bool_], most: int) -> Floats:
    """Return the thresholds that find all, every number of the wrong ones, and none.

    Between these, a higher threshold suspects fewer that are right and finds as many.
    """
    levels = np.unique(values[wrong])
    if len(levels) > most:
        levels = np.unique(np.quantile(levels, np.linspace(0, 1, most), method="lower"))
    known = np.unique(values)
    place = np.searchsorted(known, levels)
    before = np.where(place > 0, known[place - 1], levels - 1)
    return np.concatenate([[-np.inf], (before + levels) / 2, [np.inf]])
