"""Landscapes: which surface lies where.

A landscape is painted from the ground up: sea and land, woods and fields, rivers and lakes,
beaches and quarries, towns with their streets, roads with their bridges, harbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.grid import Block
from sargeo_training.simulator.fields import TABLE_SIZE, Field, Lattice
from sargeo_training.simulator.harbours import Berth, build_harbour
from sargeo_training.simulator.offshore import Landmarks, build_offshore
from sargeo_training.simulator.parcels import (
    Districts,
    Parcels,
    draw_districts,
    draw_parcels,
)
from sargeo_training.simulator.relief import Relief, Setting, draw_relief
from sargeo_training.simulator.surfaces import Surface

Surfaces = NDArray[np.uint8]


@dataclass(frozen=True)
class Landscape:
    """What lies where.

    Attributes
    ----------
    lattice : Lattice
        Ties pixels to metres.
    surface : ndarray of uint8, shape (H, W)
        Codes of ``Surface``.
    parcel : ndarray of uint16, shape (H, W)
        Number that the pixels of a field or street block share, below ``fields.TABLE_SIZE``.
    district : ndarray of uint8, shape (H, W)
        District of the street grid.
    street_heading_deg : ndarray of float, shape (districts,)
    elevation_m, shore_m : ndarray of float
        On the nodes of the lattice: height, and signed distance from the shore (above 0 on land).
    berths : tuple of Berth
    landmarks : Landmarks
        Platforms and wind turbines.
    """

    lattice: Lattice
    surface: Surfaces
    parcel: NDArray[np.uint16]
    district: NDArray[np.uint8]
    street_heading_deg: Field
    elevation_m: Field
    shore_m: Field
    berths: tuple[Berth, ...]
    landmarks: Landmarks


def draw_landscape(
    rng: np.random.Generator,
    lattice: Lattice,
    *,
    setting: Setting,
    relief_m: float,
    seaward_deg: float,
) -> Landscape:
    """Draw a landscape.

    Parameters
    ----------
    rng : numpy.random.Generator
    lattice : Lattice
    setting : {"coast", "inland", "sea"}
    relief_m : float
        Height of the hills in metres.
    seaward_deg : float
        Direction of the sea, degrees clockwise from north.
    """
    relief = draw_relief(rng, lattice, setting, relief_m, seaward_deg)
    shore_m = _shore_distance(relief.altitude, lattice.spacing_m)
    districts = draw_districts(rng, lattice)
    fields = draw_parcels(
        rng, lattice, districts,
        strip_m=rng.uniform(90, 260), parcel_m=rng.uniform(180, 550), border_m=10.0,
    )  # fmt: skip
    surface = _countryside(rng, lattice, relief, fields)
    _paint_bare(rng, lattice, relief, surface)
    _paint_beach(rng, lattice, shore_m, surface)
    parcel = fields.ids
    _paint_towns(rng, lattice, relief, districts, surface, parcel)
    water = _paint_inland_water(rng, lattice, relief, surface)
    _paint_roads(lattice, relief, water, surface)
    np.putmask(surface, ~lattice.mask(shore_m, 0.0), Surface.SEA)
    berths = build_harbour(rng, lattice, surface, shore_m) if setting == "coast" else ()
    return Landscape(
        lattice=lattice,
        surface=surface,
        parcel=parcel,
        district=districts.number,
        street_heading_deg=districts.heading_deg,
        elevation_m=np.where(shore_m > 0, relief.elevation_m, 0.0),
        shore_m=shore_m,
        berths=berths,
        landmarks=build_offshore(rng, lattice, surface),
    )


def _shore_distance(altitude: Field, spacing_m: float) -> Field:
    """Altitude over its slope: the distance from its zero line in metres, near the line."""
    down, right = np.gradient(altitude, spacing_m)
    slope = np.hypot(down, right)
    return np.asarray(altitude / np.maximum(slope, 0.3 * slope.mean()))


def _lookup(rng: np.random.Generator, shares: dict[Surface, float]) -> Surfaces:
    """Tabulate a surface by parcel number, with the shares given; what is left is CROP."""
    draw = rng.permutation(TABLE_SIZE) / TABLE_SIZE
    table = np.full(TABLE_SIZE, Surface.CROP, dtype=np.uint8)
    start = 0.0
    for surface, share in shares.items():
        table[(draw >= start) & (draw < start + share)] = surface
        start += share
    return table


def _countryside(
    rng: np.random.Generator, lattice: Lattice, relief: Relief, fields: Parcels
) -> Surfaces:
    """Fields, meadows and woods."""
    grass = rng.uniform(0.1, 0.4)
    table = _lookup(rng, {Surface.GRASS: grass, Surface.FOREST: 0.05, Surface.SHRUB: 0.04})
    surface = table[fields.ids]
    np.putmask(surface, fields.border, Surface.GRASS)
    wild = relief.hills + 0.35 * lattice.fractal(rng, 1800.0, 3.8)
    np.putmask(surface, lattice.mask(wild, 0.6), Surface.SHRUB)
    forest = lattice.fractal(rng, 1500.0, 3.5) + 1.2 * relief.hills + rng.uniform(-1.4, 0.4)
    np.putmask(surface, lattice.mask(forest, 0.7), Surface.FOREST)
    return surface


def _paint_bare(
    rng: np.random.Generator, lattice: Lattice, relief: Relief, surface: Surfaces
) -> None:
    """Deserts in some scenes, quarries in all."""
    if rng.random() < 0.25:
        barren = lattice.fractal(rng, 2500.0, 3.9) + rng.uniform(-0.6, 0.9)
        np.putmask(surface, lattice.mask(barren, 0.4), Surface.ROCK)
        dunes = barren + 0.5 * lattice.fractal(rng, 900.0, 3.6)
        np.putmask(surface, lattice.mask(dunes, 1.0), Surface.SAND)
    quarry = lattice.fractal(rng, 500.0, 4.0) - np.abs(relief.hills - 0.3)
    np.putmask(surface, lattice.mask(quarry, rng.uniform(1.9, 2.7)), Surface.ROCK)


def _paint_beach(
    rng: np.random.Generator, lattice: Lattice, shore_m: Field, surface: Surfaces
) -> None:
    """Lay a beach along most of the shore, and here and there dunes behind it."""
    depth_m = 20 + 35 * lattice.fractal(rng, 1500.0, 3.0)
    if rng.random() < 0.4:
        depth_m += 250 * np.maximum(lattice.fractal(rng, 2500.0, 4.0), 0)
    np.putmask(surface, lattice.mask(depth_m - shore_m, 0.0), Surface.SAND)


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


def _paint_towns(
    rng: np.random.Generator,
    lattice: Lattice,
    relief: Relief,
    districts: Districts,
    surface: Surfaces,
    parcel: NDArray[np.uint16],
) -> None:
    """Build towns on low ground: dense in the middle, with parks, industry and streets."""
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
        np.copyto(surface[part], _lookup(rng, shares)[streets.ids], where=mask[part])
    town = masks[0][part]
    paved = town & (streets.main | (streets.border & (streets.ids & 3 != 0)))
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
    for _ in range(rng.integers(0, 5)):
        rows, cols = (rng.uniform(0, 1, size=(8, 2)) * lattice.shape).T
        best = int(np.argmin(np.abs(lattice.at(relief.altitude, rows, cols) - 0.25)))
        row, col = rows[best], cols[best]
        south, east = (row, col) - np.array(lattice.shape) / 2
        radius_m = min(float(rng.lognormal(np.log(1100), 0.7)), 9000.0)
        away = np.hypot(south_m - south * lattice.gsd_m, east_m - east * lattice.gsd_m)
        density = np.maximum(density, 1.4 * np.exp(-((away / radius_m) ** 2)))
    return np.asarray(density * (1 - relief.hills) * (1 + 0.35 * lattice.fractal(rng, 900.0, 3.4)))


def _paint_inland_water(
    rng: np.random.Generator, lattice: Lattice, relief: Relief, surface: Surfaces
) -> NDArray[np.bool_]:
    """Rivers with their sand banks, and lakes; tells where the water is."""
    water = lattice.mask(relief.lake, 0.0)
    for river in relief.rivers:
        width_m, distance_m = river.width_m, river.distance_m
        banks_m = np.clip(width_m * lattice.fractal(rng, 700.0, 3.0), 0, width_m)
        sand = lattice.mask(banks_m - np.abs(distance_m), 0.0)
        np.putmask(surface, sand, Surface.SAND)
        water |= lattice.mask(distance_m, -width_m / 2, width_m / 2)
    np.putmask(surface, water, Surface.INLAND_WATER)
    return water


def _paint_roads(
    lattice: Lattice, relief: Relief, water: NDArray[np.bool_], surface: Surfaces
) -> None:
    """Lay main roads, and bridges where they cross water."""
    for road in relief.roads:
        half_m = max(road.width_m, lattice.gsd_m) / 2
        on_road = lattice.mask(road.distance_m, -half_m, half_m)
        np.putmask(surface, on_road, Surface.PAVED)
        np.putmask(surface, on_road & water, Surface.STRUCTURE)
