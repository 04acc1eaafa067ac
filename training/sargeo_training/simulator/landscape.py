"""Landscapes: which surface lies where.

A landscape is painted from the ground up: sea and land, woods and fields, rivers and lakes,
beaches and quarries, towns with their streets, roads with their bridges, harbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo_training.simulator.fields import Field, Lattice
from sargeo_training.simulator.harbours import Berth, build_harbour
from sargeo_training.simulator.offshore import Landmarks, build_offshore
from sargeo_training.simulator.parcels import Parcels, draw_districts, draw_parcels
from sargeo_training.simulator.relief import Relief, Setting, draw_relief
from sargeo_training.simulator.settlements import (
    paint_towns,
    paint_villages,
    surfaces_by_parcel,
)
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
        strip_m=rng.uniform(60, 260), parcel_m=rng.uniform(150, 550), border_m=rng.uniform(8, 16),
    )  # fmt: skip
    surface = _countryside(rng, lattice, relief, fields)
    _paint_bare(rng, lattice, relief, surface)
    _paint_beach(rng, lattice, shore_m, surface)
    parcel = fields.ids
    paint_towns(rng, lattice, relief, districts, surface, parcel)
    paint_villages(rng, lattice, relief, surface, parcel)
    water = _paint_inland_water(rng, lattice, relief, surface)
    _paint_roads(lattice, relief, water, surface)
    np.putmask(surface, ~lattice.mask(shore_m, 0.0), Surface.SEA)
    harbour = setting == "coast" and rng.random() < 0.75
    berths = build_harbour(rng, lattice, surface, shore_m) if harbour else ()
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


def _countryside(
    rng: np.random.Generator, lattice: Lattice, relief: Relief, fields: Parcels
) -> Surfaces:
    """Fields and meadows with hedges between them, wilderness, woods with their clear-cuts."""
    grass = rng.uniform(0.1, 0.5)
    table = surfaces_by_parcel(
        rng, {Surface.GRASS: grass, Surface.FOREST: 0.04, Surface.SHRUB: 0.04}
    )
    surface = table[fields.ids]
    hedges = rng.uniform(0, 0.35) if rng.random() < 0.6 else 0.0
    verges = surfaces_by_parcel(rng, {Surface.FOREST: hedges, Surface.SHRUB: 0.1}, Surface.GRASS)
    surface[fields.border] = verges[fields.ids[fields.border]]
    wild = relief.hills + 0.35 * lattice.fractal(rng, 1800.0, 3.8)
    np.putmask(surface, lattice.mask(wild, 0.6), Surface.SHRUB)
    stands = surfaces_by_parcel(
        rng, {Surface.SHRUB: 0.04, Surface.GRASS: rng.uniform(0, 0.04)}, Surface.FOREST
    )
    np.copyto(surface, stands[fields.ids], where=_woods(rng, lattice, relief))
    return surface


def _woods(rng: np.random.Generator, lattice: Lattice, relief: Relief) -> NDArray[np.bool_]:
    """Tell where woods are: large ones, most in the hills, and copses between the fields."""
    forest = lattice.fractal(rng, 1500.0, 3.2) + 1.2 * relief.hills + rng.uniform(-1.4, 0.9)
    copses = lattice.fractal(rng, 250.0, 3.2) - rng.uniform(0.8, 2.0)
    return lattice.mask(np.maximum(forest, copses), 0.7)


def _paint_bare(
    rng: np.random.Generator, lattice: Lattice, relief: Relief, surface: Surfaces
) -> None:
    """Deserts in some scenes, quarries in all."""
    if rng.random() < 0.2:
        barren = lattice.fractal(rng, 2500.0, 3.9) + rng.uniform(-0.6, 0.9)
        np.putmask(surface, lattice.mask(barren, 0.4), Surface.ROCK)
        dunes = barren + 0.5 * lattice.fractal(rng, 900.0, 3.6)
        np.putmask(surface, lattice.mask(dunes, 1.0), Surface.SAND)
    quarry = lattice.fractal(rng, 500.0, 4.0) - np.abs(relief.hills - 0.3)
    np.putmask(surface, lattice.mask(quarry, rng.uniform(2.2, 3.4)), Surface.ROCK)


def _paint_beach(
    rng: np.random.Generator, lattice: Lattice, shore_m: Field, surface: Surfaces
) -> None:
    """Lay a beach along most of the shore, and here and there dunes behind it."""
    depth_m = 20 + 35 * lattice.fractal(rng, 1500.0, 3.0)
    if rng.random() < 0.4:
        depth_m += 250 * np.maximum(lattice.fractal(rng, 2500.0, 4.0), 0)
    np.putmask(surface, lattice.mask(depth_m - shore_m, 0.0), Surface.SAND)


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
