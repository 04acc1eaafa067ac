"""Augmentation that respects SAR: everything happens to linear power, before normalisation.

Geometry moves pixels, labels and ships together. Speckle multiplies, calibration errors are gains,
8-bit pictures are stretched, and what is known of a scene may get lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from sargeo.scene.bands import Band
from sargeo_training.crops.samples import Sample
from sargeo_training.settings.config import MetadataDropout

Float32Array = NDArray[np.float32]

Augmentation = Callable[[Sample, Generator], Sample]


def dihedral_flip(sample: Sample, rng: Generator) -> Sample:
    """Flip and turn by quarters: one of the eight symmetries of the square."""
    if rng.random() < 0.5:
        sample = _moved(sample, lambda a: a[..., ::-1])
        sample.ships[:, 1] = sample.valid.shape[1] - sample.ships[:, 1]
    if rng.random() < 0.5:
        sample = _moved(sample, lambda a: a[..., ::-1, :])
        sample.ships[:, 0] = sample.valid.shape[0] - sample.ships[:, 0]
    if rng.random() < 0.5:
        gsd_m = sample.gsd_m and (sample.gsd_m[1], sample.gsd_m[0])
        sample = _moved(sample, lambda a: a.swapaxes(-1, -2))
        sample = dataclasses.replace(sample, ships=sample.ships[:, [1, 0, 3, 2, 4]], gsd_m=gsd_m)
    return sample


def add_speckle(sample: Sample, rng: Generator) -> Sample:
    """Multiply by speckle of a few looks, independent in each band (Gamma with mean one)."""
    if rng.random() > 0.35:
        return sample
    looks = np.float32(np.exp(rng.uniform(np.log(3), np.log(30))))
    speckle = rng.standard_gamma(looks, sample.power.shape, dtype=np.float32) / looks
    return dataclasses.replace(sample, power=sample.power * speckle)


def multilook(sample: Sample, rng: Generator) -> Sample:
    """Average power over a few pixels now and then: more looks, less detail."""
    if rng.random() > 0.1:
        return sample
    side = int(rng.integers(2, 4))
    power = ndimage.uniform_filter(sample.power, (0, side, side), mode="nearest")
    return dataclasses.replace(sample, power=power)


def change_incidence(sample: Sample, rng: Generator) -> Sample:
    """Brighten one side against the other, as near range is brighter than far range.

    Land loses some 0.1 to 0.2 dB and sea up to 0.7 dB with every degree of incidence; a picture of
    a few kilometres spans less than a degree, a resampled or airborne one several.
    """
    if rng.random() > 0.3:
        return sample
    rows, cols = (np.linspace(-1, 1, n, dtype=np.float32) for n in sample.valid.shape)
    angle, decibels = rng.uniform(0, 2 * np.pi), rng.uniform(0, 2)
    slope = rows[:, None] * np.float32(np.sin(angle)) + cols[None, :] * np.float32(np.cos(angle))
    return dataclasses.replace(
        sample, power=sample.power * 10 ** (np.float32(decibels / 10) * slope)
    )


def drop_calibration(sample: Sample, rng: Generator) -> Sample:
    """Now and then take calibrated backscatter for an 8-bit picture of it."""
    if not sample.calibrated or rng.random() > 0.15:
        return sample
    bands = tuple(Band(b.polarisation, "uncalibrated", "amplitude") for b in sample.bands)
    white = np.array(sample.references, dtype=np.float32)[:, None, None] * rng.uniform(2, 5)
    grey = np.minimum(np.round(np.sqrt(sample.power) / white * 255), 255).astype(np.float32)
    references = tuple(
        float(r / w * 255) for r, w in zip(sample.references, white.ravel(), strict=True)
    )
    return dataclasses.replace(sample, power=grey**2, bands=bands, references=references)


def change_gain(sample: Sample, rng: Generator) -> Sample:
    """Shift decibels: slightly where calibrated, freely where not, and by band."""
    common, each = (0.4, 0.3) if sample.calibrated else (1.5, 0.5)
    gain_db = rng.normal(0, common) + rng.normal(0, each, (len(sample.bands), 1, 1))
    gain = (10 ** (gain_db / 10)).astype(np.float32)
    return dataclasses.replace(sample, power=sample.power * gain)


def change_stretch(sample: Sample, rng: Generator) -> Sample:
    """Change the contrast of uncalibrated bands by a power law about their reference."""
    if sample.calibrated or rng.random() > 0.25:
        return sample
    exponent = float(rng.uniform(0.75, 1.3))
    middle = np.array(sample.references, dtype=np.float32)[:, None, None] ** 2
    return dataclasses.replace(sample, power=middle * (sample.power / middle) ** exponent)


def stretch_tiles(sample: Sample, rng: Generator) -> Sample:
    """Give two halves of an uncalibrated picture different gains and offsets.

    Some products are stretched tile by tile, which leaves steps at the seams.
    """
    if sample.calibrated or rng.random() > 0.15:
        return sample
    amplitude = np.sqrt(sample.power)
    seam = int(rng.integers(16, amplitude.shape[2] - 16))
    reference = np.array(sample.references, dtype=np.float32)[:, None, None]
    gain, offset = rng.uniform(0.7, 1.4), rng.uniform(-0.3, 0.3)
    part = amplitude[:, :, seam:]
    amplitude[:, :, seam:] = np.maximum(part * np.float32(gain) + reference * np.float32(offset), 0)
    return dataclasses.replace(sample, power=amplitude**2)


def drop_bands(sample: Sample, rng: Generator) -> Sample:
    """Keep a random part of several bands, at least one."""
    count = len(sample.bands)
    if count == 1:
        return sample
    kept = np.sort(rng.permutation(count)[: rng.integers(1, count)])
    return dataclasses.replace(
        sample,
        power=sample.power[kept],
        bands=tuple(sample.bands[k] for k in kept),
        references=tuple(sample.references[k] for k in kept),
    )


def drop_metadata(chances: MetadataDropout, sample: Sample, rng: Generator) -> Sample:
    """Drop what is known besides the pixels, by chance; of several bands at least one is kept."""
    if rng.random() < chances.polarisation:
        sample = drop_bands(sample, rng)
    gsd, incidence, place, sensor = rng.random(4) >= (
        chances.gsd,
        chances.incidence,
        chances.place,
        chances.sensor,
    )
    return dataclasses.replace(
        sample,
        gsd_m=sample.gsd_m if gsd else None,
        incidence_deg=sample.incidence_deg if incidence else None,
        lonlat=sample.lonlat if place else None,
        sensor=sample.sensor if sensor else None,
    )


def random_coordinates(sample: Sample, rng: Generator) -> Sample:
    """Pretend to be anywhere, half of the time.

    Training knows a handful of places, which the network would learn by heart. From places drawn
    at random it learns that they mean nothing, and is not startled by those of real scenes.
    """
    if rng.random() < 0.5:
        return sample
    lonlat = (float(rng.uniform(-180, 180)), float(np.degrees(np.arcsin(rng.uniform(-1, 1)))))
    return dataclasses.replace(sample, lonlat=lonlat)


def cut_border(sample: Sample, rng: Generator) -> Sample:
    """Lay the slanted border of a scene through the picture, with nothing beyond it."""
    if rng.random() > 0.1:
        return sample
    rows, cols = (np.arange(n) - n / 2 for n in sample.valid.shape)
    angle = rng.uniform(0, 2 * np.pi)
    distance = rows[:, None] * np.sin(angle) + cols[None, :] * np.cos(angle)
    valid = sample.valid & (distance < rng.uniform(0, 0.5) * len(rows))
    return dataclasses.replace(sample, valid=valid)


RADIOMETRIC_AUGMENTATIONS: tuple[Augmentation, ...] = (
    stretch_tiles,
    add_speckle,
    multilook,
    change_incidence,
    drop_calibration,
    change_gain,
    change_stretch,
)
"""What moves no pixel, so that a text that tells where things are stays true."""


def augmentations(
    dropout: MetadataDropout | None = None, *, sar: bool = True
) -> tuple[Augmentation, ...]:
    """Return what crops are put through, in this order.

    Parameters
    ----------
    dropout : MetadataDropout, optional
    sar : bool
        Whether to change what radar changes; else only what any picture would be put through, and
        what keeps the network from relying on metadata.
    """
    dropout = dropout or MetadataDropout()
    if not sar:
        dropout = dropout.model_copy(update={"polarisation": 0})
        return (dihedral_flip, partial(drop_metadata, dropout), random_coordinates)
    return (
        *RADIOMETRIC_AUGMENTATIONS,
        dihedral_flip,
        partial(drop_metadata, dropout),
        random_coordinates,
        cut_border,
    )


def augment(sample: Sample, rng: Generator, steps: Sequence[Augmentation]) -> Sample:
    """Apply augmentations one after the other."""
    for augmentation in steps:
        sample = augmentation(sample, rng)
    return sample


def _moved(sample: Sample, move: Callable[[NDArray[Any]], NDArray[Any]]) -> Sample:
    """Move pixels, labels and masks alike; ships are copied, to be moved by the caller."""
    return dataclasses.replace(
        sample,
        power=move(sample.power),
        valid=move(sample.valid),
        labels=move(sample.labels),
        searched=move(sample.searched),
        ships=sample.ships.copy(),
    )
