"""Random fields: fractal noise on a coarse lattice, and noise drawn from tables of quantiles.

Both are there for speed. Natural shapes are smooth at the scale of a few pixels, so their fields
live on every fourth pixel and are interpolated; and a table look-up of a random integer costs a
tenth of a draw from a gamma distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Field = NDArray[np.float64]
Field32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

TABLE_BITS = 12
TABLE_SIZE = 1 << TABLE_BITS

_MASK_TILE = 64


def table_indices(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Draw independent uniform indices into a table of ``TABLE_SIZE`` entries."""
    return rng.integers(0, TABLE_SIZE, size=shape, dtype=np.uint16)


def table_quantiles(size: int = TABLE_SIZE) -> Field:
    """Return the probabilities in the middle of ``size`` equal shares: what tables are made at."""
    return np.asarray((np.arange(size) + 0.5) / size)


@dataclass(frozen=True)
class Lattice:
    """Every ``STEP``-th pixel of a scene, with one node beyond its far edges.

    Attributes
    ----------
    shape : tuple of int
        (rows, cols) of the scene in full resolution.
    gsd_m : float
        Ground spacing of its pixels in metres.
    """

    shape: tuple[int, int]
    gsd_m: float

    STEP = 4

    @cached_property
    def nodes(self) -> tuple[int, int]:
        """(rows, cols) of the lattice."""
        return math.ceil(self.shape[0] / self.STEP) + 1, math.ceil(self.shape[1] / self.STEP) + 1

    @property
    def spacing_m(self) -> float:
        """Ground spacing of the nodes in metres."""
        return self.STEP * self.gsd_m

    @cached_property
    def south_east_m(self) -> tuple[Field, Field]:
        """Metres south (nodes, 1) and east (1, nodes) of the middle of the scene."""
        south = (np.arange(self.nodes[0]) * self.STEP - self.shape[0] / 2) * self.gsd_m
        east = (np.arange(self.nodes[1]) * self.STEP - self.shape[1] / 2) * self.gsd_m
        return np.asarray(south[:, None], dtype=float), np.asarray(east[None, :], dtype=float)

    def fractal(self, rng: np.random.Generator, wavelength_m: float, slope: float) -> Field:
        """Draw a Gaussian random field of zero mean and unit variance on the nodes.

        Its power spectrum is flat for wavelengths longer than ``wavelength_m`` and falls as
        ``frequency ** -slope`` below (2 is rough, 4 smooth).
        """
        rows, cols = (fft.next_fast_len(n, real=True) for n in self.nodes)
        amplitude = _amplitude((rows, cols), self.spacing_m, wavelength_m, slope)
        noise = rng.standard_normal((*amplitude.shape, 2), dtype=np.float32)
        spectrum = noise.view(np.complex64)[..., 0] * amplitude
        field = fft.irfft2(spectrum, (rows, cols))[: self.nodes[0], : self.nodes[1]].astype(float)
        return np.asarray((field - field.mean()) / field.std())

    def upsample(self, values: Field) -> Field32:
        """Interpolate a field of the nodes bilinearly to the scene's shape."""
        return _interpolated(values, self.STEP)[: self.shape[0], : self.shape[1]]

    def mask(self, values: Field, low: float, high: float = math.inf) -> Mask:
        """Tell where a field of the nodes, interpolated to the scene's shape, is within bounds.

        Much faster than to compare what ``upsample`` returns: where all nodes about are on one
        side, nothing is interpolated.
        """
        step, size = self.STEP, _MASK_TILE
        out = np.zeros([(n - 1) * step for n in self.nodes], dtype=bool)
        for row in range(0, self.nodes[0] - 1, size):
            for col in range(0, self.nodes[1] - 1, size):
                part = values[row : row + size + 1, col : col + size + 1]
                least, most = part.min(), part.max()
                if most <= low or least >= high:
                    continue
                tile = np.s_[row * step : (row + size) * step, col * step : (col + size) * step]
                if least > low and most < high:
                    out[tile] = True
                    continue
                fine = _interpolated(part, step)
                np.greater(fine, low, out=out[tile])
                if most >= high:
                    out[tile] &= fine < high
        return out[: self.shape[0], : self.shape[1]]

    def at(self, values: Field, rows: Field, cols: Field) -> Field:
        """Values of a field of the nodes at the nodes nearest to continuous pixel coordinates."""
        nearest = [
            np.clip(np.rint(x / self.STEP).astype(np.intp), 0, n - 1)
            for x, n in zip((rows, cols), self.nodes, strict=True)
        ]
        return np.asarray(values[nearest[0], nearest[1]])


def _interpolated(nodes: Field, step: int) -> Field32:
    """Interpolate bilinearly to ``step`` pixels per node; the last row and column only bound."""
    wide = np.empty((nodes.shape[0], (nodes.shape[1] - 1) * step), dtype=np.float32)
    wide[:, ::step] = nodes[:, :-1]
    across = ((nodes[:, 1:] - nodes[:, :-1]) / step).astype(np.float32)
    for k in range(1, step):
        np.add(wide[:, k - 1 :: step], across, out=wide[:, k::step])
    fine = np.empty(((nodes.shape[0] - 1) * step, wide.shape[1]), dtype=np.float32)
    fine[::step] = wide[:-1]
    down = wide[1:] - wide[:-1]
    down /= np.float32(step)
    for k in range(1, step):
        np.add(fine[k - 1 :: step], down, out=fine[k::step])
    return fine


@lru_cache(maxsize=64)
def _amplitude(
    shape: tuple[int, int], spacing_m: float, wavelength_m: float, slope: float
) -> Field32:
    """Amplitude spectrum of ``Lattice.fractal`` in the layout of ``rfft2``."""
    frequency = np.hypot(
        fft.fftfreq(shape[0], spacing_m)[:, None], fft.rfftfreq(shape[1], spacing_m)
    )
    amplitude = (1 + (frequency * wavelength_m) ** 2) ** (-slope / 4)
    amplitude[0, 0] = 0
    return np.asarray(amplitude, dtype=np.float32)
