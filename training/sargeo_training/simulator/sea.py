"""Backscatter of the sea by wind, in C band and in L band.

VV in C band is CMOD5.N; the other functions are simple laws of the wind speed, which is all that
a land-cover model needs to see: from mirror-like to bright.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sargeo.scene.bands import Polarisation
from sargeo_training.simulator.backscatter import RadarBand

Array = NDArray[np.float64]

# Hersbach (2008), "CMOD5.N: a C-band geophysical model function for equivalent neutral wind",
# ECMWF Technical Memorandum 554, table 1: c1 to c28.
_C = (
    *(-0.6878, -0.7957, 0.3380, -0.1728, 0.0000, 0.0040, 0.1103, 0.0159, 6.7329, 2.7713),
    *(-2.2885, 0.4971, -0.7250, 0.0450, 0.0066, 0.3222, 0.0120, 22.7000, 2.0813, 3.0000),
    *(8.3659, -3.3428, 1.3236, 6.2437, 2.3893, 0.3249, 4.1590, 1.6930),
)


def cmod5n(wind_ms: ArrayLike, angle_deg: float, incidence_deg: float) -> Array:
    """Sigma nought of the sea in VV at C band, linear power.

    Parameters
    ----------
    wind_ms : array_like
        Equivalent neutral wind speed at 10 m in m/s.
    angle_deg : float
        Between the direction of look and the direction that the wind blows from.
    incidence_deg : float
        16 to 66 degrees.

    References
    ----------
    Hersbach (2008), ECMWF Technical Memorandum 554.
    """
    v = np.asarray(wind_ms, dtype=float)
    x = (incidence_deg - 40.0) / 25.0
    phi = np.radians(angle_deg)
    isotropic = _cmod_b0(v, x)
    upwind_crosswind = _cmod_b1(v, x) * np.cos(phi) + _cmod_b2(v, x) * np.cos(2 * phi)
    return np.asarray(isotropic * (1 + upwind_crosswind) ** 1.6)


def _cmod_b0(v: Array, x: float) -> Array:
    a0 = _C[0] + _C[1] * x + _C[2] * x**2 + _C[3] * x**3
    a1 = _C[4] + _C[5] * x
    gamma = _C[8] + _C[9] * x + _C[10] * x**2
    s = (_C[6] + _C[7] * x) * v
    s0 = _C[11] + _C[12] * x
    a3 = 1 / (1 + np.exp(-np.maximum(s, s0)))
    calm = np.maximum(s, 1e-9) / s0
    a3 = np.where(s < s0, a3 * calm ** (s0 * (1 - a3)), a3)
    return np.asarray(a3**gamma * 10 ** (a0 + a1 * v))


def _cmod_b1(v: Array, x: float) -> Array:
    b1 = _C[13] * (1 + x) - _C[14] * v * (0.5 + x - np.tanh(4 * (x + _C[15] + _C[16] * v)))
    return np.asarray(b1 / (np.exp(0.34 * (v - _C[17])) + 1))


def _cmod_b2(v: Array, x: float) -> Array:
    y0, n = _C[18], _C[19]
    v0 = _C[20] + _C[21] * x + _C[22] * x**2
    d1 = _C[23] + _C[24] * x + _C[25] * x**2
    d2 = _C[26] + _C[27] * x
    y = v / v0 + 1
    a, b = y0 - (y0 - 1) / n, 1 / (n * (y0 - 1) ** (n - 1))
    y = np.where(y < y0, a + b * (y - 1) ** n, y)
    return np.asarray((-d1 + d2 * y) * np.exp(-y))


def sea_backscatter(
    wind_ms: ArrayLike,
    *,
    band: RadarBand,
    polarisation: Polarisation,
    angle_deg: float,
    incidence_deg: float,
) -> Array:
    """Sigma nought of the sea, linear power, of the shape of ``wind_ms``.

    Cross-polarised C band grows by 0.592 dB per m/s whatever the incidence: Vachon and Wolfe
    (2011), "C-band cross-polarization wind speed mapping", IEEE GRSL 8(3). L band is a power law
    of wind and incidence, a simplification of Isoguchi and Shimada (2009), "An L-band ocean
    geophysical model function derived from PALSAR", IEEE TGRS 47(7).
    """
    v = np.asarray(wind_ms, dtype=float)
    if band == "L":
        level_db, exponent = _L_BAND_SEA[polarisation]
        tilt = (np.cos(np.radians(incidence_deg)) / np.cos(np.radians(38.0))) ** 7
        return np.asarray(10 ** (level_db / 10) * (v / 7.0) ** exponent * tilt)
    if polarisation == "VV":
        return cmod5n(v, angle_deg, incidence_deg)
    return np.asarray(10 ** ((0.592 * v - 35.6) / 10))


_L_BAND_SEA: dict[Polarisation, tuple[float, float]] = {
    "HH": (-22.0, 1.1),
    "VV": (-20.0, 1.0),
    "HV": (-34.0, 1.4),
}
"""Level in dB at 7 m/s and 38 degrees, and exponent of the wind speed: orders of magnitude after
Isoguchi and Shimada, not checked against their tables."""
