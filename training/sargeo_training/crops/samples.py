"""Samples in linear power: parts of labelled images, and whole chips."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch.nn import functional

from sargeo.geo.grid import Block
from sargeo.scene.bands import Band
from sargeo_training.crops.radiometry import as_power
from sargeo_training.data.chip import Chip
from sargeo_training.images import UNKNOWN, LabelledImage, LabelledPixels

Float32Array = NDArray[np.float32]

_SCALES = (0.7, 1.5)


@dataclass(frozen=True)
class Sample:
    """A part of an image, or a whole chip, on its way to the network.

    Attributes
    ----------
    power : ndarray of float32, shape (C, P, P)
        Linear power of each band; the square of digital numbers where nobody calibrated.
    valid, labels, searched, ships
        As in `LabelledPixels`.
    bands : tuple of Band
    references : tuple of float
        Reference amplitude of each band.
    gsd_m : tuple of float or None
    incidence_deg : float or None
    lonlat : tuple of float or None
        In degrees; see `sargeo_training.crops.augmentation.move`.
    sensor : str or None
        Name of the platform.
    """

    power: Float32Array
    valid: NDArray[np.bool_]
    labels: NDArray[np.uint8]
    searched: NDArray[np.bool_]
    ships: Float32Array
    bands: tuple[Band, ...]
    references: tuple[float, ...]
    gsd_m: tuple[float, float] | None
    incidence_deg: float | None
    lonlat: tuple[float, float] | None = None
    sensor: str | None = None

    @property
    def calibrated(self) -> bool:
        """Whether power is absolute backscatter."""
        return self.bands[0].calibrated


def cut(image: LabelledImage, block: Block) -> Sample:
    """Cut a block; what lies beyond the edges is invalid, unlabelled and unsearched."""
    inside = block.intersection(Block(0, 0, *image.shape))
    if inside is None:
        raise ValueError(f"{block} misses image {image.name} of shape {image.shape}")
    return _padded(
        image.crop(inside),
        (block.height, block.width),
        (inside.row - block.row, inside.col - block.col),
        bands=image.bands,
        references=image.references,
        gsd_m=image.gsd_m,
        incidence_deg=image.incidence_deg,
        sensor=image.platform,
    )


def whole_chip(chip: Chip, size: int) -> Sample:
    """Return a whole chip as a square of ``size`` pixels; what it lacks of one is not valid."""
    side, record = max(chip.shape), chip.record
    sample = _padded(
        chip,
        (side, side),
        bands=chip.bands,
        references=record.references,
        gsd_m=record.gsd_m,
        incidence_deg=record.incidence_deg,
        lonlat=record.centre,
        sensor=record.platform,
    )
    return sample if side == size else resize(sample, size)


def cut_scaled(image: LabelledImage, centre: tuple[int, int], size: int, rng: Generator) -> Sample:
    """Cut a square around a centre and bring it to ``size`` pixels, at times at another scale."""
    factor = float(rng.uniform(*_SCALES)) if rng.random() < 0.4 else 1.0
    side = round(size * factor)
    sample = cut(image, Block(centre[0] - side // 2, centre[1] - side // 2, side, side))
    return sample if side == size else resize(sample, size)


def resize(sample: Sample, size: int) -> Sample:
    """Resample a square to ``size`` pixels: mean power, and the nearest of labels and masks."""
    factor = size / sample.valid.shape[0]
    power = functional.interpolate(
        torch.from_numpy(sample.power)[None],
        size=(size, size),
        mode="bilinear",
        antialias=factor < 1,
    )[0].numpy()
    nearest = ((np.arange(size) + 0.5) / factor).astype(np.int64)
    picked = np.ix_(nearest, nearest)
    gsd_m = sample.gsd_m
    return dataclasses.replace(
        sample,
        power=power,
        valid=sample.valid[picked],
        labels=sample.labels[picked],
        searched=sample.searched[picked],
        ships=sample.ships * np.float32(factor),
        gsd_m=gsd_m and (gsd_m[0] / factor, gsd_m[1] / factor),
    )


def _padded(
    pixels: LabelledPixels,
    shape: tuple[int, int],
    offset: tuple[int, int] = (0, 0),
    *,
    bands: tuple[Band, ...],
    **known: Any,
) -> Sample:
    """Lay pixels into a larger sample, their first row and column at ``offset``."""
    there = np.s_[offset[0] : offset[0] + pixels.shape[0], offset[1] : offset[1] + pixels.shape[1]]
    power = np.zeros((len(bands), *shape), dtype=np.float32)
    power[:, *there] = as_power(pixels.values, bands)
    valid, searched = np.zeros((2, *shape), dtype=bool)
    valid[there], searched[there] = pixels.valid, pixels.searched
    labels = np.full(shape, UNKNOWN, dtype=np.uint8)
    labels[there] = pixels.labels
    ships = pixels.ships.copy()
    ships[:, :2] += offset
    return Sample(
        power=power,
        valid=valid,
        labels=labels,
        searched=searched,
        ships=ships,
        bands=bands,
        **known,
    )
