"""From a landscape to what a radar measures: sigma nought with texture, targets and speckle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo_training.simulator.backscatter import (
    BAND_POLARISATIONS,
    RadarBand,
    parcel_backscatter,
)
from sargeo_training.simulator.fields import (
    TABLE_BITS,
    Field,
    Field32,
    Lattice,
    table_indices,
)
from sargeo_training.simulator.landscape import Landscape
from sargeo_training.simulator.sea import sea_backscatter
from sargeo_training.simulator.ships import Ships
from sargeo_training.simulator.speckle import blur, speckle
from sargeo_training.simulator.surfaces import Surface
from sargeo_training.simulator.targets import View, add_landmarks, add_ships
from sargeo_training.simulator.urban import alignment_gain, texture_table

_WIND_LIMIT_MS = 30


@dataclass(frozen=True, slots=True)
class Radar:
    """The instrument and the weather that it looks through.

    Attributes
    ----------
    band : {"C", "L"}
    incidence_deg : float
    look_azimuth_deg : float
        Direction of look, clockwise from north.
    looks : float
        Equivalent number of looks.
    noise_db : float
        Noise-equivalent sigma nought, added in power.
    wind_ms : float
        Mean wind speed over open water.
    wind_angle_deg : float
        Between the look and the direction that the wind blows from.
    state_db : ndarray of float32, shape (channels, surfaces)
        By how much surfaces differ from their usual backscatter.
    """

    band: RadarBand
    incidence_deg: float
    look_azimuth_deg: float
    looks: float
    noise_db: float
    wind_ms: float
    wind_angle_deg: float
    state_db: Field32


def render(rng: np.random.Generator, landscape: Landscape, ships: Ships, radar: Radar) -> Field32:
    """Measure a landscape.

    Returns
    -------
    ndarray of float32, shape (C, H, W)
        Sigma nought in linear power, channels as in ``BAND_POLARISATIONS``.
    """
    polarisations = BAND_POLARISATIONS[radar.band]
    cross = tuple(p[0] != p[1] for p in polarisations)
    power = _land_power(rng, landscape, radar, cross)
    sea = landscape.surface == Surface.SEA
    water = sea | (landscape.surface == Surface.INLAND_WATER)
    if water.any():
        _wet(rng, power, water, landscape, radar)
    view = View(landscape.lattice.gsd_m, radar.incidence_deg, radar.look_azimuth_deg)
    add_landmarks(power, cross, landscape.landmarks, view)
    add_ships(rng, power, sea, cross, ships, view)
    noise = np.float32(10 ** (radar.noise_db / 10))
    for channel in power:
        seen = blur(channel)
        seen += noise
        np.multiply(seen, speckle(rng, channel.shape, radar.looks), out=channel)
    return power


def shading(
    elevation_m: Field, spacing_m: float, incidence_deg: float, look_azimuth_deg: float
) -> Field:
    """Gain in power by which slopes towards the radar are brighter than flat ground.

    For ground of constant gamma nought in a product on the ellipsoid the gain is
    ``tan(theta) / tan(theta - slope)``, the ratio of the areas seen across the line of sight
    (Small 2011, "Flattening gamma: radiometric terrain correction for SAR imagery", IEEE TGRS
    49(8)). It is limited to what layover and noise leave of it, 6 dB either way; pixels are not
    displaced, as in terrain-corrected products.

    Parameters
    ----------
    elevation_m : Field
    spacing_m : float
        Between nodes of ``elevation_m``.
    incidence_deg : float
    look_azimuth_deg : float
        Direction in which the radar looks, clockwise from north.
    """
    down, right = np.gradient(elevation_m, spacing_m)
    azimuth = np.radians(look_azimuth_deg)
    rise = np.sin(azimuth) * right - np.cos(azimuth) * down
    theta = np.radians(incidence_deg)
    local = np.clip(theta - np.arctan(rise), np.radians(4.0), np.radians(88.0))
    return np.asarray(np.clip(np.tan(theta) / np.tan(local), 0.25, 4.0))


def _land_power(
    rng: np.random.Generator, landscape: Landscape, radar: Radar, cross: tuple[bool, ...]
) -> Field32:
    """Mean power by surface and parcel, with texture, street alignment and terrain."""
    surface = landscape.surface
    table = parcel_backscatter(rng, radar.band, radar.incidence_deg, radar.state_db)
    row = surface.astype(np.intp) << TABLE_BITS
    texture = texture_table().ravel()[row | table_indices(rng, surface.shape)]
    lattice = landscape.lattice
    relief = shading(
        landscape.elevation_m, lattice.spacing_m, radar.incidence_deg, radar.look_azimuth_deg
    )
    texture *= lattice.upsample(relief * _patchiness(rng, lattice))
    aligned = alignment_gain(landscape.street_heading_deg, radar.look_azimuth_deg)
    built = np.flatnonzero(np.take(aligned.max(axis=1) > 1, surface))
    bounce = aligned[surface.ravel()[built], landscape.district.ravel()[built]]
    row |= landscape.parcel
    power = np.empty((len(cross), *surface.shape), dtype=np.float32)
    for channel, is_cross in enumerate(cross):
        np.take(table[channel].ravel(), row, out=power[channel], mode="clip")
        power[channel] *= texture
        if not is_cross:
            power[channel].ravel()[built] *= bounce
    return power


def _patchiness(rng: np.random.Generator, lattice: Lattice) -> Field:
    """Gain in power by which ground differs within parcels: soil, moisture, growth, stand age.

    Half a decibel, as far as block means of even land vary in SEN12MS-CR beyond speckle.
    """
    drift_db = 0.4 * lattice.fractal(rng, 1200.0, 3.0) + 0.4 * lattice.fractal(rng, 150.0, 2.5)
    return np.asarray(10 ** (drift_db / 10))


def _wet(
    rng: np.random.Generator,
    power: Field32,
    water: NDArray[np.bool_],
    landscape: Landscape,
    radar: Radar,
) -> None:
    """Set water to its backscatter by wind, with K-distributed texture and swell."""
    lattice = landscape.lattice
    wind_ms = _wind(rng, lattice, landscape.shore_m, radar.wind_ms)
    texture = _sea_texture(rng, lattice)
    speeds = np.arange(1, 8 * _WIND_LIMIT_MS) / 8.0
    nearest = np.rint(8 * wind_ms).astype(np.intp) - 1
    for channel, polarisation in enumerate(BAND_POLARISATIONS[radar.band]):
        curve = sea_backscatter(
            speeds, band=radar.band, polarisation=polarisation,
            angle_deg=radar.wind_angle_deg, incidence_deg=radar.incidence_deg,
        )  # fmt: skip
        np.copyto(power[channel], lattice.upsample(curve[nearest] * texture), where=water)


def _wind(rng: np.random.Generator, lattice: Lattice, shore_m: Field, mean_ms: float) -> Field:
    """Wind speed with gusts, slicks, a lee along the shore, and less wind inland."""
    gusts = 1 + 0.10 * lattice.fractal(rng, 4000.0, 3.5) + 0.05 * lattice.fractal(rng, 600.0, 3.0)
    lee = 1 - rng.uniform(0, 0.5) * np.exp(-np.maximum(-shore_m, 0) / 1500.0)
    slick = np.clip(lattice.fractal(rng, 2500.0, 3.2) - rng.uniform(1.0, 3.0), 0, 1)
    lee = np.where(shore_m > 0, rng.uniform(0.35, 0.9), lee)
    return np.asarray(np.clip(mean_ms * gusts * lee * (1 - 0.5 * slick), 0.2, _WIND_LIMIT_MS - 1))


def _sea_texture(rng: np.random.Generator, lattice: Lattice) -> Field:
    """Gamma texture of mean 1, which makes speckled intensity K-distributed, with some swell.

    Jakeman and Pusey (1976), "A model for non-Rayleigh sea echo", IEEE TAP 24(6); the ranges of
    shape and swell are our choice.
    """
    shape = float(rng.uniform(8, 60))
    texture = rng.gamma(shape, 1 / shape, size=lattice.nodes)
    length_m, angle = rng.uniform(180, 350), rng.uniform(0, np.pi)
    south_m, east_m = lattice.south_east_m
    phase = 2 * np.pi * (np.cos(angle) * south_m + np.sin(angle) * east_m) / length_m
    swell = np.sin(phase + 1.5 * lattice.fractal(rng, 1500.0, 4.0))
    return np.asarray(texture * (1 + rng.uniform(0, 0.15) * swell))
