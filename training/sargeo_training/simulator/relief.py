"""Relief on the lattice: coast, hills, rivers, lakes and the courses of main roads.

Curves such as rivers are the zero lines of random fields. Divided by their slope, these fields
are close to signed distances in metres, which survive interpolation even for thin lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sargeo_training.simulator.fields import Field, Lattice

Setting = Literal["coast", "inland", "sea"]
"""What the scene shows: sea and land, no sea, or nothing but sea with perhaps an islet."""


@dataclass(frozen=True)
class Curve:
    """A winding line through the scene: a river or a road.

    Attributes
    ----------
    distance_m : Field
        Signed distance from the line on the nodes of the lattice, exact near the line.
    width_m : float
    """

    distance_m: Field
    width_m: float


@dataclass(frozen=True)
class Relief:
    """The shape of the land, on the nodes of a lattice.

    Attributes
    ----------
    altitude : Field
        Without unit: below 0 is sea, and it grows inland.
    hills : Field
        0 on the plain to 1 in the hills.
    elevation_m : Field
    rivers, roads : tuple of Curve
    lake : Field
        Above 0 is lake.
    """

    altitude: Field
    hills: Field
    elevation_m: Field
    rivers: tuple[Curve, ...]
    roads: tuple[Curve, ...]
    lake: Field


# Share of the scene that is sea; of an inland scene, that is plain; at sea, how far the highest
# ground rises above the water.
_SHARE = {"coast": (0.2, 0.7), "inland": (0.1, 0.9), "sea": (-1.0, 0.1)}


def draw_relief(
    rng: np.random.Generator,
    lattice: Lattice,
    setting: Setting,
    relief_m: float,
    seaward_deg: float,
) -> Relief:
    """Draw a relief.

    Parameters
    ----------
    rng : numpy.random.Generator
    lattice : Lattice
    setting : {"coast", "inland", "sea"}
    relief_m : float
        Height of the hills above the plain in metres.
    seaward_deg : float
        Direction of the sea, degrees clockwise from north.
    """
    altitude = _draw_altitude(rng, lattice, setting, seaward_deg)
    rivers = tuple(
        _draw_curve(
            rng,
            lattice,
            seaward_deg,
            wander_m=rng.uniform(40, 380),
            width_m=rng.lognormal(np.log(60), 0.5),
        )
        for _ in range(0 if setting == "sea" else rng.integers(0, 3))
    )
    roads = tuple(
        _draw_curve(rng, lattice, rng.uniform(0, 360), wander_m=140.0, width_m=rng.uniform(10, 32))
        for _ in range(rng.integers(0, 4))
    )
    rise = np.clip((altitude - rng.uniform(0.3, 1.3)) / 0.9, 0, 1)
    hills = rise * rise * (3 - 2 * rise)
    elevation_m = _draw_elevation(rng, lattice, altitude, relief_m * hills)
    for river in rivers:
        elevation_m = elevation_m * (1 - np.exp(-((river.distance_m / 900.0) ** 2)))
    lake = lattice.fractal(rng, 600.0, 3.4) - rng.uniform(1.9, 3.5) - 2 * hills
    return Relief(altitude, hills, elevation_m, rivers, roads, lake)


def _draw_altitude(
    rng: np.random.Generator, lattice: Lattice, setting: Setting, seaward_deg: float
) -> Field:
    """Draw a rough slope down to the sea; its zero is where the wanted share is sea."""
    angle = np.radians(seaward_deg)
    south_m, east_m = lattice.south_east_m
    half_m = max(lattice.shape) * lattice.gsd_m / 2
    inland = (np.cos(angle) * south_m - np.sin(angle) * east_m) / half_m
    slope = rng.uniform(0.7, 2.0)
    rough = lattice.fractal(rng, rng.uniform(2500, 7000), rng.uniform(3.4, 4.3))
    altitude = slope * inland + 0.5 * rough
    share = rng.uniform(*_SHARE[setting])
    if setting == "sea":
        return np.asarray(altitude - float(altitude.max()) + share)
    above = altitude - np.quantile(altitude, share)
    if setting == "inland":
        return np.asarray(np.where(above < 0, 0.4 * np.exp(np.minimum(above, 0)), 0.4 + above))
    return np.asarray(above)


def _draw_elevation(
    rng: np.random.Generator, lattice: Lattice, altitude: Field, relief_m: Field
) -> Field:
    """Raise ridges and valleys out of the lowland; ``relief_m`` is their height by place."""
    ridges = 1 - np.abs(lattice.fractal(rng, 4500.0, 4.4))
    spurs = 1 - np.abs(lattice.fractal(rng, 1800.0, 4.6))
    plain = np.clip(altitude, 0, 1) * 15.0
    return np.asarray(
        plain
        + relief_m * np.maximum(0.3 + 0.5 * ridges + 0.45 * spurs * np.clip(ridges, 0.2, 1), 0.05)
    )


def _draw_curve(
    rng: np.random.Generator, lattice: Lattice, heading_deg: float, wander_m: float, width_m: float
) -> Curve:
    """Draw a line along a heading that wanders about its course."""
    angle = np.radians(heading_deg + rng.normal(0, 12))
    south_m, east_m = lattice.south_east_m
    half_m = min(lattice.shape) * lattice.gsd_m / 2
    across = np.sin(angle) * south_m + np.cos(angle) * east_m - rng.uniform(-0.8, 0.8) * half_m
    wandering = across + wander_m * lattice.fractal(rng, 2500.0, 4.2)
    down, right = np.gradient(wandering, lattice.spacing_m)
    return Curve(wandering / np.maximum(np.hypot(down, right), 0.3), width_m)
