"""Splits by place: no chip of one split has neighbouring ground in another.

Chips that lie near each other form an area. An area no larger than a cell goes to one split as a
whole; a larger one is split cell by cell. What a data set has split already stays as it is. At last
chips near a chip of a more guarded split are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import STRtree

from sargeo_training.geovl.config import SplitSettings
from sargeo_training.sheet import Split
from sargeo_training.sources.files import split_by_name

GUARD: tuple[Split, ...] = ("holdout", "validation", "train")
"""Which split yields to which: the most guarded first."""

KM_PER_DEGREE = 111.195
"""Along a meridian of a sphere with the mean radius of the Earth."""

_STEEPEST = 0.02
"""Least cosine of latitude: a degree and a bit from the poles, boxes in degrees end."""

Boxes = NDArray[np.float64]
"""West, south, east and north of each chip in degrees, shape (N, 4); NaN where it has no place.

East may run beyond 180."""


def assign_splits(
    boxes: Boxes, fixed: Sequence[Split | None], settings: SplitSettings
) -> list[Split | None]:
    """Assign each chip to a split; None where it lies too near to another's ground.

    Parameters
    ----------
    boxes : ndarray of float64, shape (N, 4)
    fixed : sequence of str or None
        The split that a chip's data set has put it in. Chips without place have one.
    settings : SplitSettings
    """
    splits = list(fixed)
    pairs = near_pairs(boxes, settings.gap_m)
    for area in _areas(pairs, len(boxes)):
        free = [i for i in area if splits[i] is None]
        if free:
            told = {split for i in area if (split := fixed[i]) is not None}
            _assign_area(boxes, area, free, told, settings, splits)
    return _kept_apart(splits, pairs)


def near_pairs(boxes: Boxes, gap_m: float) -> NDArray[np.int64]:
    """Return pairs of chips whose boxes lie no further apart than a gap, shape (2, P).

    Boxes hold their chips, so chips nearer than that are always found.
    """
    placed = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    wide = _inflated(boxes[placed], gap_m / 2)
    # Copies a turn of the Earth away meet across the antimeridian.
    west, east = wide[:, 0] < -180, wide[:, 2] > 180
    turn = np.array([360.0, 0.0, 360.0, 0.0])
    index = np.concatenate([placed, placed[west], placed[east]])
    every = np.concatenate([wide, wide[west] + turn, wide[east] - turn])
    shapes = shapely.box(*every.T)
    left, right = index[STRtree(shapes).query(shapes, predicate="intersects")]
    pairs = np.stack([left, right])[:, left < right]
    return np.unique(pairs, axis=1)


def cell_of(lon: float, lat: float, cell_km: float) -> tuple[int, int]:
    """Return the row and column of the cell that a point lies in; cells are about square."""
    rows = max(1, math.floor(180 * KM_PER_DEGREE / cell_km))
    row = min(int((lat + 90) * rows / 180), rows - 1)
    return row, int((lon + 180) % 360 * _columns(row, rows, cell_km) / 360)


def _columns(row: int, rows: int, cell_km: float) -> int:
    middle = math.radians((row + 0.5) * 180 / rows - 90)
    return max(1, math.floor(360 * KM_PER_DEGREE * math.cos(middle) / cell_km))


def _inflated(boxes: Boxes, margin_m: float) -> Boxes:
    """Widen boxes on all sides by at least a distance."""
    north = margin_m / 1e3 / KM_PER_DEGREE
    highest = np.radians(np.abs(boxes[:, [1, 3]]).max(axis=1, initial=0) + north)
    east = north / np.maximum(np.cos(np.minimum(highest, math.pi / 2)), _STEEPEST)
    margins = np.stack([-east, np.full_like(east, -north), east, np.full_like(east, north)], axis=1)
    return np.asarray(boxes + margins)


def _areas(pairs: NDArray[np.int64], count: int) -> list[list[int]]:
    """Group chips that are near each other, directly or through others."""
    graph = coo_array((np.ones(pairs.shape[1], dtype=bool), tuple(pairs)), shape=(count, count))
    _, area = connected_components(graph, directed=False)
    order = np.argsort(area, kind="stable")
    ends = np.flatnonzero(np.diff(area[order])) + 1
    return [part.tolist() for part in np.split(order, ends)]


def _assign_area(
    boxes: Boxes,
    area: list[int],
    free: list[int],
    told: set[Split],
    settings: SplitSettings,
    splits: list[Split | None],
) -> None:
    """Give the free chips of an area their splits, in place."""
    if not np.isfinite(boxes[free]).all():
        raise ValueError("a chip without place has no split")
    west, south = boxes[area, :2].min(axis=0)
    east, north = boxes[area, 2:].max(axis=0)
    middle = (west + east) / 2, (south + north) / 2
    height_km = (north - south) * KM_PER_DEGREE
    width_km = (east - west) * KM_PER_DEGREE * math.cos(math.radians(middle[1]))
    if max(height_km, width_km) <= settings.cell_km and len(told) < 2:
        split = told.pop() if told else _of_cell(cell_of(*middle, settings.cell_km), settings)
        for i in free:
            splits[i] = split
        return
    for i in free:
        touched = {_of_cell(cell, settings) for cell in _cells(boxes[i], settings)}
        splits[i] = touched.pop() if len(touched) == 1 else None


def _cells(box: NDArray[np.float64], settings: SplitSettings) -> Iterator[tuple[int, int]]:
    """Yield the cells that a box touches: no cell is narrower than half of `cell_km`."""
    west, south, east, north = _inflated(box[None], settings.gap_m / 2)[0]
    step = settings.cell_km / 2 / KM_PER_DEGREE
    across = max(math.cos(math.radians((south + north) / 2)), _STEEPEST)
    lats = np.linspace(south, north, 2 + int((north - south) / step))
    lons = np.linspace(west, east, 2 + int((east - west) * across / step))
    for lat in np.clip(lats, -90, 90):
        for lon in lons:
            yield cell_of(float(lon), float(lat), settings.cell_km)


def _of_cell(cell: tuple[int, int], settings: SplitSettings) -> Split:
    name = f"{settings.cell_km:g}/{cell[0]}/{cell[1]}"
    return split_by_name(name, settings.holdout, settings.validation)


def _kept_apart(splits: list[Split | None], pairs: NDArray[np.int64]) -> list[Split | None]:
    """Leave out what is near to a chip of a more guarded split."""
    rank = np.array([len(GUARD) if s is None else GUARD.index(s) for s in splits])
    for guarded in range(len(GUARD) - 1):
        for one, other in (pairs, pairs[::-1]):
            beside = other[(rank[one] == guarded) & (rank[other] > guarded)]
            rank[beside] = len(GUARD)
    return [None if r == len(GUARD) else GUARD[r] for r in rank]
