"""Ships as pixels that stand out from the sea around them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sargeo_training.crops.samples import Sample

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

_GUARD_PX, _AROUND_PX = 61, 121
_LEAST_PX = 4
_HALF_SURE = 10.0
_SMALLEST_SPREAD = 1e-3
_JOIN = np.ones((3, 3), dtype=bool)


def find_ships(sample: Sample, threshold: float) -> Float32Array:
    """Detect with a constant rate of false alarms, in cells of two parameters (Crisp 2004).

    Amplitude is compared with mean and standard deviation in a square ring around each pixel, wide
    enough for the largest ships. Neighbouring pixels over the threshold are one ship.

    Parameters
    ----------
    sample : Sample
    threshold : float
        In standard deviations above the mean.

    Returns
    -------
    ndarray of float32, shape (D, 6)
        By falling confidence, as in `sargeo_training.evaluation.scoring.ScoredTile`. Confidence
        grows with the peak: one half at ten standard deviations.
    """
    contrast = _contrast(_amplitude(sample), sample.valid)
    marked = ndimage.binary_closing(contrast > threshold, _JOIN) & sample.valid
    echoes, count = ndimage.label(marked, _JOIN)
    if not count:
        return np.zeros((0, 6), dtype=np.float32)
    pixels = np.bincount(echoes.ravel())[1:]
    peaks = ndimage.maximum(contrast, echoes, np.arange(1, count + 1))
    rows = [
        _row(part, peak)
        for part, peak, n in zip(ndimage.find_objects(echoes), peaks, pixels, strict=True)
        if n >= _LEAST_PX
    ]
    found = np.array(rows, dtype=np.float32).reshape(-1, 6)
    return found[np.argsort(-found[:, 5], kind="stable")]


def _row(part: tuple[slice, slice], peak: float) -> tuple[float, ...]:
    height, width = (s.stop - s.start for s in part)
    row, col = ((s.start + s.stop) / 2 for s in part)
    return row, col, height, width, max(height, width), peak / (peak + _HALF_SURE)


def _amplitude(sample: Sample) -> Float64Array:
    """Average amplitude over bands, each in terms of its reference."""
    references = np.array(sample.references)[:, None, None]
    amplitude: Float64Array = (np.sqrt(sample.power) / references).mean(axis=0)
    return amplitude


def _contrast(amplitude: Float64Array, valid: NDArray[np.bool_]) -> Float64Array:
    """Return by how many standard deviations of the ring around it a pixel is brighter."""
    count = _ring_sum(valid.astype(np.float64))
    sums = [_ring_sum(np.where(valid, amplitude**k, 0)) for k in (1, 2)]
    some = count > 0.5
    mean, square = (np.where(some, s, 0) / np.where(some, count, 1) for s in sums)
    spread = np.sqrt(np.maximum(square - mean**2, _SMALLEST_SPREAD**2))
    return np.where(some & valid, (amplitude - mean) / spread, 0.0)


def _ring_sum(image: Float64Array) -> Float64Array:
    outer, inner = (
        ndimage.uniform_filter(image, side, mode="constant") * side**2
        for side in (_AROUND_PX, _GUARD_PX)
    )
    return np.asarray(outer - inner)
