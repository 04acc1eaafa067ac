"""Splits by place: no chip of one split has neighbouring ground in another.

Chips that lie near each other form an area. An area no larger than a cell goes to one split as a
whole; a larger one is split cell by cell. What a data set has split already stays as it is. At last
chips near a chip of a more guarded split are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import STRtree

from sargeo_training.data.chip import Record
from sargeo_training.data.chips.config import SplitSettings
from sargeo_training.data.chips.planning import PlannedChip
from sargeo_training.data.sources.files import split_by_name
from sargeo_training.images import Split

GUARD: tuple[Split, ...] = ("holdout", "validation", "train")
"""Which split yields to which: the most guarded first."""

KM_PER_DEGREE = 111.195
"""Along a meridian of a sphere with the mean radius of the Earth."""

_STEEPEST = 0.02
"""Least cosine of latitude: a degree and a bit from the poles, boxes in degrees end."""

_TOUCHING_M = 1.0
"""Outlines of chips that touch are rounded, each for itself."""

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
    cells = _Cells(settings)
    pairs = near_pairs(boxes, settings.gap_m)
    for area in _areas(pairs, len(boxes)):
        free = [i for i in area if splits[i] is None]
        if free:
            told = {split for i in area if (split := fixed[i]) is not None}
            for i, split in zip(free, _split_area(boxes, area, free, told, cells), strict=True):
                splits[i] = split
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


def ground_groups(records: Sequence[Record]) -> NDArray[np.int64]:
    """Tell which chips are no independent examples, as their ground is the same or goes on.

    Chips that touch, directly or through others, are one group: those of several sizes nest in each
    other, and neighbours share fields, towns and weather. So are chips of one scene whose place is
    unknown.

    Returns
    -------
    ndarray of int64, shape (N,)
        The number of each chip's group.
    """
    boxes = boxes_of(records)
    areas = _area_numbers(near_pairs(boxes, _TOUCHING_M), len(records)).tolist()
    numbers: dict[object, int] = {}
    keys = (
        (record.source, record.scene) if unplaced else area
        for record, unplaced, area in zip(records, np.isnan(boxes[:, 0]), areas, strict=True)
    )
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def boxes_of(chips: Sequence[PlannedChip | Record]) -> Boxes:
    """Return ground in degrees that holds each chip; NaN where nobody knows its place."""
    nowhere = (np.nan,) * 4
    boxes = [box_of(chip.centre, chip.footprint, chip.extent_m) or nowhere for chip in chips]
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def box_of(
    centre: tuple[float, float] | None,
    footprint: Sequence[tuple[float, float]] | None,
    extent_m: float | None,
) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of ground that holds a chip; None if nobody knows.

    Parameters
    ----------
    centre, footprint, extent_m
        See `sargeo_training.data.chip.Record`.
    """
    if footprint is not None:
        lon, lat = zip(*footprint, strict=True)
        return min(lon), min(lat), max(lon), max(lat)
    if centre is None or extent_m is None:
        return None
    # Turned by an unknown angle, a square lies within the circle around its corners.
    north = extent_m / 1e3 / math.sqrt(2) / KM_PER_DEGREE
    east = north / max(math.cos(math.radians(abs(centre[1]) + north)), _STEEPEST)
    return centre[0] - east, centre[1] - north, centre[0] + east, centre[1] + north


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
    area = _area_numbers(pairs, count)
    order = np.argsort(area, kind="stable")
    ends = np.flatnonzero(np.diff(area[order])) + 1
    return [part.tolist() for part in np.split(order, ends)]


def _area_numbers(pairs: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    graph = coo_array((np.ones(pairs.shape[1], dtype=bool), tuple(pairs)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


class _Cells:
    """The splits of cells, each worked out once."""

    def __init__(self, settings: SplitSettings) -> None:
        self.settings = settings
        self._known: dict[tuple[int, int], Split] = {}

    def split_at(self, lon: float, lat: float) -> Split:
        """Return the split of the cell that a point lies in."""
        told = self.settings
        cell = cell_of(lon, lat, told.cell_km)
        if cell not in self._known:
            name = f"{told.cell_km:g}/{cell[0]}/{cell[1]}"
            self._known[cell] = split_by_name(name, told.holdout, told.validation)
        return self._known[cell]

    def splits_in(self, box: NDArray[np.float64]) -> set[Split]:
        """Return the splits of all cells that a box touches: none is narrower than half a side."""
        west, south, east, north = box.tolist()
        step = self.settings.cell_km / 2 / KM_PER_DEGREE
        across = max(math.cos(math.radians((south + north) / 2)), _STEEPEST)
        lats = np.linspace(max(south, -90), min(north, 90), 2 + int((north - south) / step))
        lons = np.linspace(west, east, 2 + int((east - west) * across / step)).tolist()
        return {self.split_at(lon, lat) for lat in lats.tolist() for lon in lons}


def _split_area(
    boxes: Boxes, area: list[int], free: list[int], told: set[Split], cells: _Cells
) -> list[Split | None]:
    """Return the splits of the free chips of an area, given those of its other chips."""
    if not np.isfinite(boxes[free]).all():
        raise ValueError("a chip without place has no split")
    west, south = boxes[area, :2].min(axis=0).tolist()
    east, north = boxes[area, 2:].max(axis=0).tolist()
    lon, lat = (west + east) / 2, (south + north) / 2
    height_km = (north - south) * KM_PER_DEGREE
    width_km = (east - west) * KM_PER_DEGREE * math.cos(math.radians(lat))
    if max(height_km, width_km) <= cells.settings.cell_km and len(told) < 2:
        split = next(iter(told)) if told else cells.split_at(lon, lat)
        return [split] * len(free)
    touched = (cells.splits_in(box) for box in _inflated(boxes[free], cells.settings.gap_m / 2))
    return [splits.pop() if len(splits) == 1 else None for splits in touched]


def _kept_apart(splits: list[Split | None], pairs: NDArray[np.int64]) -> list[Split | None]:
    """Leave out what is near to a chip of a more guarded split."""
    rank = np.array([len(GUARD) if s is None else GUARD.index(s) for s in splits])
    for guarded in range(len(GUARD) - 1):
        for one, other in (pairs, pairs[::-1]):
            beside = other[(rank[one] == guarded) & (rank[other] > guarded)]
            rank[beside] = len(GUARD)
    return [None if r == len(GUARD) else GUARD[r] for r in rank]
