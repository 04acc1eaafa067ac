"""Figures of merit of ships: found or missed by their centres, and by the overlap of boxes.

Detections are matched to ships as `sargeo assess` does it; see `sargeo.evaluation.matching`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.evaluation.matching import ObjectCounts, match, near_on_grid, overlapping, reach
from sargeo_training.evaluation.scoring import CONFIDENCE, ScoredTile

Float32Array = NDArray[np.float32]
Bools = NDArray[np.bool_]

TOLERANCE_PX = 6.0
"""60 m at 10 m a pixel, and not the 200 m of `sargeo assess`: these ships were drawn where the
image shows them, so that no detection needs excuse for how far they had moved."""

_PLACE = slice(0, 2)
_SIDES = slice(2, 4)
_BOX = slice(0, 4)
_LENGTH = 4  # columns of `sargeo_training.images.SHIP_COLUMNS`


def tally(
    tile: ScoredTile, min_confidence: float, tolerance_px: float = TOLERANCE_PX
) -> ObjectCounts:
    """Count the ships of a tile that were found by their centres, the false and the missed ones.

    A detection hits a ship whose centre is closer than the tolerance, or than half its length.
    """
    found = tile.found[tile.found[:, CONFIDENCE] >= min_confidence].astype(float)
    ships = tile.ships.astype(float)
    near = near_on_grid(found[:, _PLACE], ships[:, _PLACE], reach(tolerance_px, ships[:, _LENGTH]))
    hits = len(match(near, found[:, CONFIDENCE]).detections)
    return ObjectCounts(matched=hits, wrong=len(found) - hits, missed=len(ships) - hits)


def total(tallies: Sequence[ObjectCounts]) -> ObjectCounts:
    """Add up tallies."""
    return sum(tallies, start=ObjectCounts())


def count_mae(tallies: Sequence[ObjectCounts]) -> float:
    """Return the mean error of counts per tile."""
    return float(np.mean([abs(t.wrong - t.missed) for t in tallies]))


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
    found, ships = tile.found.astype(float), tile.ships.astype(float)
    pairs = match(overlapping(found[:, _BOX], ships[:, _BOX], iou), found[:, CONFIDENCE])
    hit, judged = np.zeros(len(found), dtype=bool), own_size.copy()
    hit[pairs.detections] = judged[pairs.detections] = counts[pairs.objects]
    return Ranked(tile.found[judged, CONFIDENCE], hit[judged], int(counts.sum()))


def average_precision(tiles: Sequence[Ranked]) -> float:
    """Return the area under the precision-recall curve, precision made monotonous.

    NaN without ships.
    """
    ships = sum(t.ships for t in tiles)
    if not ships:
        return float("nan")
    order = np.argsort(-np.concatenate([t.confidence for t in tiles]), kind="stable")
    hit = np.concatenate([t.hit for t in tiles])[order]
    recall = np.cumsum(hit) / ships
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * precision).sum())


def _within(table: Float32Array, sides_px: tuple[float, float]) -> Bools:
    side = np.sqrt(table[:, _SIDES].prod(axis=1))
    return np.asarray((side >= sides_px[0]) & (side < sides_px[1]))
