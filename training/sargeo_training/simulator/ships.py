"""Ships: how many, how large, where, and what the radar sees of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from sargeo_training.simulator.fields import Field, Lattice
from sargeo_training.simulator.landscape import Landscape
from sargeo_training.simulator.surfaces import Surface

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Ships:
    """A table of ships, one entry of each column per ship.

    Attributes
    ----------
    row, col : ndarray of float
        Centre as imaged, continuous pixel coordinates from the corner of the first pixel.
    length_m, width_m : ndarray of float
    heading_deg : ndarray of float
        Clockwise from north.
    speed_ms : ndarray of float
        0 at anchor or moored.
    """

    row: Column
    col: Column
    length_m: Column
    width_m: Column
    heading_deg: Column
    speed_ms: Column = field(repr=False)

    def __len__(self) -> int:
        return len(self.row)


_NONE = np.empty(0)
NO_SHIPS = Ships(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE)


def draw_ships(rng: np.random.Generator, landscape: Landscape, count: int) -> Ships:
    """Draw up to ``count`` ships: at anchor, under way, and at the berths of a harbour.

    Lengths mix merchant ships (log-normal about 170 m) with small craft (about 35 m); beams are a
    fifth to an eighth of them, the usual proportions of hulls.

    Parameters
    ----------
    rng : numpy.random.Generator
    landscape : Landscape
    count : int
        Where there is too little room fewer are drawn.
    """
    room_m = _room_m(landscape.lattice, landscape.surface)
    anchor_deg = rng.uniform(0, 360)
    placed: list[tuple[float, ...]] = []
    berths = list(rng.permutation(len(landscape.berths))) if landscape.berths else []
    for _ in range(count):
        length_m, width_m = _draw_size(rng)
        if berths and rng.random() < 0.35:
            ship = _moored(rng, landscape, int(berths.pop()), length_m, width_m)
        else:
            ship = _at_sea(rng, landscape.lattice, room_m, anchor_deg, length_m, width_m)
        if ship is not None and _is_clear(ship, placed, landscape.lattice.gsd_m):
            placed.append(ship)
    return Ships(*np.array(placed).T) if placed else NO_SHIPS


def _draw_size(rng: np.random.Generator) -> tuple[float, float]:
    merchant = rng.random() < 0.7
    length = rng.lognormal(np.log(170), 0.4) if merchant else rng.lognormal(np.log(35), 0.45)
    length_m = float(np.clip(length, 12, 400))
    return length_m, max(4.0, length_m / float(rng.uniform(5, 8)))


def _room_m(lattice: Lattice, surface: NDArray[np.uint8]) -> Field:
    """Distance from the nearest pixel that is not open sea, on the nodes."""
    step = lattice.STEP
    pad = [(0, n * step - size) for n, size in zip(lattice.nodes, lattice.shape, strict=True)]
    water = np.pad(surface == Surface.SEA, pad, mode="edge")
    blocks = water.reshape(lattice.nodes[0], step, lattice.nodes[1], step)
    free = np.asarray(blocks.all(axis=(1, 3)))
    if free.all():
        return np.full(lattice.nodes, np.inf)
    return np.asarray(distance_transform_edt(free) * lattice.spacing_m)


def _at_sea(
    rng: np.random.Generator,
    lattice: Lattice,
    room_m: Field,
    anchor_deg: float,
    length_m: float,
    width_m: float,
) -> tuple[float, ...] | None:
    """Place a ship at anchor, bow to the common wind, or under way on a course of its own."""
    rows, cols = (rng.uniform(0, 1, size=(30, 2)) * lattice.shape).T
    free = np.flatnonzero(lattice.at(room_m, rows, cols) > 1.2 * length_m + 60)
    if not free.size:
        return None
    under_way = rng.random() < 0.4
    heading = rng.uniform(0, 360) if under_way else anchor_deg + rng.normal(0, 12)
    speed = float(rng.uniform(3, 11)) if under_way else 0.0
    return rows[free[0]], cols[free[0]], length_m, width_m, heading % 360, speed


def _moored(
    rng: np.random.Generator,
    landscape: Landscape,
    berth_index: int,
    length_m: float,
    width_m: float,
) -> tuple[float, ...] | None:
    """Place a ship alongside, if the water there is as long as itself."""
    berth, gsd_m = landscape.berths[berth_index], landscape.lattice.gsd_m
    off, along = np.radians(berth.off_deg), np.radians(berth.heading_deg)
    reach = (width_m / 2 + 12) / gsd_m
    row, col = berth.row - np.cos(off) * reach, berth.col + np.sin(off) * reach
    ends = np.array([-0.5, 0.0, 0.5]) * length_m / gsd_m
    rows = (row - np.cos(along) * ends).astype(int)
    cols = (col + np.sin(along) * ends).astype(int)
    height, width = landscape.surface.shape
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    if not inside.all() or (landscape.surface[rows, cols] != Surface.SEA).any():
        return None
    turned = 180.0 * float(rng.random() < 0.5)
    return row, col, length_m, width_m, (berth.heading_deg + turned) % 360, 0.0


def _is_clear(ship: tuple[float, ...], placed: list[tuple[float, ...]], gsd_m: float) -> bool:
    """Whether a ship lies apart from the others."""
    if not placed:
        return True
    others = np.array(placed)
    apart_m = np.hypot(others[:, 0] - ship[0], others[:, 1] - ship[1]) * gsd_m
    return bool((apart_m > (others[:, 2] + ship[2]) / 2 + 40).all())
