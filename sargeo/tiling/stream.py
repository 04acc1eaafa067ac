"""Pixels on their way to the network: read ahead on threads, cut into windows, batched.

Batches never span stripes, so that what a stripe yields depends on the scene, the stripe and the
batch size alone, and not on who is free or on what came before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo.tiling.batch import Batch
from sargeo.tiling.plan import Stripe, Window

READ_AHEAD = 2
"""Stripes that are read, or wait, while another is with the network."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A block of normalised pixels.

    Attributes
    ----------
    values : ndarray of float32, shape (C, H, W)
        What the network is fed; 0 where not valid.
    valid : ndarray of bool, shape (H, W)
        Where there is a measurement.
    wanted : ndarray of bool, shape (H, W)
        Where a result is asked for: valid, and within the area of interest.
    """

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]
    wanted: NDArray[np.bool_]


class PixelSource(Protocol):
    """Where pixels come from. Both methods may be called from several threads at once."""

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) of the whole."""
        ...

    def read(self, block: Block) -> Pixels:
        """Read a block that lies within the shape."""
        ...

    def lonlat(self, rows: NDArray[np.float64], cols: NDArray[np.float64]) -> NDArray[np.float32]:
        """Longitude and latitude in degrees, shape (N, 2); NaN where unknown."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedStripe:
    """A stripe with its pixels, padded to the reads of its windows."""

    stripe: Stripe
    pixels: Pixels
    lonlat: NDArray[np.float32]

    def windows(self) -> list[Window]:
        """Return the windows in which anything is wanted."""
        origin = self.stripe.read
        wanted = self.pixels.wanted
        return [w for w in self.stripe.windows if wanted[w.read.slices(origin)].any()]

    def batches(self, batch_size: int, device: torch.device) -> Iterator[Batch]:
        """Cut the wanted windows into batches, the last of which may be shorter."""
        windows = self.windows()
        for start in range(0, len(windows), batch_size):
            yield self._batch(tuple(windows[start : start + batch_size]), device)

    def _batch(self, windows: tuple[Window, ...], device: torch.device) -> Batch:
        origin = self.stripe.read
        parts = [w.read.slices(origin) for w in windows]
        first = self.stripe.windows[0].index
        pixels = np.stack([self.pixels.values[:, rows, cols] for rows, cols in parts])
        valid = np.stack([self.pixels.valid[rows, cols] for rows, cols in parts])
        lonlat = np.stack([self.lonlat[w.index - first] for w in windows])
        return Batch(
            torch.from_numpy(pixels).to(device),
            torch.from_numpy(valid).to(device),
            torch.from_numpy(lonlat).to(device),
            windows,
        )


def stream(source: PixelSource, stripes: Sequence[Stripe]) -> Iterator[LoadedStripe]:
    """Load stripes in order, reading ahead on threads.

    At most ``READ_AHEAD`` stripes are in memory besides the one that was handed out. An error in
    a reading thread is raised here, at its stripe; closing the generator ends the threads.
    """
    waiting: deque[Future[LoadedStripe]] = deque()
    todo = iter(stripes)
    with ThreadPoolExecutor(READ_AHEAD, thread_name_prefix="sargeo-read") as pool:
        try:
            for stripe in todo:
                waiting.append(pool.submit(_load, source, stripe))
                if len(waiting) > READ_AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _load(source: PixelSource, stripe: Stripe) -> LoadedStripe:
    height, width = source.shape
    inside = stripe.read.intersection(Block(0, 0, height, width))
    if inside is None:
        raise ValueError(f"stripe {stripe.index} lies outside a scene of {height} x {width}")
    pixels = _pad(source.read(inside), stripe.read)
    rows = np.array([w.read.row + w.read.height / 2 for w in stripe.windows])
    cols = np.array([w.read.col + w.read.width / 2 for w in stripe.windows])
    lonlat = source.lonlat(np.minimum(rows, height), np.minimum(cols, width))
    return LoadedStripe(stripe, pixels, lonlat)


def _pad(pixels: Pixels, block: Block) -> Pixels:
    """Extend pixels to the far edges of a block with what is neither valid nor wanted."""
    height, width = pixels.valid.shape
    grow = ((0, block.height - height), (0, block.width - width))
    if not any(after for _, after in grow):
        return pixels
    return Pixels(
        np.pad(pixels.values, ((0, 0), *grow)),
        np.pad(pixels.valid, grow),
        np.pad(pixels.wanted, grow),
    )
