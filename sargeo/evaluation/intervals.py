"""Intervals of 95 %: how much a figure would change with other samples of the same kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from sargeo.geo.grid import FloatArray

T = TypeVar("T")

Z95 = 1.96
"""Half-width of a 95 % interval in standard errors, as Olofsson et al. (2014) round it."""

_DRAWS = 1000

_FEWEST = 3
"""Of one cluster every draw is the same, and of two there are three: too few for percentiles.
Clusters that say nothing, such as images without ships of recall, make them no more."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % confidence interval; not a number where the sample cannot tell."""

    value: float
    low: float
    high: float


def normal_interval(value: float, error: float, most: float) -> Estimate:
    """Return the interval of a value from 0 to ``most`` with a known standard error."""
    low, high = value - Z95 * error, value + Z95 * error
    return Estimate(float(value), float(max(low, 0.0)), float(min(high, most)))


def poisson_interval(count: int) -> Estimate:
    """Return the exact interval of the mean of a Poisson count (Garwood 1936)."""
    # Quantiles of chi squared over two: scipy.stats, which has them by name, is slow to import.
    low = gammaincinv(count, 0.025) if count else 0.0
    return Estimate(float(count), float(low), float(gammaincinv(count + 1, 0.975)))


def bootstrap(
    items: Sequence[T],
    measure: Callable[[Sequence[T]], float],
    groups: NDArray[np.int64] | None = None,
) -> Estimate:
    """Measure on all items, and on a thousand draws of whole groups with replacement.

    Pixels of an image, and ships in it, are alike, and so are images of the same ground: drawing
    them one by one would give intervals that are far too narrow (a percentile bootstrap by
    clusters; Efron and Tibshirani 1993, chapter 13). The draws are always the same.

    Parameters
    ----------
    items : sequence
        One for each image, polygon or whatever else is alike in itself.
    measure : callable
        NaN where it says nothing, such as the recall of images without ships: such a draw is left
        out.
    groups : ndarray of int64, shape (items,), optional
        Number of each item's group. By default, each item is one.

    Returns
    -------
    Estimate
        Without an interval where fewer than three groups say anything by themselves.
    """
    clusters = _clusters(items, groups)
    replicates = [
        measure([item for i in drawn for item in clusters[i]]) for drawn in draws(len(clusters))
    ]
    telling = sum(math.isfinite(measure(cluster)) for cluster in clusters)
    return percentile_interval(measure(items), np.array(replicates, dtype=float), telling)


def draws(count: int) -> Iterator[NDArray[np.int64]]:
    """Draw ``count`` of as many clusters with replacement, again and again; none of fewer than 3.

    Yields
    ------
    ndarray of int64, shape (count,)
        Indices of the clusters.
    """
    if count < _FEWEST:
        return
    rng = np.random.default_rng(0)
    for _ in range(_DRAWS):
        yield rng.integers(count, size=count)


def percentile_interval(value: float, replicates: FloatArray, telling: int) -> Estimate:
    """Return a value between the percentiles of its replicates.

    Parameters
    ----------
    value : float
    replicates : ndarray, shape (draws,)
        Those that are NaN are left out.
    telling : int
        How many clusters say anything of this value; there is no interval of fewer than three.
    """
    known = replicates[np.isfinite(replicates)]
    if telling < _FEWEST or not known.size or np.isnan(value):
        return Estimate(float(value), float("nan"), float("nan"))
    low, high = np.percentile(known, [2.5, 97.5])
    return Estimate(float(value), float(low), float(high))


def _clusters(items: Sequence[T], groups: NDArray[np.int64] | None) -> list[list[T]]:
    if groups is None:
        return [[item] for item in items]
    found: dict[int, list[T]] = {}
    for item, group in zip(items, groups.tolist(), strict=True):
        found.setdefault(group, []).append(item)
    return list(found.values())
