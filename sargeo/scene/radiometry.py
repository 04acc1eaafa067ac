"""Backscatter as numbers: decibels, power, amplitude, and what a network is fed.

Averages are taken in power, never in decibels. Numpy only: the model uses this file where rasterio
is not installed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sargeo.errors import NothingValidError, UnsupportedPixelsError
from sargeo.geo.grid import Block
from sargeo.scene.bands import Band, Polarisation, Scale
from sargeo.scene.sampling import Likely, Reader, sample_values

if TYPE_CHECKING:
    from sargeo.scene.scene import Scene

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BackscatterConstants:
    """Constants that turn backscatter into the network's input, from the model's spec.

    Calibrated bands become ``(max(dB, floor_db) - mean_db) / std_db`` with the constants of their
    polarisation, so that absolute backscatter survives and an all-sea scene stays sea.
    Uncalibrated amplitude ``a`` becomes ``2 * (log1p(a / reference) - log(2))`` with the scene's
    reference amplitude: midway between its lower and upper quartile (`reference_amplitudes`). A
    gain cancels; zero stays finite.

    Attributes
    ----------
    mean_db, std_db : mapping of polarisation to float
        In decibels of sigma nought, which beta nought is turned into (`sigma0_offset_db`).
    floor_db : float
        Weaker returns, zeros and negative power count as this: below any sensor's noise floor.
    """

    mean_db: Mapping[Polarisation, float]
    std_db: Mapping[Polarisation, float]
    floor_db: float


_DB_PER_NEPER = np.float32(10 / np.log(10))
"""Decibels of a power ratio of e: numpy's float32 log and exp are vectorised, log10 is not."""

_POWER_FLOOR = np.float32(1e-30)
"""-300 dB: what weaker power, zero and negative power count as when turned into decibels."""

_CHUNK = 1 << 16
"""Pixels normalised at once, few enough to stay in a core's cache."""


TYPICAL_INCIDENCE_DEG = 38.0
"""Middle of Sentinel-1's wide swath (29 to 46 degrees), where a scene's incidence is unknown."""


def sigma0_offset_db(band: Band, incidence_deg: float | None) -> float:
    """Return what turns decibels of a band into what a network takes for sigma nought, in dB.

    Beta nought times the sine of the incidence angle is sigma nought (Small 2011, Flattening Gamma,
    doi 10.1109/TGRS.2011.2120616). Gamma nought, an ellipsoid's worth of a decibel above it, is
    taken as it is: docs/decisions/quantities.md says why.

    Parameters
    ----------
    band : Band
    incidence_deg : float or None
        Mean over the scene in degrees.
    """
    if band.quantity != "beta0":
        return 0.0
    theta_deg = TYPICAL_INCIDENCE_DEG if incidence_deg is None else incidence_deg
    return 10 * math.log10(math.sin(math.radians(theta_deg)))


def to_power(values: Float32Array, scale: Scale) -> Float32Array:
    """Turn values of a scale into linear power, in a new array."""
    if scale == "linear":
        return values.copy()
    if scale == "amplitude":
        return np.square(values)
    power: Float32Array = np.clip(values, -300, 300)
    power /= _DB_PER_NEPER
    return np.exp(power, out=power)


def from_power(power: Float32Array, scale: Scale) -> Float32Array:
    """Turn linear power into values of a scale, in a new array.

    Negative power has no amplitude and counts as 0 there; in decibels nothing is below -300.
    """
    if scale == "linear":
        return power.copy()
    values: Float32Array
    if scale == "amplitude":
        values = np.maximum(power, 0)
        return np.sqrt(values, out=values)
    values = np.maximum(power, _POWER_FLOOR)
    np.log(values, out=values)
    values *= _DB_PER_NEPER
    return values


def to_amplitude(values: Float32Array, scale: Scale) -> Float32Array:
    """Turn values of a scale into amplitude, in a new array; negative amplitude counts as 0."""
    if scale == "amplitude":
        return np.maximum(values, 0)
    return from_power(to_power(values, scale), "amplitude")


def reference_amplitudes(
    read: Reader, shape: tuple[int, int], bands: tuple[Band, ...], likely: Likely = tuple
) -> tuple[float, ...]:
    """Return the reference amplitude of each band, in the band's own numbers.

    Midway between the lower and the upper quartile of the valid amplitudes in a fixed sample of
    full-resolution blocks (`sargeo.scene.sampling`), so that no window changes it.

    Raises
    ------
    NothingValidError
        If no pixel is valid.
    """
    sample = sample_values(read, shape, likely)
    if sample.shape[1] == 0:
        raise NothingValidError(
            "No pixel is valid: all are nodata, NaN or infinite.",
            "Give pixels that hold measurements.",
        )
    amplitudes = (to_amplitude(v, b.scale) for v, b in zip(sample, bands, strict=True))
    middles = [float(np.percentile(a, (25, 75)).mean()) for a in amplitudes]
    # A scene of zeros has no gain to cancel.
    return tuple(middle if middle > 0 else 1.0 for middle in middles)


@dataclass(frozen=True)
class Normalisation:
    """How the values of one scene become the network's input: decided once, for all windows.

    Attributes
    ----------
    bands : tuple of Band
    constants : BackscatterConstants
    references : tuple of float or None
        Reference amplitude of each uncalibrated band; None where calibrated.
    incidence_deg : float or None
        Mean incidence angle in degrees; None where it is unknown.
    """

    bands: tuple[Band, ...]
    constants: BackscatterConstants
    references: tuple[float | None, ...]
    incidence_deg: float | None = None

    @classmethod
    def of_scene(cls, scene: Scene, constants: BackscatterConstants) -> Normalisation:
        """Decide it for a scene, sampling its pixels where a band is uncalibrated.

        Raises
        ------
        UnsupportedPixelsError
            If the constants know nothing of a band's polarisation.
        NothingValidError
            If a band is uncalibrated and no pixel valid.
        """

        def read(block: Block) -> tuple[Float32Array, NDArray[np.bool_]]:
            raster = scene.read(block)
            return raster.values, raster.valid

        likely = getattr(scene, "likely", tuple)  # which files know, and arrays do not
        decided = cls._decide(read, scene.grid.shape, scene.bands, constants, likely)
        return replace(decided, incidence_deg=scene.incidence_deg)

    @classmethod
    def of_values(
        cls,
        values: Float32Array,
        valid: NDArray[np.bool_],
        bands: tuple[Band, ...],
        constants: BackscatterConstants,
    ) -> Normalisation:
        """Decide it for an array (C, H, W) with validity (H, W), as for a scene that holds it."""

        def read(block: Block) -> tuple[Float32Array, NDArray[np.bool_]]:
            rows, cols = block.slices()
            return values[:, rows, cols], valid[rows, cols]

        return cls._decide(read, (valid.shape[0], valid.shape[1]), bands, constants)

    @classmethod
    def _decide(
        cls,
        read: Reader,
        shape: tuple[int, int],
        bands: tuple[Band, ...],
        constants: BackscatterConstants,
        likely: Likely = tuple,
    ) -> Normalisation:
        for band in bands:
            if band.calibrated and band.polarisation not in constants.mean_db:
                raise UnsupportedPixelsError(
                    f"The model knows nothing of {band.polarisation} backscatter.",
                    f"Give a scene with {' or '.join(sorted(constants.mean_db))}.",
                )
        if all(band.calibrated for band in bands):
            return cls(bands, constants, (None,) * len(bands))
        references = reference_amplitudes(read, shape, bands, likely)
        kept = (None if b.calibrated else r for b, r in zip(bands, references, strict=True))
        return cls(bands, constants, tuple(kept))

    def apply(self, values: Float32Array, valid: NDArray[np.bool_]) -> Float32Array:
        """Turn values (C, H, W) into the network's input, float32 (C, H, W); 0 where not valid."""
        out = np.empty_like(values)
        rows = max(1, _CHUNK // max(1, valid.shape[1]))
        for band, reference, source, target in zip(
            self.bands, self.references, values, out, strict=True
        ):
            for row in range(0, len(valid), rows):
                part = slice(row, row + rows)
                self._apply_band(band, reference, source[part], target[part])
                np.multiply(target[part], valid[part], out=target[part])
        return out

    def _apply_band(
        self, band: Band, reference: float | None, source: Float32Array, out: Float32Array
    ) -> None:
        if reference is not None:
            # 2 * (log1p(a / r) - log(2)) = 2 * log(a + r) - 2 * log(2 * r)
            amplitude = source if band.scale == "amplitude" else to_amplitude(source, band.scale)
            np.maximum(amplitude, 0, out=out)
            out += np.float32(reference)
            np.log(out, out=out)
            out *= np.float32(2)
            out -= np.float32(2 * np.log(2 * reference))
            return
        mean, std = (c[band.polarisation] for c in (self.constants.mean_db, self.constants.std_db))
        offset = sigma0_offset_db(band, self.incidence_deg)
        mean, floor, gain = mean - offset, self.constants.floor_db - offset, np.float32(1)
        if band.scale == "db":
            np.maximum(source, np.float32(floor), out=out)
        else:
            gain = _DB_PER_NEPER * np.float32(1 if band.scale == "linear" else 2)
            np.maximum(source, np.exp(np.float32(floor) / gain), out=out)
            np.log(out, out=out)
        out *= np.float32(gain / std)
        out -= np.float32(mean / std)

    def to_dict(self) -> dict[str, object]:
        """Return it in plain types, for a run's manifest."""
        return {
            "bands": [asdict(band) for band in self.bands],
            "mean_db": dict(self.constants.mean_db),
            "std_db": dict(self.constants.std_db),
            "floor_db": self.constants.floor_db,
            "references": list(self.references),
            "incidence_deg": self.incidence_deg,
        }
