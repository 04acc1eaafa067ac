"""Speckle: gamma-distributed, correlated between neighbours, by number of looks."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import gammaincinv

from sargeo_training.simulator.fields import Field32, table_quantiles

SPREAD = 0.25
"""Share of a sample that spills to either neighbour per axis. It makes the speckle of neighbours
correlate by 0.67, 0.17 and 0 at one, two and three pixels; even ground in Sentinel-1 IW GRDH at
10 m, as in Sen1Floods11, was measured to have 0.65, 0.20 and 0.03."""

_STRIP = 48


def speckle(rng: np.random.Generator, shape: tuple[int, int], looks: float) -> Field32:
    """Draw multiplicative speckle of mean 1 in power.

    Independent gamma variates are smoothed; their shape is chosen so that the result has the
    equivalent number of looks asked for (Oliver and Quegan 2004, Understanding Synthetic Aperture
    Radar Images, chapter 4: variance of intensity over mean squared is one over looks).

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : tuple of int
        (rows, cols).
    looks : float
        Equivalent number of looks of the result.
    """
    kept = ((1 - 2 * SPREAD) ** 2 + 2 * SPREAD**2) ** 2
    rows, cols = shape
    raw = rng.integers(0, 1 << 16, size=(rows + 2, cols + 2), dtype=np.uint16)
    return _smooth_inner(_gamma_table(looks * kept)[raw])


def blur(power: Field32) -> Field32:
    """Spread power by the sensor's impulse response, the same that correlates the speckle."""
    return _smooth_inner(np.pad(power, 1, mode="edge"))


def _smooth_inner(power: Field32) -> Field32:
    """Smooth with three taps per axis and drop the outermost pixels."""
    side, middle = np.float32(SPREAD), np.float32(1 - 2 * SPREAD)
    smooth = np.empty((power.shape[0] - 2, power.shape[1] - 2), dtype=np.float32)
    # Strips that fit into a core's cache halve the time.
    for row in range(0, len(smooth), _STRIP):
        part, out = power[row : row + _STRIP + 2], smooth[row : row + _STRIP]
        down = part[:-2] + part[2:]
        down *= side
        down += middle * part[1:-1]
        np.add(down[:, :-2], down[:, 2:], out=out)
        out *= side
        out += middle * down[:, 1:-1]
    return smooth


@lru_cache(maxsize=32)
def _gamma_table(shape: float) -> Field32:
    """Quantiles of a gamma distribution of mean 1."""
    quantiles = gammaincinv(shape, table_quantiles(1 << 16))
    return np.asarray(quantiles / quantiles.mean(), dtype=np.float32)
