"""Harbours: quays with container rows, basins, piers and breakwaters, and berths for ships."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo_training.simulator.fields import Field, Lattice
from sargeo_training.simulator.surfaces import Surface

Mask = NDArray[np.bool_]

_LOTS = 64
"""Storage lots by which a quay repeats itself, more than fit on it."""


@dataclass(frozen=True, slots=True)
class Berth:
    """Where a ship can lie: (row, col) at the water's edge, and the sides that it lies along.

    Attributes
    ----------
    row, col : float
        Continuous pixel coordinates of the edge.
    heading_deg : float
        Along the edge, clockwise from north.
    off_deg : float
        From the edge to the water, clockwise from north.
    """

    row: float
    col: float
    heading_deg: float
    off_deg: float


@dataclass(frozen=True)
class _Frame:
    """Local coordinates: ``along`` the coast and ``out`` to sea, in metres over a block."""

    block: Block
    row: float
    col: float
    seaward_deg: float
    gsd_m: float
    along: Field
    out: Field

    @classmethod
    def around(
        cls, lattice: Lattice, row: float, col: float, seaward_deg: float, reach_m: float
    ) -> _Frame:
        reach = int(reach_m / lattice.gsd_m) + 1
        whole = Block(0, 0, *lattice.shape)
        wanted = Block(int(row) - reach, int(col) - reach, 2 * reach, 2 * reach)
        block = wanted.intersection(whole) or whole
        south = (np.arange(block.row, block.row_stop)[:, None] + 0.5 - row) * lattice.gsd_m
        east = (np.arange(block.col, block.col_stop)[None, :] + 0.5 - col) * lattice.gsd_m
        angle = np.radians(seaward_deg)
        along = east * np.cos(angle) + south * np.sin(angle)
        out = east * np.sin(angle) - south * np.cos(angle)
        return cls(block, row, col, seaward_deg, lattice.gsd_m, along, out)

    def berth(self, along_m: float, out_m: float, off: float) -> Berth:
        """Return a berth; ``off`` turns the seaward direction to the water's side."""
        angle = np.radians(self.seaward_deg)
        east = along_m * np.cos(angle) + out_m * np.sin(angle)
        south = along_m * np.sin(angle) - out_m * np.cos(angle)
        off_deg = (self.seaward_deg + off) % 360
        row, col = self.row + south / self.gsd_m, self.col + east / self.gsd_m
        return Berth(float(row), float(col), (off_deg + 90) % 360, off_deg)

    def near_line(self, points: list[tuple[float, float]], width_m: float) -> Mask:
        """Pixels within half a width of a line through (along, out) points."""
        near = np.zeros(self.along.shape, dtype=bool)
        for (a0, o0), (a1, o1) in pairwise(points):
            da, do = a1 - a0, o1 - o0
            share = ((self.along - a0) * da + (self.out - o0) * do) / (da * da + do * do)
            share = np.clip(share, 0, 1)
            gap = np.hypot(self.along - a0 - share * da, self.out - o0 - share * do)
            near |= gap < width_m / 2
        return near


def build_harbour(
    rng: np.random.Generator, lattice: Lattice, surface: NDArray[np.uint8], shore_m: Field
) -> tuple[Berth, ...]:
    """Build a harbour into ``surface`` where its coast offers a site.

    Parameters
    ----------
    rng : numpy.random.Generator
    lattice : Lattice
    surface : ndarray of uint8, shape (H, W)
        Codes of ``Surface``; changed in place.
    shore_m : Field
        Signed distance from the shore on the nodes, above 0 on land.

    Returns
    -------
    tuple of Berth
        Empty where there is no site.
    """
    size = float(rng.uniform(350, 1100))
    site = _site(rng, lattice, shore_m, size)
    if site is None:
        return ()
    row, col, seaward_deg = site
    frame = _Frame.around(lattice, row, col, seaward_deg, 2.2 * size)
    window = surface[frame.block.slices()]
    front = 0.2 * size
    _dredge(window, frame, size, front)
    berths = [*_quays(rng, window, frame, size, front), *_piers(rng, window, frame, size, front)]
    _breakwaters(rng, window, frame, size)
    return tuple(b for b in berths if 0 < b.row < lattice.shape[0] and 0 < b.col < lattice.shape[1])


def _site(
    rng: np.random.Generator, lattice: Lattice, shore_m: Field, size: float
) -> tuple[float, float, float] | None:
    """Find a shore with land behind and sea before it: row, column, direction to the sea."""
    down, right = np.asarray(np.gradient(shore_m))
    rows, cols = (rng.uniform(0.1, 0.9, size=(400, 2)) * lattice.shape).T
    south, east = -lattice.at(down, rows, cols), -lattice.at(right, rows, cols)
    step = size / lattice.gsd_m / np.maximum(np.hypot(south, east), 1e-9)
    behind = lattice.at(shore_m, rows - 0.8 * south * step, cols - 0.8 * east * step)
    before = lattice.at(shore_m, rows + 1.2 * south * step, cols + 1.2 * east * step)
    on_shore = np.abs(lattice.at(shore_m, rows, cols)) < 80.0
    fit = np.flatnonzero(on_shore & (before < 0) & (behind > 0))
    if not fit.size:
        return None
    k = int(fit[0])
    seaward_deg = float(np.degrees(np.arctan2(east[k], -south[k])) % 360)
    return float(rows[k]), float(cols[k]), seaward_deg


def _dredge(window: NDArray[np.uint8], frame: _Frame, size: float, front: float) -> None:
    """Make room for ships before the quays."""
    bowl = np.hypot(frame.along / 1.15, (frame.out - front) / 1.25) < size
    window[bowl & (frame.out > front)] = Surface.SEA


def _quays(
    rng: np.random.Generator, window: NDArray[np.uint8], frame: _Frame, size: float, front: float
) -> list[Berth]:
    """Build a platform with lots of containers or sheds, some empty, cut by basins."""
    along, out = frame.along, frame.out
    platform = (np.abs(along) < size) & (out < front) & (out > front - 0.75 * size)
    row_m = float(rng.uniform(60, 120))
    lot_m = row_m * float(rng.uniform(1.5, 4))
    rows = (along % row_m < 0.75 * row_m) & (out % lot_m > 0.3 * row_m) & (out < front - 30)
    full = rng.random((_LOTS, _LOTS)) < rng.uniform(0.4, 0.8)
    lots = full[(along // row_m).astype(int) % _LOTS, (out // lot_m).astype(int) % _LOTS]
    window[platform] = Surface.PAVED
    window[platform & rows & lots] = Surface.INDUSTRIAL
    berths = [frame.berth(a, front, 0) for a in np.arange(-0.9, 0.91, 0.45) * size]
    for centre in rng.uniform(-0.8, 0.8, size=rng.integers(0, 3)) * size:
        half, depth = float(rng.uniform(60, 140)), float(rng.uniform(0.3, 0.6)) * size
        window[(np.abs(along - centre) < half) & (out > front - depth) & (out <= front)] = (
            Surface.SEA
        )
        berths.append(frame.berth(centre - half, front - depth / 2, 90))
        berths.append(frame.berth(centre + half, front - depth / 2, -90))
    return berths


def _piers(
    rng: np.random.Generator, window: NDArray[np.uint8], frame: _Frame, size: float, front: float
) -> list[Berth]:
    """Build straight piers out to sea, with a berth on either side."""
    berths = []
    for centre in rng.uniform(-0.7, 0.7, size=rng.integers(1, 4)) * size:
        length, half = float(rng.uniform(0.3, 0.7)) * size, float(rng.uniform(8, 22))
        pier = (np.abs(frame.along - centre) < max(half, 0.6 * frame.gsd_m)) & (frame.out > front)
        window[pier & (frame.out < front + length)] = Surface.STRUCTURE
        berths.append(frame.berth(centre + half, front + 0.6 * length, 90))
        berths.append(frame.berth(centre - half, front + 0.6 * length, -90))
    return berths


def _breakwaters(
    rng: np.random.Generator, window: NDArray[np.uint8], frame: _Frame, size: float
) -> None:
    """Build two moles that leave an entrance."""
    width_m = max(float(rng.uniform(18, 35)), 1.5 * frame.gsd_m)
    gap = float(rng.uniform(-0.3, 0.5)) * size
    outer = float(rng.uniform(1.1, 1.5)) * size
    west = [(-1.2 * size, -0.2 * size), (-1.15 * size, 0.6 * size), (gap - 0.2 * size, outer)]
    east = [(1.2 * size, -0.2 * size), (1.15 * size, 0.5 * size), (gap + 0.15 * size, 0.9 * outer)]
    for mole in (west, east):
        window[frame.near_line(mole, width_m) & (window == Surface.SEA)] = Surface.STRUCTURE
