"""Shading by local incidence angle."""

from __future__ import annotations

import numpy as np

from sargeo_training.simulator.fields import Field


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
