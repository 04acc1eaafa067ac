"""Mean backscatter of land by surface, polarisation and incidence angle.

Levels are those of a typical state, rounded to half a decibel: orders of magnitude after the
sources named, whose tables were not at hand to check them against, and no fit to one campaign. What
was checked is their mixture: in C band ten unlabelled SEN12MS-CR patches and training chips of
Sen1Floods11 have medians of -8.4 to -11.0 dB in VV and -15.2 to -17.3 dB in VH over blocks of 160 m
with standard deviations of 0.6 to 2.3 dB, and simulated land differs from that by a decibel; in L
band the contrast and spread of classes follow the AIRSAR fields of Flevoland.

Real ground differs from its class by parcel (crop, row, growth), by scene (season, region) and by
weather (soil moisture), which ``parcel_backscatter`` and ``draw_state_db`` stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.bands import Polarisation
from sargeo_training.simulator.fields import TABLE_SIZE, Field32
from sargeo_training.simulator.surfaces import Surface

RadarBand = Literal["C", "L"]
"""C band as Sentinel-1 (5.4 GHz), L band as AIRSAR and PALSAR (1.25 GHz)."""

BAND_POLARISATIONS: Mapping[RadarBand, tuple[Polarisation, ...]] = {
    "C": ("VV", "VH"),
    "L": ("HH", "HV", "VV"),
}
"""Channels of a simulated scene, in order."""

SOURCES: Mapping[str, str] = {
    "handbook": "Ulaby and Dobson (1989), Handbook of Radar Scattering Statistics for Terrain, "
    "Artech House: trees, grasses, shrubs, short vegetation, roads, soil and rock surfaces",
    "crops": "Veloso et al. (2017), Understanding the temporal behavior of crops using Sentinel-1 "
    "and Sentinel-2-like data, Remote Sensing of Environment 199; Vreugdenhil et al. (2018), "
    "Sensitivity of Sentinel-1 backscatter to vegetation dynamics, Remote Sensing 10(9)",
    "forest": "Frison et al. (2018), Potential of Sentinel-1 data for monitoring temperate mixed "
    "forest phenology, Remote Sensing 10(12); Rüetschi et al. (2018), Using multitemporal "
    "Sentinel-1 C-band backscatter to monitor phenology and classify deciduous and coniferous "
    "forests in northern Switzerland, Remote Sensing 10(1)",
    "urban": "Koppel et al. (2017), Sensitivity of Sentinel-1 backscatter to characteristics of "
    "buildings, International Journal of Remote Sensing 38(22)",
    "palsar": "Shimada et al. (2014), New global forest/non-forest maps from ALOS PALSAR data, "
    "Remote Sensing of Environment 155",
    "flevoland": "measured on the training fields of AIRSAR over Flevoland (L band): differences "
    "between classes and between crops only, since the copy's absolute level is in doubt",
    "clapp": "Clapp (1946), A theoretical and experimental study of radar ground return, "
    "MIT Radiation Laboratory report 1024: powers of the cosine",
}
"""What the keys in ``source`` stand for; exponents are of ``clapp`` throughout. Orders of magnitude
after these; only ``flevoland`` was checked. Spreads by scene and moisture are our choice."""


@dataclass(frozen=True, slots=True)
class ClassBackscatter:
    """Backscatter of one surface.

    Attributes
    ----------
    level_db : tuple of float
        Mean sigma nought at 40 degrees, in the order of ``BAND_POLARISATIONS``.
    exponent : float
        Sigma nought goes with this power of the cosine of the incidence angle.
    parcel_db : float
        Standard deviation between parcels of a scene in dB.
    scene_db : float
        Standard deviation between scenes in dB.
    moisture : float
        Share of a scene's wetness in dB that this surface takes on.
    source : str
        Keys of ``SOURCES``.
    """

    level_db: tuple[float, ...]
    exponent: float
    parcel_db: float
    scene_db: float
    moisture: float
    source: str


_C = ClassBackscatter
LAND_BACKSCATTER: Mapping[RadarBand, Mapping[Surface, ClassBackscatter]] = {
    "C": {
        Surface.FOREST: _C((-9.5, -15.0), 1.2, 0.6, 0.9, 0.4, "forest handbook"),
        Surface.CROP: _C((-11.0, -17.5), 1.8, 2.2, 1.2, 1.0, "crops"),
        Surface.GRASS: _C((-12.0, -18.5), 1.8, 1.3, 1.0, 1.0, "handbook crops"),
        Surface.SHRUB: _C((-11.0, -17.0), 1.5, 1.0, 1.2, 0.7, "handbook"),
        Surface.RESIDENTIAL: _C((-6.5, -13.5), 1.0, 2.0, 1.0, 0.4, "urban"),
        Surface.DENSE_URBAN: _C((-4.5, -11.5), 1.0, 1.8, 1.0, 0.2, "urban"),
        Surface.INDUSTRIAL: _C((-4.0, -12.0), 1.0, 2.5, 1.0, 0.2, "urban"),
        Surface.PAVED: _C((-15.5, -22.5), 3.0, 1.5, 1.2, 0.8, "handbook"),
        Surface.STRUCTURE: _C((-3.0, -11.0), 1.0, 1.5, 1.0, 0.0, "urban"),
        Surface.SAND: _C((-17.5, -25.5), 3.0, 1.5, 2.0, 0.6, "handbook"),
        Surface.ROCK: _C((-12.5, -20.5), 1.8, 1.8, 1.5, 0.8, "handbook"),
    },
    "L": {
        Surface.FOREST: _C((-8.5, -13.5, -9.5), 1.2, 0.6, 0.9, 0.4, "palsar handbook flevoland"),
        Surface.CROP: _C((-14.0, -22.5, -13.5), 2.0, 3.2, 1.2, 1.0, "handbook flevoland"),
        Surface.GRASS: _C((-16.5, -25.0, -16.0), 2.2, 1.5, 1.2, 1.0, "handbook flevoland"),
        Surface.SHRUB: _C((-13.0, -20.5, -13.0), 1.6, 1.2, 1.2, 0.7, "handbook"),
        Surface.RESIDENTIAL: _C((-6.0, -15.0, -7.5), 1.0, 2.0, 1.0, 0.4, "palsar"),
        Surface.DENSE_URBAN: _C((-2.5, -13.0, -5.0), 1.0, 1.8, 1.0, 0.2, "palsar"),
        Surface.INDUSTRIAL: _C((-2.0, -13.0, -5.0), 1.0, 2.5, 1.0, 0.2, "palsar"),
        Surface.PAVED: _C((-21.0, -31.0, -20.0), 3.5, 1.5, 1.2, 0.8, "handbook"),
        Surface.STRUCTURE: _C((-2.0, -14.0, -4.0), 1.0, 1.5, 1.0, 0.0, "palsar"),
        Surface.SAND: _C((-24.0, -35.0, -22.0), 3.5, 1.5, 2.0, 0.6, "handbook"),
        Surface.ROCK: _C((-16.0, -26.0, -15.0), 2.0, 2.0, 1.5, 0.8, "handbook"),
    },
}
"""Water is not here: see ``sea.py``."""

_SHARED = 0.7
"""Correlation between polarisations of what sets parcels, and scenes, apart from others in dB."""


def mean_backscatter(band: RadarBand, surface: Surface, incidence_deg: float) -> Field32:
    """Mean sigma nought of a surface on land in linear power, by channel of the band."""
    known = LAND_BACKSCATTER[band][surface]
    tilt = (np.cos(np.radians(incidence_deg)) / np.cos(np.radians(40.0))) ** known.exponent
    return np.asarray(10 ** (np.array(known.level_db) / 10) * tilt, dtype=np.float32)


def draw_state_db(rng: np.random.Generator, band: RadarBand, wetness_db: float) -> Field32:
    """Draw by how many dB the surfaces of one scene differ from their levels.

    Parameters
    ----------
    rng : numpy.random.Generator
    band : {"C", "L"}
    wetness_db : float
        What rain adds to bare and sparsely grown soil; below 0 after drought.

    Returns
    -------
    ndarray of float32, shape (channels, surfaces)
    """
    state_db = np.zeros((len(BAND_POLARISATIONS[band]), len(Surface)), dtype=np.float32)
    deviation = _deviation(rng, state_db.shape)
    for surface, known in LAND_BACKSCATTER[band].items():
        state_db[:, surface] = known.moisture * wetness_db + known.scene_db * deviation[:, surface]
    return state_db


def parcel_backscatter(
    rng: np.random.Generator, band: RadarBand, incidence_deg: float, state_db: Field32
) -> NDArray[np.float32]:
    """Sigma nought of every surface by parcel.

    Returns
    -------
    ndarray of float32, shape (channels, surfaces, TABLE_SIZE)
        Linear power. Over parcels it is log-normal, and its mean is ``mean_backscatter`` changed
        by ``state_db`` (channels, surfaces). Water stands as 1.
    """
    channels = len(BAND_POLARISATIONS[band])
    table = np.ones((channels, len(Surface), TABLE_SIZE), dtype=np.float32)
    deviation = _deviation(rng, (channels, TABLE_SIZE))
    for surface, known in LAND_BACKSCATTER[band].items():
        gains = 10 ** (known.parcel_db / 10 * deviation)
        mean = mean_backscatter(band, surface, incidence_deg) * 10 ** (state_db[:, surface] / 10)
        table[:, surface] = (mean / gains.mean(axis=1))[:, None] * gains
    return table


def _deviation(rng: np.random.Generator, shape: tuple[int, int]) -> Field32:
    """Draw standard normal deviations (channels, n), correlated between channels."""
    shared = rng.standard_normal(shape[1], dtype=np.float32)
    own = rng.standard_normal(shape, dtype=np.float32)
    return np.asarray(_SHARED**0.5 * shared + (1 - _SHARED) ** 0.5 * own, dtype=np.float32)
