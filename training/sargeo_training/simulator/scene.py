"""Simulated SAR scenes with their truth: one call, from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from sargeo.geo.grid import GeoGrid
from sargeo.scene.bands import Band
from sargeo_training.simulator.backscatter import (
    BAND_POLARISATIONS,
    RadarBand,
    draw_state_db,
)
from sargeo_training.simulator.fields import Lattice
from sargeo_training.simulator.imaging import Radar, render
from sargeo_training.simulator.landscape import draw_landscape
from sargeo_training.simulator.relief import Setting
from sargeo_training.simulator.ships import Ships, draw_ships
from sargeo_training.simulator.surfaces import LEGEND_CODES

_INVENTED_CRS = CRS.from_epsg(32629)
_INVENTED_ORIGIN = (500_000.0, 4_500_000.0)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a scene shows and how the radar sees it.

    Attributes
    ----------
    setting : {"coast", "inland", "sea"}
    ships : int
        How many at most; fewer where there is too little room.
    relief_m : float
        Height of the hills above the plain.
    seaward_deg : float
        Direction of the sea, clockwise from north.
    wind_ms : float
        Mean wind speed over open water.
    wind_angle_deg : float
        Between the look and the direction that the wind blows from.
    noise_db : float
        Noise-equivalent sigma nought.
    look_azimuth_deg : float
        Direction of look, clockwise from north.
    wetness_db : float
        What moisture adds to the backscatter of open soil; below 0 after drought.
    """

    setting: Setting
    ships: int
    relief_m: float
    seaward_deg: float
    wind_ms: float
    wind_angle_deg: float
    noise_db: float
    look_azimuth_deg: float
    wetness_db: float


class FixedConditions(TypedDict, total=False):
    """Conditions that the caller fixes; see ``Conditions``."""

    setting: Setting
    ships: int
    relief_m: float
    seaward_deg: float
    wind_ms: float
    wind_angle_deg: float
    noise_db: float
    look_azimuth_deg: float
    wetness_db: float


@dataclass(frozen=True)
class SimulatedScene:
    """A scene and its truth.

    Attributes
    ----------
    sigma0 : ndarray of float32, shape (C, H, W)
        Linear power, with speckle and noise.
    bands : tuple of Band
        VV, VH in C band; HH, HV, VV in L band.
    landcover : ndarray of uint8, shape (H, W)
        Codes of ``sargeo.legend``.
    ships : Ships
        Positions from the corner of the first pixel.
    incidence_deg : float
    conditions : Conditions
    grid : GeoGrid
        In UTM, at an invented place.
    """

    sigma0: NDArray[np.float32]
    bands: tuple[Band, ...]
    landcover: NDArray[np.uint8]
    ships: Ships
    incidence_deg: float
    conditions: Conditions
    grid: GeoGrid


def simulate_scene(
    seed: int,
    shape: tuple[int, int] = (1024, 1024),
    *,
    gsd_m: float = 10.0,
    incidence_deg: float = 38.0,
    band: RadarBand = "C",
    looks: float = 4.4,
    **fixed: Unpack[FixedConditions],
) -> SimulatedScene:
    """Simulate a scene. The same arguments give the same scene.

    Parameters
    ----------
    seed : int
    shape : tuple of int
        (rows, cols).
    gsd_m : float
        Ground spacing of pixels.
    incidence_deg : float
        At the middle of the scene; it stands for the whole.
    band : {"C", "L"}
    looks : float
        Equivalent number of looks; 4.4 as Sentinel-1 IW GRDH.
    **fixed
        Any of ``Conditions``; the others are drawn.
    """
    rng = np.random.default_rng(seed)
    # A stream for each part, so that a change to one leaves the others as they were.
    land_rng, fleet_rng, image_rng, state_rng = rng.spawn(4)
    lattice = Lattice(shape, gsd_m)
    conditions = replace(_draw_conditions(rng, band, shape, gsd_m), **fixed)
    landscape = draw_landscape(
        land_rng,
        lattice,
        setting=conditions.setting,
        relief_m=conditions.relief_m,
        seaward_deg=conditions.seaward_deg,
    )
    ships = draw_ships(fleet_rng, landscape, conditions.ships)
    radar = Radar(
        band=band,
        incidence_deg=incidence_deg,
        look_azimuth_deg=conditions.look_azimuth_deg,
        looks=looks,
        noise_db=conditions.noise_db,
        wind_ms=conditions.wind_ms,
        wind_angle_deg=conditions.wind_angle_deg,
        state_db=draw_state_db(state_rng, band, conditions.wetness_db),
    )
    return SimulatedScene(
        sigma0=render(image_rng, landscape, ships, radar),
        bands=tuple(Band(p, "sigma0", "linear") for p in BAND_POLARISATIONS[band]),
        landcover=LEGEND_CODES[landscape.surface],
        ships=ships,
        incidence_deg=incidence_deg,
        conditions=conditions,
        grid=GeoGrid(_INVENTED_CRS, _transform(gsd_m), shape),
    )


def _draw_conditions(
    rng: np.random.Generator, band: RadarBand, shape: tuple[int, int], gsd_m: float
) -> Conditions:
    settings: tuple[Setting, ...] = ("coast", "inland", "sea")
    area_km2 = shape[0] * shape[1] * (gsd_m / 1000) ** 2
    return Conditions(
        setting=settings[int(rng.choice(3, p=(0.5, 0.38, 0.12)))],
        ships=int(rng.poisson(6 + min(area_km2, 400) * rng.uniform(0.0, 0.4))),
        relief_m=float(rng.lognormal(np.log(100), 0.9)),
        seaward_deg=float(rng.uniform(0, 360)),
        wind_ms=float(np.clip(7 * rng.weibull(2.0), 1.5, 18)),
        wind_angle_deg=float(rng.uniform(0, 360)),
        noise_db=float(rng.uniform(-33, -24) if band == "C" else rng.uniform(-42, -32)),
        # Right-looking radars on sun-synchronous orbits look east when ascending, else west.
        look_azimuth_deg=float(rng.choice((78.0, 282.0))),
        wetness_db=float(np.clip(rng.normal(0, 1.2), -2.5, 2.5)),
    )


def _transform(gsd_m: float) -> Affine:
    x, y = _INVENTED_ORIGIN
    return Affine(gsd_m, 0, x, 0, -gsd_m, y)
