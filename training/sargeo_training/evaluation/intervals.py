"""Intervals over images: how much a figure would change with other images of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sargeo.model.spec import Figure

T = TypeVar("T")

_RESAMPLES = 1000
_FEWEST = 3


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; without one where there are too few to draw."""

    value: float
    low: float | None
    high: float | None
    images: int


def figure_of(
    data: str,
    measure: str,
    items: Sequence[T],
    of: Callable[[Sequence[T]], float],
    groups: NDArray[np.int64] | None = None,
) -> Figure:
    """Return a figure of merit with its interval; see `bootstrap`."""
    found = bootstrap(items, of, groups)
    return Figure(
        data=data,
        measure=measure,
        images=found.images,
        value=found.value,
        low=found.low,
        high=found.high,
    )


def bootstrap(
    items: Sequence[T],
    measure: Callable[[Sequence[T]], float],
    groups: NDArray[np.int64] | None = None,
) -> Estimate:
    """Measure on all items, and on a thousand draws of whole groups with replacement.

    Pixels of an image, and ships in it, are alike, and so are images of the same ground: drawing
    them one by one would give intervals that are far too narrow (a percentile bootstrap by
    clusters; Efron & Tibshirani 1993).

    Parameters
    ----------
    items : sequence
        One for each image: whatever ``measure`` adds up.
    measure : callable
        NaN of a draw, such as one without any water, leaves it out.
    groups : ndarray of int64, shape (items,), optional
        Number of each item's group, such as
        `sargeo_training.data.chips.splits.ground_groups` gives. By default, each item is one.
    """
    value = measure(items)
    drawn = _grouped(items, groups)
    if len(drawn) < _FEWEST:
        return Estimate(value, None, None, len(items))
    rng = np.random.default_rng(0)
    draws = rng.integers(len(drawn), size=(_RESAMPLES, len(drawn)))
    values = [measure([item for i in draw for item in drawn[i]]) for draw in draws]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Estimate(value, float(low), float(high), len(items))


def _grouped(items: Sequence[T], groups: NDArray[np.int64] | None) -> list[list[T]]:
    if groups is None:
        return [[item] for item in items]
    found: dict[int, list[T]] = {}
    for item, group in zip(items, groups.tolist(), strict=True):
        found.setdefault(group, []).append(item)
    return list(found.values())
