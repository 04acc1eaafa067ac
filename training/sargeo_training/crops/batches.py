"""Batches for training: a source by weight, a place worth looking at, a crop, augmented."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from sargeo.legend import LAND_COVER_CODES
from sargeo.model.context import SLOTS, Context
from sargeo.scene.bands import POLARISATIONS, QUANTITIES
from sargeo_training.crops.augmentation import Augmentation, augment, augmentations
from sargeo_training.crops.radiometry import normalise
from sargeo_training.crops.samples import Sample, cut_scaled
from sargeo_training.crops.targets import make_targets
from sargeo_training.images import LabelledImage, Source
from sargeo_training.parallel import WHOLE, Part

Batch = TypeVar("Batch")

_PREFETCH = 3  # batches ahead, besides those that threads are at


@dataclass(frozen=True)
class TargetMaps:
    """`sargeo_training.crops.targets.Targets` of a batch, as tensors."""

    landcover: Tensor
    heat: Tensor
    searched: Tensor
    centre: Tensor
    offset: Tensor
    size: Tensor


@dataclass(frozen=True)
class Inputs:
    """What the network is fed; see `sargeo.model.vision.ImageTower.forward`."""

    pixels: Tensor
    valid: Tensor
    context: Context

    def to(self, device: torch.device) -> Inputs:
        """Return the same on another device."""
        pixels = self.pixels.to(device, memory_format=torch.channels_last)
        return Inputs(pixels, self.valid.to(device), self.context.to(device))


@dataclass(frozen=True)
class TrainingBatch:
    """Inputs and targets of N samples."""

    inputs: Inputs
    targets: TargetMaps

    def to(self, device: torch.device) -> TrainingBatch:
        """Return the same on another device."""
        maps = (getattr(self.targets, f.name).to(device) for f in fields(TargetMaps))
        return TrainingBatch(self.inputs.to(device), TargetMaps(*maps))


class Mixture:
    """Training batches by number: the same for the same seed, whichever were made before.

    Parameters
    ----------
    sources : sequence of Source
        Those without weight or without images to train on are left out.
    size : int
        Side of a crop in pixels.
    batch_size : int
    seed : int
    steps : sequence of Augmentation, optional
        What each crop is put through; by default everything.
    sensors : sequence of str
        Platforms that the network tells apart.
    codes : sequence of int
        Of the classes, in the order of the network's channels.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        size: int,
        batch_size: int,
        seed: int,
        steps: Sequence[Augmentation] | None = None,
        sensors: Sequence[str] = (),
        codes: Sequence[int] = LAND_COVER_CODES,
    ) -> None:
        used = [(s.weight, s.of_split("train")) for s in sources if s.weight > 0]
        self._images = [images for _, images in used if images]
        weights = np.array([weight for weight, images in used if images])
        self._shares = weights / weights.sum()
        self._size, self._batch_size, self._seed = size, batch_size, seed
        self._steps = augmentations() if steps is None else steps
        self._sensors, self._codes = tuple(sensors), tuple(codes)

    def draw(self, number: int, index: int) -> Sample:
        """Draw one augmented sample: the one at ``index`` of batch ``number``."""
        rng = np.random.default_rng((self._seed, number, index))
        images = self._images[rng.choice(len(self._images), p=self._shares)]
        image = images[rng.integers(len(images))]
        sample = cut_scaled(image, _place(image, self._size, rng), self._size, rng)
        return augment(sample, rng, self._steps)

    def batch(self, number: int, part: Part = WHOLE) -> TrainingBatch:
        """Make a batch, or one process's part of it."""
        samples = [self.draw(number, i) for i in part.indices(self._batch_size)]
        return collate(samples, self._sensors, self._codes)


def _place(image: LabelledImage, size: int, rng: Generator) -> tuple[int, int]:
    """Draw the centre of a crop that holds an anchor, within the image where that is possible."""
    keys = sorted(image.anchors)
    pixels = image.anchors[keys[rng.integers(len(keys))]]
    anchor = pixels[rng.integers(len(pixels))] + rng.integers(-size // 3, size // 3 + 1, 2)
    row, col = (
        int(np.clip(a, size // 2, n - size // 2)) if n > size else n // 2
        for a, n in zip(anchor, image.shape, strict=True)
    )
    return row, col


def collate(
    samples: Sequence[Sample],
    sensors: Sequence[str] = (),
    codes: Sequence[int] = LAND_COVER_CODES,
) -> TrainingBatch:
    """Stack samples of equal size into a batch; see `make_inputs` and `make_targets`."""
    targets = [make_targets(s.labels, s.valid, s.searched, s.ships, codes) for s in samples]
    maps = (
        torch.from_numpy(np.stack([getattr(t, f.name) for t in targets]))
        for f in fields(TargetMaps)
    )
    return TrainingBatch(make_inputs(samples, sensors), TargetMaps(*maps))


def make_inputs(samples: Sequence[Sample], sensors: Sequence[str] = ()) -> Inputs:
    """Normalise samples and put their bands into the network's polarisation slots.

    Parameters
    ----------
    samples : sequence of Sample
        Of equal size.
    sensors : sequence of str
        Platforms that the network tells apart; others count as unknown.
    """
    numbers = {name: place for place, name in enumerate(sensors, start=1)}
    height, width = samples[0].valid.shape
    pixels = np.zeros((len(samples), SLOTS, height, width), dtype=np.float32)
    present = np.zeros((len(samples), SLOTS), dtype=bool)
    quantity = np.zeros((len(samples), SLOTS), dtype=np.int64)
    for i, s in enumerate(samples):
        slots = [POLARISATIONS.index(b.polarisation) for b in s.bands]
        pixels[i, slots] = normalise(s.power, s.valid, s.bands, s.references, s.incidence_deg)
        present[i, slots] = True
        quantity[i, slots] = [QUANTITIES.index(b.fed_as) for b in s.bands]
    return Inputs(
        torch.from_numpy(pixels),
        torch.from_numpy(np.stack([s.valid for s in samples])),
        Context(
            present=torch.from_numpy(present),
            quantity=torch.from_numpy(quantity),
            gsd_m=torch.tensor([s.gsd_m or (torch.nan,) * 2 for s in samples]),
            incidence_deg=torch.tensor([s.incidence_deg or torch.nan for s in samples]),
            lonlat=torch.tensor([s.lonlat or (torch.nan,) * 2 for s in samples]),
            sensor=torch.tensor([numbers.get(s.sensor or "", 0) for s in samples]),
        ),
    )


class Ahead(Generic[Batch]):
    """Makes numbered batches on threads, ahead of their use and in their order.

    An error in a thread reaches whoever iterates. Close it when done.

    Parameters
    ----------
    make : callable
        Makes the batch of a number, whichever were made before.
    first : int
        Number of the first batch.
    threads : int
    """

    def __init__(self, make: Callable[[int], Batch], *, first: int = 0, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="batches")
        numbers = itertools.count(first)
        self._made = (self._pool.submit(make, number) for number in numbers)
        self._pending = deque(itertools.islice(self._made, threads + _PREFETCH))
        self.waited_s = 0.0

    def __iter__(self) -> Iterator[Batch]:
        while True:
            start = time.monotonic()
            batch = self._pending.popleft().result()
            self.waited_s += time.monotonic() - start
            self._pending.append(next(self._made))
            yield batch

    def close(self) -> None:
        """Stop the threads and wait for them."""
        self._pool.shutdown(cancel_futures=True)
