"""Accuracy and area of map classes from a sample, after Olofsson et al.

Equations are those of Olofsson, P. et al. (2014), Good practices for estimating area and assessing
accuracy of land change, Remote Sensing of Environment 148, 42-57. The strata are the classes of
the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.evaluation.intervals import Estimate, draws, normal_interval, percentile_interval
from sargeo.geo.grid import FloatArray


@dataclass(frozen=True, slots=True)
class StratifiedAccuracy:
    """Estimates with standard errors, for q classes; not a number where the sample cannot tell.

    Attributes
    ----------
    overall, overall_error : float
    users, users_error, producers, producers_error : ndarray, shape (q,)
    area, area_error : ndarray, shape (q,)
        Area of each class as the reference would have mapped it, in the unit of the mapped areas.
    """

    overall: float
    overall_error: float
    users: FloatArray
    users_error: FloatArray
    producers: FloatArray
    producers_error: FloatArray
    area: FloatArray
    area_error: FloatArray


def stratified_accuracy(
    confusion: NDArray[np.int64], mapped_area: FloatArray
) -> StratifiedAccuracy:
    """Estimate accuracy and area from a sample that is stratified by map class.

    Parameters
    ----------
    confusion : ndarray of int, shape (q, q)
        Number of samples, map classes down, reference classes across.
    mapped_area : ndarray, shape (q,)
        Area of each class on the map. Classes without samples are left out of all sums.
    """
    samples = confusion.sum(axis=1)
    weight = np.where(samples > 0, mapped_area, 0.0)
    total = weight.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = weight / total
        share = np.where(samples[:, None] > 0, confusion / samples[:, None], 0.0)
        cell = weight[:, None] * share  # eq. 4
        # The variance of a share, the common term of equations 5, 6, 7 and 10.
        variance = share * (1 - share) / (samples[:, None] - 1)
        variance[samples == 0] = 0.0
        own = np.diag(variance)
        users = np.where(samples > 0, np.diag(share), np.nan)  # eq. 2
        reference = cell.sum(axis=0)  # eq. 9
        # Of a class that the map nowhere has, nothing is shown; of one that it has and that has no
        # sample, nobody knows.
        known = (samples > 0) | (mapped_area == 0)
        producers = np.where(known, np.diag(cell) / reference, np.nan)  # eq. 3
        others = weight[:, None] ** 2 * variance
        np.fill_diagonal(others, 0.0)
        producers_variance = (
            (weight * (1 - producers)) ** 2 * own + producers**2 * others.sum(axis=0)
        ) / reference**2  # eq. 7, with areas in shares of the total
        return StratifiedAccuracy(
            overall=float(np.trace(cell) if total > 0 else np.nan),  # eq. 1
            overall_error=float(np.sqrt((weight**2 * own).sum())),  # eq. 5
            users=users,
            users_error=np.sqrt(np.where(samples > 0, own, np.nan)),  # eq. 6
            producers=producers,
            producers_error=np.sqrt(producers_variance),
            area=total * reference,
            area_error=total * np.sqrt((weight[:, None] ** 2 * variance).sum(axis=0)),  # eq. 10, 11
        )


@dataclass(frozen=True, slots=True)
class AccuracyIntervals:
    """Estimates of q classes with 95 % intervals; see `StratifiedAccuracy`."""

    overall: Estimate
    users: tuple[Estimate, ...]
    producers: tuple[Estimate, ...]
    area: tuple[Estimate, ...]


def normal_intervals(confusion: NDArray[np.int64], mapped_area: FloatArray) -> AccuracyIntervals:
    """Return intervals of independent samples (points), shape (q, q): 1.96 standard errors."""
    found = stratified_accuracy(confusion, mapped_area)

    def each(values: FloatArray, errors: FloatArray, most: float = 1.0) -> tuple[Estimate, ...]:
        return tuple(normal_interval(v, e, most) for v, e in zip(values, errors, strict=True))

    return AccuracyIntervals(
        overall=normal_interval(found.overall, found.overall_error, 1.0),
        users=each(found.users, found.users_error),
        producers=each(found.producers, found.producers_error),
        area=each(found.area, found.area_error, float(mapped_area.sum())),
    )


def bootstrap_intervals(clusters: NDArray[np.int64], mapped_area: FloatArray) -> AccuracyIntervals:
    """Return intervals of clustered samples, by drawing whole clusters anew.

    The same as `sargeo.evaluation.intervals.bootstrap` of each figure, in one go: all of them come
    from one confusion matrix.

    Parameters
    ----------
    clusters : ndarray of int, shape (m, q, q)
        A confusion matrix for each of m polygons.
    """
    count = len(clusters)
    whole = _flat(stratified_accuracy(clusters.sum(axis=0), mapped_area))
    confusions = (
        np.tensordot(np.bincount(drawn, minlength=count), clusters, axes=1)
        for drawn in draws(count)
    )
    found = [_flat(stratified_accuracy(c, mapped_area)) for c in confusions]
    table = np.array(found).reshape(-1, len(whole))
    # Of a class, the polygons where the map, or the reference, has it.
    q = len(mapped_area)
    mapped, drawn_as = (clusters.any(axis=axis).sum(axis=0) for axis in (2, 1))
    telling = [count, *mapped, *drawn_as, *([count] * q)]
    intervals = [
        percentile_interval(v, column, int(n))
        for v, column, n in zip(whole, table.T, telling, strict=True)
    ]
    return AccuracyIntervals(
        intervals[0],
        *(tuple(intervals[1 + i * q : 1 + (i + 1) * q]) for i in range(3)),
    )


def _flat(found: StratifiedAccuracy) -> FloatArray:
    return np.concatenate([[found.overall], found.users, found.producers, found.area])
