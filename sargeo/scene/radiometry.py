"""Backscatter as numbers: decibels, power, amplitude, and what a network is fed.

Averages are taken in power, never in decibels. Numpy only: the model uses this file where rasterio
is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.bands import Polarisation

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BackscatterConstants:
    """Constants that turn backscatter into the network's input, from the model's spec.

    Calibrated bands become ``(max(dB, floor_db) - mean_db) / std_db`` with the constants of their
    polarisation, so that absolute backscatter survives and an all-sea scene stays sea.
    Uncalibrated amplitude ``a`` becomes ``2 * (log1p(a / reference) - log(2))`` with the scene's
    reference amplitude: the middle of its quartiles. A gain cancels; zero stays finite.

    Attributes
    ----------
    mean_db, std_db : mapping of polarisation to float
        In decibels of sigma nought (gamma and beta nought use the same constants: their offset is
        told to the network by the quantity).
    floor_db : float
        Weaker returns, zeros and negative power count as this: below any sensor's noise floor.
    """

    mean_db: Mapping[Polarisation, float]
    std_db: Mapping[Polarisation, float]
    floor_db: float
