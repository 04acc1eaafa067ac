"""What the network is fed, through `sargeo.scene.radiometry` as in mapping."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.bands import Band
from sargeo.scene.radiometry import BackscatterConstants, Normalisation, to_power

Float32Array = NDArray[np.float32]

CONSTANTS = BackscatterConstants(
    mean_db={"VV": -11.0, "VH": -18.0, "HH": -10.0, "HV": -18.0},
    std_db={"VV": 6.0, "VH": 6.0, "HH": 6.0, "HV": 6.0},
    floor_db=-40.0,
)
"""About the mean of land and sea in C band. One spread for all, so that a difference between
polarisations in decibels stays one in the network's input."""


def as_power(values: NDArray[np.uint8] | Float32Array, bands: Sequence[Band]) -> Float32Array:
    """Return linear power of values (C, H, W) in the scale of each band.

    Of uncalibrated bands it is the square of the digital numbers.
    """
    pairs = zip(values, bands, strict=True)
    return np.stack([to_power(v.astype(np.float32), b.scale) for v, b in pairs])


def normalise(
    power: Float32Array,
    valid: NDArray[np.bool_],
    bands: Sequence[Band],
    references: Sequence[float],
    incidence_deg: float | None,
) -> Float32Array:
    """Return the network's input (C, H, W) for linear power.

    ``references`` are amplitudes; calibrated bands do not use theirs.
    """
    linear = tuple(dataclasses.replace(b, scale="linear") for b in bands)
    used = tuple(None if b.calibrated else r for b, r in zip(bands, references, strict=True))
    return Normalisation(linear, CONSTANTS, used, incidence_deg).apply(power, valid)
