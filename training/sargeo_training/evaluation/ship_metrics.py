"""Figures of merit of ships: found or missed by their centres, and by the overlap of boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from sargeo_training.evaluation.scoring import CONFIDENCE, ScoredTile

Float32Array = NDArray[np.float32]
Bools = NDArray[np.bool_]

_NEAR_PX = 6.0
_LENGTH = 4  # columns of `sargeo_training.images.SHIP_COLUMNS`
_SIDES = slice(2, 4)


@dataclass(frozen=True)
class Tally:
    """Ships of a tile, or of several, by centres."""

    hits: int
    false: int
    missed: int

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.hits + other.hits, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Share of detections that are ships; 0 without detections."""
        return self.hits / max(1, self.hits + self.false)

    @property
    def recall(self) -> float:
        """Share of ships that were found; 0 without ships."""
        return self.hits / max(1, self.hits + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.hits / max(1, 2 * self.hits + self.false + self.missed)

    @property
    def count_error(self) -> int:
        """By how much the number of detections is off."""
        return abs(self.false - self.missed)


def tally(tile: ScoredTile, min_confidence: float) -> Tally:
    """Match detections to ships.

    A detection hits the nearest ship that no more confident one has hit, if their centres are
    closer than half the ship's length or 6 pixels.
    """
    found = tile.found[tile.found[:, CONFIDENCE] >= min_confidence]
    reach = np.fmax(tile.ships[:, _LENGTH] / 2, _NEAR_PX)
    free = np.ones(len(tile.ships), dtype=bool)
    for row, col in found[:, :2]:
        distance = np.hypot(tile.ships[:, 0] - row, tile.ships[:, 1] - col)
        distance[~free | (distance > reach)] = np.inf
        if len(distance) and np.isfinite(distance.min()):
            free[distance.argmin()] = False
    hits = int((~free).sum())
    return Tally(hits, len(found) - hits, int(free.sum()))


def total(tallies: Sequence[Tally]) -> Tally:
    """Add up tallies."""
    return sum(tallies, start=Tally(0, 0, 0))


def count_mae(tallies: Sequence[Tally]) -> float:
    """Return the mean error of counts per tile."""
    return float(np.mean([t.count_error for t in tallies]))


@dataclass(frozen=True)
class Ranked:
    """Detections of a tile with their confidence, whether boxes hit, and the number of ships."""

    confidence: Float32Array
    hit: Bools
    ships: int


def ranked(
    tile: ScoredTile, *, iou: float = 0.5, sides_px: tuple[float, float] = (0, np.inf)
) -> Ranked:
    """Match boxes of detections and ships, the most confident first.

    Parameters
    ----------
    tile : ScoredTile
    iou : float
        Least intersection over union of a hit.
    sides_px : tuple of float
        Ships whose side (root of the box's area) lies in this half-open range count. As in COCO,
        detections of other ships, and misses of another size, are neither right nor wrong.
    """
    counts, own_size = _within(tile.ships, sides_px), _within(tile.found, sides_px)
    free = np.ones(len(tile.ships), dtype=bool)
    hit, judged = np.zeros((2, len(tile.found)), dtype=bool)
    for i, found in enumerate(tile.found):
        overlaps = np.where(free, _box_ious(found, tile.ships), 0)
        if len(overlaps) and overlaps.max() >= iou:
            best = overlaps.argmax()
            free[best] = False
            hit[i] = judged[i] = counts[best]
        else:
            judged[i] = own_size[i]
    return Ranked(tile.found[judged, CONFIDENCE], hit[judged], int(counts.sum()))


def average_precision(tiles: Sequence[Ranked]) -> float:
    """Return the area under the precision-recall curve, precision made monotonous."""
    order = np.argsort(-np.concatenate([t.confidence for t in tiles]), kind="stable")
    hit = np.concatenate([t.hit for t in tiles])[order]
    recall = np.cumsum(hit) / max(1, sum(t.ships for t in tiles))
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * precision).sum())


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the mean of a Poisson count (Garwood 1936)."""
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * count + 2) / 2)


def _within(table: Float32Array, sides_px: tuple[float, float]) -> Bools:
    side = np.sqrt(table[:, _SIDES].prod(axis=1))
    return np.asarray((side >= sides_px[0]) & (side < sides_px[1]))


def _box_ious(box: Float32Array, others: Float32Array) -> NDArray[np.float64]:
    common = np.ones(len(others))
    for centre, side in ((0, 2), (1, 3)):
        low = np.maximum(box[centre] - box[side] / 2, others[:, centre] - others[:, side] / 2)
        high = np.minimum(box[centre] + box[side] / 2, others[:, centre] + others[:, side] / 2)
        common *= np.clip(high - low, 0, None)
    union = box[2] * box[3] + others[:, 2] * others[:, 3] - common
    return np.asarray(common / union)
