"""Simulated SAR scenes with their truth: one call, from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from sargeo.grid import GeoGrid
from sargeo.scene.bands import Band
from sargeo_training.simulator.backscatter import BAND_POLARISATIONS, RadarBand
from sargeo_training.simulator.fields import Lattice
from sargeo_training.simulator.imaging import Radar, render
from sargeo_training.simulator.landscape import draw_landscape
from sargeo_training.simulator.relief import Setting
from sargeo_training.simulator.ships import NO_SHIPS, Ships, draw_ships
from sargeo_training.simulator.surfaces import LEGEND_CODES, Surface

_INVENTED_ORIGIN = (500_000.0, 4_500_000.0)
_INVENTED_CRS = 32629


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
    incidence_deg, look_azimuth_deg, wind_ms : float
    grid : GeoGrid
        In UTM, at an invented place.
    """

    sigma0: NDArray[np.float32]
    bands: tuple[Band, ...]
    landcover: NDArray[np.uint8]
    ships: Ships
    incidence_deg: float
    look_azimuth_deg: float
    wind_ms: float
    grid: GeoGrid


def simulate_scene(
    seed: int,
    shape: tuple[int, int] = (1024, 1024),
    *,
    gsd_m: float = 10.0,
    incidence_deg: float = 38.0,
    band: RadarBand = "C",
    looks: float = 4.4,
    setting: Setting | None = None,
    ships: int | None = None,
    relief_m: float | None = None,
    wind_ms: float | None = None,
    noise_db: float | None = None,
    look_azimuth_deg: float | None = None,
    seaward_deg: float | None = None,
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
    setting : {"coast", "inland", "sea"}, optional
    ships : int, optional
        How many at most.
    relief_m : float, optional
        Height of the hills.
    wind_ms : float, optional
        Mean wind speed over the sea.
    noise_db : float, optional
        Noise-equivalent sigma nought.
    look_azimuth_deg : float, optional
        Direction of look, clockwise from north.
    seaward_deg : float, optional
        Direction of the sea, clockwise from north. What is None is drawn.
    """
    rng = np.random.default_rng(seed)
    lattice = Lattice(shape, gsd_m)
    drawn = _draw_settings(rng, band, shape, gsd_m)
    setting = setting or drawn.setting
    landscape = draw_landscape(
        rng,
        lattice,
        setting=setting,
        relief_m=drawn.relief_m if relief_m is None else relief_m,
        seaward_deg=drawn.seaward_deg if seaward_deg is None else seaward_deg,
    )
    has_sea = bool((landscape.surface == Surface.SEA).any())
    fleet = (
        draw_ships(rng, landscape, drawn.ships if ships is None else ships) if has_sea else NO_SHIPS
    )
    radar = Radar(
        band=band,
        incidence_deg=incidence_deg,
        look_azimuth_deg=drawn.look_azimuth_deg if look_azimuth_deg is None else look_azimuth_deg,
        looks=looks,
        noise_db=drawn.noise_db if noise_db is None else noise_db,
        wind_ms=drawn.wind_ms if wind_ms is None else wind_ms,
        wind_angle_deg=drawn.wind_angle_deg,
    )
    return SimulatedScene(
        sigma0=render(rng, landscape, fleet, radar),
        bands=tuple(Band(p, "sigma0", "linear") for p in BAND_POLARISATIONS[band]),
        landcover=LEGEND_CODES[landscape.surface],
        ships=fleet,
        incidence_deg=incidence_deg,
        look_azimuth_deg=radar.look_azimuth_deg,
        wind_ms=radar.wind_ms,
        grid=_invented_grid(shape, gsd_m),
    )


@dataclass(frozen=True, slots=True)
class _Settings:
    setting: Setting
    ships: int
    relief_m: float
    wind_ms: float
    wind_angle_deg: float
    noise_db: float
    look_azimuth_deg: float
    seaward_deg: float


def _draw_settings(
    rng: np.random.Generator, band: RadarBand, shape: tuple[int, int], gsd_m: float
) -> _Settings:
    """Draw what the caller may leave open; all of it every time, so that seeds stay comparable."""
    settings: tuple[Setting, ...] = ("coast", "inland", "sea")
    area_km2 = shape[0] * shape[1] * (gsd_m / 1000) ** 2
    return _Settings(
        setting=settings[int(rng.choice(3, p=(0.5, 0.38, 0.12)))],
        ships=int(rng.poisson(6 + min(area_km2, 400) * rng.uniform(0.0, 0.4))),
        relief_m=float(rng.lognormal(np.log(150), 0.9)),
        wind_ms=float(np.clip(7 * rng.weibull(2.0), 1.5, 18)),
        wind_angle_deg=float(rng.uniform(0, 360)),
        noise_db=float(rng.uniform(-30, -24) if band == "C" else rng.uniform(-42, -32)),
        # Right-looking radars on sun-synchronous orbits look east when ascending, else west.
        look_azimuth_deg=float(rng.choice((78.0, 282.0))),
        seaward_deg=float(rng.uniform(0, 360)),
    )


def _invented_grid(shape: tuple[int, int], gsd_m: float) -> GeoGrid:
    x, y = _INVENTED_ORIGIN
    return GeoGrid(CRS.from_epsg(_INVENTED_CRS), Affine(gsd_m, 0, x, 0, -gsd_m, y), shape)
