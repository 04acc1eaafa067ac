"""What makes towns look like towns: double bounce by street alignment, and strong scatterers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtri

from sargeo_training.simulator.fields import TABLE_SIZE, Field, Field32, table_quantiles
from sargeo_training.simulator.surfaces import Surface

# Our choice, within the some decibels that the references of ``alignment_gain`` describe.
_ALIGNED_DB = {Surface.RESIDENTIAL: 3.0, Surface.DENSE_URBAN: 4.0, Surface.INDUSTRIAL: 3.0}
_ALIGNED_WITHIN_DEG = 9.0

# Shape of the gamma texture: orders of magnitude after Oliver and Quegan (2004), chapter 5, high
# for fields and lower for woodland, not checked against its tables. It is per pixel, before the
# sensor's blur leaves a seventh of its variance. Towns are log-normal; their spread in dB is our
# choice, and stands for a few strong scatterers.
_GAMMA_TEXTURE = {
    Surface.FOREST: 1.6,
    Surface.SHRUB: 3.5,
    Surface.CROP: 14.0,
    Surface.GRASS: 14.0,
    Surface.ROCK: 2.8,
}
_LOGNORMAL_TEXTURE_DB = {
    Surface.RESIDENTIAL: 4.0,
    Surface.DENSE_URBAN: 4.8,
    Surface.INDUSTRIAL: 6.0,
    Surface.STRUCTURE: 4.5,
}


def alignment_gain(heading_deg: Field, look_azimuth_deg: float) -> Field32:
    """Gain in power of each surface by district, from the alignment of its streets.

    Walls that face the radar return by double bounce: the cardinal effect of Hardaway, Gustafson
    and Lichy (1982), "Cardinal effect on Seasat images of urban areas", PE&RS 48(3).

    Parameters
    ----------
    heading_deg : Field
        Direction of the streets by district, clockwise from north; others cross at right angles.
    look_azimuth_deg : float

    Returns
    -------
    ndarray of float32, shape (surfaces, districts)
        Of co-polarised power; 1 for what is not built.
    """
    off = (heading_deg - look_azimuth_deg + 45.0) % 90.0 - 45.0
    aligned = np.exp(-((off / _ALIGNED_WITHIN_DEG) ** 2))
    gain = np.ones((len(Surface), len(heading_deg)), dtype=np.float32)
    for surface, peak_db in _ALIGNED_DB.items():
        gain[surface] = 10 ** (peak_db * aligned / 10)
    return gain


@lru_cache(maxsize=1)
def texture_table() -> NDArray[np.float32]:
    """Quantiles (surfaces, TABLE_SIZE) of each surface's texture, of mean 1 in power."""
    table = np.ones((len(Surface), TABLE_SIZE), dtype=np.float32)
    share = table_quantiles()
    for surface, shape in _GAMMA_TEXTURE.items():
        table[surface] = gammaincinv(shape, share) / shape
    for surface, spread_db in _LOGNORMAL_TEXTURE_DB.items():
        table[surface] = 10 ** (spread_db * ndtri(share) / 10)
    return np.asarray(table / table.mean(axis=1, keepdims=True))
