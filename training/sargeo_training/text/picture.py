"""A chip as a picture that a language model can look at."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sargeo.scene.bands import Band, Polarisation
from sargeo.scene.radiometry import to_amplitude

_PERCENTILES = (1, 99)
"""Of the valid logarithms: single bright points and a few dark pixels do not set the stretch."""

_CO_POLARISED: tuple[Polarisation, ...] = ("VV", "HH")


def png(
    values: NDArray[np.uint8] | NDArray[np.float32],
    valid: NDArray[np.bool_],
    bands: Sequence[Band],
) -> bytes:
    """Draw a chip as an 8-bit PNG, row by row as it lies.

    The logarithm of amplitude is stretched to 1..255 between two percentiles of its valid pixels;
    0 is nodata. One band is grey. With a co-polarised and a cross-polarised band, red is the
    co-polarised one, green the cross-polarised one and blue their ratio; with HH and VV beside a
    cross-polarised band, blue is VV.

    Parameters
    ----------
    values : ndarray, shape (C, H, W)
        Backscatter in the scale of each band.
    valid : ndarray of bool, shape (H, W)
    bands : sequence of Band
        One for each channel.

    Returns
    -------
    bytes
        A whole PNG file.
    """
    logs = {
        band.polarisation: _log_amplitude(channel, band)
        for channel, band in zip(values, bands, strict=True)
    }
    layers = [_stretch(layer, valid) for layer in _composite(logs)]
    pixels = layers[0] if len(layers) == 1 else np.stack(layers, axis=-1)
    file = BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()


def describe_picture(bands: Sequence[Band], *, named: bool = True) -> str:
    """Say in one sentence what the colours of `png` stand for.

    Parameters
    ----------
    bands : sequence of Band
    named : bool
        Whether to name polarisations, which only stand in for others where nobody told them.
    """
    shown = _shown(tuple(band.polarisation for band in bands))
    if len(shown) == 1:
        what = f"{shown[0]} backscatter" if named else "backscatter"
        return f"The picture shows {what} in grey: the brighter, the stronger."
    if not named:
        return "The picture is in false colour, made of several channels."
    blue = shown[2] if len(shown) > 2 else f"the ratio of {shown[0]} to {shown[1]}"
    return f"The picture is in false colour: red {shown[0]}, green {shown[1]}, blue {blue}."


def _shown(polarisations: tuple[Polarisation, ...]) -> tuple[Polarisation, ...]:
    """Choose the bands of the picture: co-polarised, cross-polarised, and another co-polarised."""
    co = [p for p in polarisations if p in _CO_POLARISED]
    cross = [p for p in polarisations if p not in _CO_POLARISED]
    if not (co and cross):
        return polarisations[:1]
    # Quad-pol pictures are read with HH in red and VV in blue.
    co.sort(key=_CO_POLARISED.index, reverse=len(co) > 1)
    return (co[0], cross[0], *co[1:2])


def _composite(logs: dict[Polarisation, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Return one layer, or those of red, green and blue."""
    layers = [logs[polarisation] for polarisation in _shown(tuple(logs))]
    if len(layers) == 2:
        measured = np.isfinite(layers[0]) & np.isfinite(layers[1])
        ratio = np.full_like(layers[0], -np.inf)
        layers.append(np.subtract(layers[0], layers[1], out=ratio, where=measured))
    return layers


def _log_amplitude(
    values: NDArray[np.uint8] | NDArray[np.float32], band: Band
) -> NDArray[np.float32]:
    """Return the natural logarithm of amplitude; minus infinity where it is zero or no number."""
    amplitude = to_amplitude(values.astype(np.float32), band.scale)
    logs = np.full_like(amplitude, -np.inf)
    return np.log(amplitude, out=logs, where=np.isfinite(amplitude) & (amplitude > 0))


def _stretch(layer: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Stretch to 1..255; 0 where not valid. Zero amplitude is as dark as the darkest."""
    seen = layer[valid & np.isfinite(layer)]
    if not seen.size:
        return valid.astype(np.uint8)
    low, high = np.percentile(seen, _PERCENTILES)
    share = np.clip((layer - low) / max(float(high - low), 1e-6), 0, 1)
    return np.where(valid, np.rint(1 + 254 * share), 0).astype(np.uint8)
