"""Mean backscatter of land by surface, polarisation and incidence angle.

Levels are those of a typical state, rounded to half a decibel within the spread that the sources
give for the class; they are no fit to one campaign. Real fields, towns and seasons differ by more
than that, which the spread between parcels and the draws of a scene stand for.
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
    "and Sentinel-2-like data, Remote Sensing of Environment 199",
    "forest": "Frison et al. (2018), Potential of Sentinel-1 data for monitoring temperate mixed "
    "forest phenology, Remote Sensing 10(12)",
    "urban": "Koppel et al. (2017), Sensitivity of Sentinel-1 backscatter to characteristics of "
    "buildings, International Journal of Remote Sensing 38(22)",
    "palsar": "Shimada et al. (2014), New global forest/non-forest maps from ALOS PALSAR data, "
    "Remote Sensing of Environment 155",
    "clapp": "Clapp (1946), A theoretical and experimental study of radar ground return, "
    "MIT Radiation Laboratory report 1024: powers of the cosine",
}
"""What the keys in ``source`` stand for; exponents are of ``clapp`` throughout."""


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
        Standard deviation between parcels in dB.
    source : str
        Keys of ``SOURCES``.
    """

    level_db: tuple[float, ...]
    exponent: float
    parcel_db: float
    source: str


_C = ClassBackscatter
LAND_BACKSCATTER: Mapping[RadarBand, Mapping[Surface, ClassBackscatter]] = {
    "C": {
        Surface.INLAND_WATER: _C((-21.0, -28.0), 6.0, 1.0, "handbook"),
        Surface.FOREST: _C((-10.5, -16.0), 1.2, 0.7, "forest handbook"),
        Surface.CROP: _C((-11.0, -18.0), 1.8, 2.0, "crops"),
        Surface.GRASS: _C((-12.5, -20.0), 1.8, 1.0, "handbook crops"),
        Surface.SHRUB: _C((-11.5, -17.5), 1.5, 0.8, "handbook"),
        Surface.RESIDENTIAL: _C((-7.5, -14.5), 1.0, 1.2, "urban"),
        Surface.DENSE_URBAN: _C((-4.0, -11.5), 1.0, 1.5, "urban"),
        Surface.INDUSTRIAL: _C((-3.0, -11.5), 1.0, 2.0, "urban"),
        Surface.PAVED: _C((-15.5, -23.0), 3.0, 1.0, "handbook"),
        Surface.STRUCTURE: _C((-3.0, -11.0), 1.0, 1.5, "urban"),
        Surface.SAND: _C((-17.5, -26.0), 3.0, 1.2, "handbook"),
        Surface.ROCK: _C((-12.5, -21.0), 1.8, 1.2, "handbook"),
    },
    "L": {
        Surface.INLAND_WATER: _C((-26.0, -36.0, -24.0), 6.0, 1.0, "handbook"),
        Surface.FOREST: _C((-8.5, -13.5, -9.5), 1.2, 0.7, "palsar handbook"),
        Surface.CROP: _C((-14.0, -22.5, -13.5), 2.0, 2.5, "handbook"),
        Surface.GRASS: _C((-17.0, -26.0, -16.5), 2.2, 1.2, "handbook"),
        Surface.SHRUB: _C((-13.0, -20.5, -13.0), 1.6, 1.0, "handbook"),
        Surface.RESIDENTIAL: _C((-6.0, -15.0, -7.5), 1.0, 1.5, "palsar"),
        Surface.DENSE_URBAN: _C((-2.5, -13.0, -5.0), 1.0, 1.8, "palsar"),
        Surface.INDUSTRIAL: _C((-2.0, -13.0, -5.0), 1.0, 2.2, "palsar"),
        Surface.PAVED: _C((-21.0, -31.0, -20.0), 3.5, 1.0, "handbook"),
        Surface.STRUCTURE: _C((-2.0, -14.0, -4.0), 1.0, 1.5, "palsar"),
        Surface.SAND: _C((-24.0, -35.0, -22.0), 3.5, 1.5, "handbook"),
        Surface.ROCK: _C((-16.0, -26.0, -15.0), 2.0, 1.5, "handbook"),
    },
}
"""The sea is not here: see ``sea.py``."""

_SHARED = 0.8
"""Correlation between polarisations of what sets one parcel apart from the next, in dB."""


def mean_backscatter(band: RadarBand, surface: Surface, incidence_deg: float) -> Field32:
    """Mean sigma nought of a surface on land in linear power, by channel of the band."""
    known = LAND_BACKSCATTER[band][surface]
    tilt = (np.cos(np.radians(incidence_deg)) / np.cos(np.radians(40.0))) ** known.exponent
    return np.asarray(10 ** (np.array(known.level_db) / 10) * tilt, dtype=np.float32)


def parcel_backscatter(
    rng: np.random.Generator, band: RadarBand, incidence_deg: float
) -> NDArray[np.float32]:
    """Sigma nought of every surface by parcel.

    Returns
    -------
    ndarray of float32, shape (channels, surfaces, TABLE_SIZE)
        Linear power. Over parcels it is log-normal, and its mean is ``mean_backscatter``. The sea
        stands as 1.
    """
    channels = len(BAND_POLARISATIONS[band])
    table = np.ones((channels, len(Surface), TABLE_SIZE), dtype=np.float32)
    deviation = _parcel_deviation(rng, channels)
    for surface, known in LAND_BACKSCATTER[band].items():
        gains = 10 ** (known.parcel_db / 10 * deviation)
        mean = mean_backscatter(band, surface, incidence_deg)
        table[:, surface] = (mean / gains.mean(axis=1))[:, None] * gains
    return table


def _parcel_deviation(rng: np.random.Generator, channels: int) -> Field32:
    """Draw standard normal deviations (channels, TABLE_SIZE), correlated between channels."""
    shared = rng.standard_normal(TABLE_SIZE, dtype=np.float32)
    own = rng.standard_normal((channels, TABLE_SIZE), dtype=np.float32)
    return np.asarray(_SHARED**0.5 * shared + (1 - _SHARED) ** 0.5 * own, dtype=np.float32)
