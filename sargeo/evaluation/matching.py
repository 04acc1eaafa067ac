"""Which detection is which object of a reference: one rule for `sargeo assess` and for training.

Detections take their turn by falling confidence. Each takes the nearest object that no other has
taken, if that is within reach; of equally confident ones the nearest pair comes first. This is the
rule of average precision (Everingham et al. 2010, Lin et al. 2014), so that precision and recall
at a threshold are a point of the curve whose area that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from sargeo.evaluation.confusion import share
from sargeo.geo.grid import FloatArray, geodesic_distance_m

_EARTH_RADIUS_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Detections beside objects of the reference.

    Attributes
    ----------
    detections, objects : ndarray of int64, shape (k,)
        Indices of both.
    distance : ndarray of float64, shape (k,)
        Between points in metres or pixels; of boxes, one minus intersection over union.
    """

    detections: NDArray[np.int64]
    objects: NDArray[np.int64]
    distance: FloatArray

    def take(self, kept: ArrayLike) -> Pairs:
        """Return some of the pairs, by index or mask."""
        some = np.asarray(kept)
        return Pairs(self.detections[some], self.objects[some], self.distance[some])


@dataclass(frozen=True, slots=True)
class ObjectCounts:
    """How many objects were found; counts of several images add up.

    Attributes
    ----------
    matched, wrong, missed : int
        In both, only detected, only in the reference.
    """

    matched: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Self) -> ObjectCounts:
        return ObjectCounts(
            self.matched + other.matched, self.wrong + other.wrong, self.missed + other.missed
        )

    @property
    def precision(self) -> float:
        """Share of detections that are objects; NaN without detections."""
        return share(self.matched, self.matched + self.wrong)

    @property
    def recall(self) -> float:
        """Share of objects that were found; NaN without objects."""
        return share(self.matched, self.matched + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN without detections and objects."""
        return share(2 * self.matched, 2 * self.matched + self.wrong + self.missed)


def match(near: Pairs, confidence: FloatArray) -> Pairs:
    """Choose the pairs that count, one to one.

    Parameters
    ----------
    near : Pairs
        All that are within reach, such as `near_on_earth`, `near_on_grid` or `overlapping` give.
    confidence : ndarray, shape (n,)
        Of all detections; NaN comes last.
    """
    # Indices come last, so that the same set in another order gives the same pairs but for ties
    # in both confidence and distance.
    keys = (near.objects, near.detections, near.distance, -confidence[near.detections])
    order = np.lexsort(keys)
    kept: list[int] = []
    taken: set[int] = set()
    done: set[int] = set()
    turns = zip(order, near.detections[order].tolist(), near.objects[order].tolist(), strict=True)
    for pair, detection, thing in turns:
        if detection not in done and thing not in taken:
            done.add(detection)
            taken.add(thing)
            kept.append(int(pair))
    return near.take(np.array(kept, dtype=np.int64))


def reach(tolerance: float, length: FloatArray) -> FloatArray:
    """Return how far from the centre of each object a detection may lie, shape (m,).

    The tolerance, or half the length of the object where that is more: what lies on the object is
    the object. NaN stands for an unknown length; both are in one unit.
    """
    return np.fmax(length / 2, tolerance)


def near_on_earth(detections: FloatArray, objects: FloatArray, reach_m: FloatArray) -> Pairs:
    """Find the pairs within a geodesic distance.

    Parameters
    ----------
    detections, objects : ndarray, shapes (n, 2) and (m, 2)
        Longitude and latitude in degrees.
    reach_m : ndarray, shape (m,)
        Of each object, see `reach`.
    """
    # On a sphere first, one per cent too far, since the Earth is not one.
    i, j = _within(_on_sphere(detections), _on_sphere(objects), 1.01 * reach_m)
    return _reached(i, j, geodesic_distance_m(*detections[i].T, *objects[j].T), reach_m)


def near_on_grid(detections: FloatArray, objects: FloatArray, reach_px: FloatArray) -> Pairs:
    """Find the pairs within a distance in pixels.

    Parameters
    ----------
    detections, objects : ndarray, shapes (n, 2) and (m, 2)
        Row and column.
    reach_px : ndarray, shape (m,)
        Of each object, see `reach`.
    """
    i, j = _within(detections, objects, reach_px)
    return _reached(i, j, np.hypot(*(detections[i] - objects[j]).T), reach_px)


def overlapping(detections: FloatArray, objects: FloatArray, min_iou: float) -> Pairs:
    """Find the pairs of upright boxes with some intersection over union or more.

    Parameters
    ----------
    detections, objects : ndarray, shapes (n, 4) and (m, 4)
        Row and column of the centre, height and width.
    """
    a, b = detections[:, None], objects[None]
    low = np.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    high = np.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    common = np.clip(high - low, 0, None).prod(axis=-1)
    iou = common / (a[..., 2:].prod(axis=-1) + b[..., 2:].prod(axis=-1) - common)
    i, j = np.nonzero(iou >= min_iou)
    return Pairs(i, j, np.asarray(1 - iou[i, j], dtype=float))


def _within(
    detections: FloatArray, objects: FloatArray, limit: FloatArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of all pairs within the largest of some limits, and a few beyond."""
    if not len(detections) or not len(objects):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    near = cKDTree(objects).query_ball_point(detections, float(limit.max()) * (1 + 1e-9))
    i = np.repeat(np.arange(len(detections)), [len(n) for n in near])
    return i, np.array([k for n in near for k in n], dtype=np.int64)


def _reached(
    detections: NDArray[np.int64],
    objects: NDArray[np.int64],
    distance: FloatArray,
    limit: FloatArray,
) -> Pairs:
    pairs = Pairs(detections, objects, np.asarray(distance, dtype=float))
    return pairs.take(pairs.distance <= limit[objects])


def _on_sphere(lonlat: FloatArray) -> FloatArray:
    lon, lat = np.radians(lonlat).T
    return _EARTH_RADIUS_M * np.stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1
    )
