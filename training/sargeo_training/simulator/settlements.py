"""Settlements: towns with their streets and blocks, villages and farms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo_training.simulator.fields import TABLE_SIZE, Field, Lattice
from sargeo_training.simulator.parcels import Districts, draw_parcels
from sargeo_training.simulator.relief import Relief
from sargeo_training.simulator.surfaces import Surface

_HOUSE_PX = 3
"""Side of the squares that share their brightness within villages, in pixels."""


def surfaces_by_parcel(
    rng: np.random.Generator, shares: dict[Surface, float], rest: Surface = Surface.CROP
) -> NDArray[np.uint8]:
    """Tabulate a surface by parcel number, with the shares given; what is left is ``rest``."""
    draw = rng.permutation(TABLE_SIZE) / TABLE_SIZE
    table = np.full(TABLE_SIZE, rest, dtype=np.uint8)
    start = 0.0
    for surface, share in shares.items():
        table[(draw >= start) & (draw < start + share)] = surface
        start += share
    return table


# What blocks of a town hold: all of it, its centre, its industry.
_TOWN_SHARES = (
    {
        Surface.RESIDENTIAL: 0.84, Surface.GRASS: 0.04, Surface.FOREST: 0.02,
        Surface.PAVED: 0.03, Surface.INDUSTRIAL: 0.07,
    },
    {
        Surface.DENSE_URBAN: 0.72, Surface.RESIDENTIAL: 0.14, Surface.INDUSTRIAL: 0.06,
        Surface.GRASS: 0.04, Surface.PAVED: 0.04,
    },
    {Surface.INDUSTRIAL: 0.6, Surface.PAVED: 0.3, Surface.GRASS: 0.1},
)  # fmt: skip


def paint_towns(
    rng: np.random.Generator,
    lattice: Lattice,
    relief: Relief,
    districts: Districts,
    surface: NDArray[np.uint8],
    parcel: NDArray[np.uint16],
) -> None:
    """Build towns on low ground: dense in the middle, with parks, industry and streets.

    ``surface`` and ``parcel`` (H, W) are changed in place.
    """
    density = _town_density(rng, lattice, relief)
    works = np.minimum(density - 0.5, lattice.fractal(rng, 900.0, 4.0) - 1.3)
    masks = (
        lattice.mask(density, 0.5),
        lattice.mask(density, rng.uniform(0.75, 1.1)),
        lattice.mask(works, 0.0),
    )
    block = _bounds(masks[0])
    part = block.slices()
    streets = draw_parcels(
        rng, lattice, districts.crop(block),
        strip_m=rng.uniform(80, 130), parcel_m=rng.uniform(100, 220),
        border_m=rng.uniform(10, 18),
    )  # fmt: skip
    for shares, mask in zip(_TOWN_SHARES, masks, strict=True):
        np.copyto(surface[part], surfaces_by_parcel(rng, shares)[streets.ids], where=mask[part])
    town = masks[0][part]
    paved = town & (streets.main | (streets.border & (streets.ids & 3 == 0)))
    np.copyto(surface[part], np.uint8(Surface.PAVED), where=paved)
    np.copyto(parcel[part], streets.ids, where=town)


def _bounds(mask: NDArray[np.bool_]) -> Block:
    """Return the smallest block that holds all of a mask."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return Block(0, 0, 0, 0)
    return Block(int(rows[0]), int(cols[0]), int(np.ptp(rows)) + 1, int(np.ptp(cols)) + 1)


def _town_density(rng: np.random.Generator, lattice: Lattice, relief: Relief) -> Field:
    """Draw towns, where above 0.5 is town; each takes the lowest of a few random places."""
    south_m, east_m = lattice.south_east_m
    density = np.zeros(lattice.nodes)
    for _ in range(rng.integers(0, 4)):
        rows, cols = (rng.uniform(0, 1, size=(8, 2)) * lattice.shape).T
        best = int(np.argmin(np.abs(lattice.at(relief.altitude, rows, cols) - 0.25)))
        row, col = rows[best], cols[best]
        south, east = (row, col) - np.array(lattice.shape) / 2
        radius_m = min(float(rng.lognormal(np.log(850), 0.8)), 9000.0)
        away = np.hypot(south_m - south * lattice.gsd_m, east_m - east * lattice.gsd_m)
        density = np.maximum(density, 1.4 * np.exp(-((away / radius_m) ** 2)))
    return np.asarray(density * (1 - relief.hills) * (1 + 0.35 * lattice.fractal(rng, 900.0, 3.4)))


def paint_villages(
    rng: np.random.Generator,
    lattice: Lattice,
    relief: Relief,
    surface: NDArray[np.uint8],
    parcel: NDArray[np.uint16],
) -> None:
    """Scatter villages and farms over the lowland: houses among gardens, all of it built-up.

    ``surface`` and ``parcel`` (H, W) are changed in place.
    """
    for row, col in _lowland_places(rng, lattice, relief, rng.uniform(0, 0.2)):
        radius_m = float(rng.lognormal(np.log(130), 0.5))
        _paint_village(rng, surface, parcel, (row, col), max(radius_m / lattice.gsd_m, 1.0))
    farms = _lowland_places(rng, lattice, relief, rng.uniform(0, 0.8)).astype(int)
    sizes = np.maximum(rng.uniform(20, 70, size=farms.shape) / lattice.gsd_m, 1).astype(int)
    colours = rng.integers(0, TABLE_SIZE, size=len(farms), dtype=np.uint16)
    for (row, col), (height, width), colour in zip(farms, sizes, colours, strict=True):
        yard = np.s_[row : row + height, col : col + width]
        surface[yard] = Surface.RESIDENTIAL
        parcel[yard] = colour


def _lowland_places(
    rng: np.random.Generator, lattice: Lattice, relief: Relief, per_km2: float
) -> Field:
    """Draw random (row, col), shape (N, 2), that are not in the hills."""
    area_km2 = np.prod(lattice.shape) * (lattice.gsd_m / 1000) ** 2
    places = rng.uniform(0, 1, size=(rng.poisson(area_km2 * per_km2), 2)) * lattice.shape
    return np.asarray(places[lattice.at(relief.hills, *places.T) < 0.5])


def _paint_village(
    rng: np.random.Generator,
    surface: NDArray[np.uint8],
    parcel: NDArray[np.uint16],
    centre: tuple[float, float],
    radius_px: float,
) -> None:
    """Build a ragged, lengthy blob of houses."""
    reach = int(2.5 * radius_px) + 1
    top, left = (max(int(x) - reach, 0) for x in centre)
    window = np.s_[top : int(centre[0]) + reach, left : int(centre[1]) + reach]
    height, width = surface[window].shape
    south = np.arange(height)[:, None] + (top + 0.5 - centre[0])
    east = np.arange(width)[None, :] + (left + 0.5 - centre[1])
    stretch, turn = rng.uniform(1, 2), rng.uniform(0, np.pi)
    along = np.cos(turn) * south + np.sin(turn) * east
    across = np.cos(turn) * east - np.sin(turn) * south
    cells = (height // _HOUSE_PX + 1, width // _HOUSE_PX + 1)
    square = np.ix_(np.arange(height) // _HOUSE_PX, np.arange(width) // _HOUSE_PX)
    ragged = rng.uniform(0.75, 1.2, size=cells)[square]
    inside = np.hypot(along / stretch, across * stretch) < radius_px * ragged
    surface[window][inside] = Surface.RESIDENTIAL
    houses = rng.integers(0, TABLE_SIZE, size=cells, dtype=np.uint16)[square]
    parcel[window][inside] = houses[inside]
