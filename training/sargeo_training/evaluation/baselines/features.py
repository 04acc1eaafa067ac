"""Local statistics of backscatter, by cell of 4 by 4 pixels, and labelled cells to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from sargeo.model.vision import OUTPUT_STRIDE
from sargeo_training.crops.radiometry import normalise
from sargeo_training.crops.samples import Sample, cut
from sargeo_training.crops.targets import IGNORE, cell_classes
from sargeo_training.evaluation.scoring import tiles_of
from sargeo_training.images import UNKNOWN, Source

Float32Array = NDArray[np.float32]

_SLOTS = (("VV", "HH"), ("VH", "HV"))
_LEVEL_CELLS = (1, 3, 7, 15)
_SPREAD_CELLS = (1, 3, 7, 15)
_EXTREME_CELLS = (3, 7)
_PER_SLOT = len(_LEVEL_CELLS) + len(_SPREAD_CELLS) + 2 * len(_EXTREME_CELLS)

SMOOTHED = tuple(slot * _PER_SLOT + _LEVEL_CELLS.index(3) for slot in range(len(_SLOTS)))
"""Columns of backscatter averaged over 12 by 12 pixels: like- and cross-polarised."""

CALIBRATED = len(_SLOTS) * _PER_SLOT
"""Column that is 1 where backscatter is absolute, else 0."""

_TILES_PER_SOURCE, _CELLS_PER_CLASS = 150, 100
_PRIOR = 0.5  # 1 weighs classes as they occur in a tile, 0 all the same; chosen on validation tiles


@dataclass(frozen=True)
class Cells:
    """Labelled cells.

    Attributes
    ----------
    features : ndarray of float32, shape (N, F)
        See `local_statistics`.
    classes : ndarray of int64, shape (N,)
        Index of the class, or `sargeo_training.crops.targets.PARTIAL_NOT_WATER`.
    sources : ndarray of str, shape (N,)
    weights : ndarray of float64, shape (N,)
        Those of a source add up to the source's weight, shared among classes as they occur.
    """

    features: Float32Array
    classes: NDArray[np.int64]
    sources: NDArray[np.str_]
    weights: NDArray[np.float64]

    def where(self, mask: NDArray[np.bool_]) -> Cells:
        """Return some of the cells."""
        return Cells(*(getattr(self, f.name)[mask] for f in fields(Cells)))


def local_statistics(sample: Sample) -> Float32Array:
    """Describe the surroundings of each cell.

    Returns
    -------
    ndarray of float32, shape (F, h, w)
        For like and for cross polarisation: normalised mean power in windows of 1, 3, 7 and 15
        cells; standard deviation of normalised pixels in the same; least and greatest normalised
        cell in windows of 3 and 7. NaN where a polarisation was not measured, or no pixel of a
        window is valid. Last, whether backscatter is calibrated.
    """
    shape = tuple(n // OUTPUT_STRIDE for n in sample.valid.shape)
    features = np.full((CALIBRATED + 1, *shape), np.nan, dtype=np.float32)
    for slot, polarisations in enumerate(_SLOTS):
        for band in range(len(sample.bands)):
            if sample.bands[band].polarisation in polarisations:
                features[slot * _PER_SLOT : (slot + 1) * _PER_SLOT] = list(_of_band(sample, band))
                break
    features[CALIBRATED] = sample.calibrated
    return features


def training_cells(sources: Sequence[Source], seed: int) -> Cells:
    """Draw labelled cells of every class from the images that the network trains on too."""
    rng = np.random.default_rng(seed)
    drawn = [cells for s in sources if s.weight > 0 and (cells := _cells_of(s, rng)) is not None]
    return Cells(*(np.concatenate([getattr(c, f.name) for c in drawn]) for f in fields(Cells)))


def _of_band(sample: Sample, index: int) -> Iterator[Float32Array]:
    band = (sample.bands[index],)
    reference = (sample.references[index],)
    power = sample.power[index : index + 1]
    pixels = normalise(power, sample.valid, band, reference, sample.incidence_deg)[0]
    share = _by_cell(sample.valid)
    mean_power = _by_cell(power[0] * sample.valid)
    moments = [_by_cell(moment) for moment in (pixels, np.square(pixels))]

    def level(cells: int) -> Float32Array:
        mean = _window_mean(mean_power, share, cells)
        known = np.isfinite(mean)
        shown = normalise(
            np.where(known, mean, 0)[None], known, band, reference, sample.incidence_deg
        )[0]
        return np.where(known, shown, np.float32(np.nan))

    for cells in _LEVEL_CELLS:
        yield level(cells)
    for cells in _SPREAD_CELLS:
        first, second = (_window_mean(moment, share, cells) for moment in moments)
        yield np.sqrt(np.maximum(second - np.square(first), 0))
    single = level(1)
    for cells in _EXTREME_CELLS:
        for extreme, beyond in (
            (ndimage.minimum_filter, np.inf),
            (ndimage.maximum_filter, -np.inf),
        ):
            found = extreme(np.nan_to_num(single, nan=beyond), cells, mode="nearest")
            yield np.where(np.isfinite(found), found, np.float32(np.nan))


def _by_cell(image: NDArray[np.bool_] | Float32Array) -> Float32Array:
    rows, cols = (n // OUTPUT_STRIDE for n in image.shape)
    blocks = image[: rows * OUTPUT_STRIDE, : cols * OUTPUT_STRIDE].reshape(
        rows, OUTPUT_STRIDE, cols, OUTPUT_STRIDE
    )
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


def _window_mean(sums: Float32Array, share: Float32Array, cells: int) -> Float32Array:
    """Average over the valid pixels of a window; NaN where there are none."""
    weight = ndimage.uniform_filter(share, cells, mode="constant")
    some = ndimage.maximum_filter(share, cells, mode="constant") > 0
    mean = ndimage.uniform_filter(sums, cells, mode="constant") / np.where(some, weight, 1)
    return np.where(some, mean, np.float32(np.nan))


def _cells_of(source: Source, rng: Generator) -> Cells | None:
    """Draw cells of each class from tiles of a source."""
    tiles = [(image, block) for image in source.of_split("train") for block in tiles_of(image)]
    features, classes, weights = [], [], []
    for i in rng.permutation(len(tiles))[:_TILES_PER_SOURCE]:
        sample = cut(*tiles[i])
        of_cells = cell_classes(np.where(sample.valid, sample.labels, UNKNOWN))
        picked, counts = _some_of_each(of_cells, rng)
        if len(picked):
            features.append(local_statistics(sample).reshape(CALIBRATED + 1, -1)[:, picked].T)
            classes.append(of_cells.flat[picked])
            weights.append(counts**_PRIOR)
    if not classes:
        return None
    shares = np.concatenate(weights)
    shares *= source.weight / shares.sum()
    names = np.full(len(shares), source.name)
    return Cells(np.concatenate(features), np.concatenate(classes), names, shares)


def _some_of_each(
    classes: NDArray[np.int64], rng: Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw at most `_CELLS_PER_CLASS` cells of each class.

    Returns
    -------
    ndarray of int64, shape (N,)
        Flat indices.
    ndarray of float64, shape (N,)
        How many cells each of them stands for.
    """
    picked, counts = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for c in np.unique(classes[classes != IGNORE]):
        there = np.flatnonzero(classes == c)
        picked.append(rng.permutation(there)[:_CELLS_PER_CLASS])
        counts.append(np.full(len(picked[-1]), len(there) / len(picked[-1])))
    return np.concatenate(picked), np.concatenate(counts)
