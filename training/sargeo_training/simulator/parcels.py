"""Parcels: the patchwork of fields and of street blocks.

The plane is cut into strips of random width and the strips into parcels of random length, in an
orientation that changes from district to district; streets follow the lie of the fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo_training.simulator.fields import TABLE_BITS, TABLE_SIZE, Lattice

_EDGE = np.uint16(1 << TABLE_BITS)
_MAIN = np.uint16(2 << TABLE_BITS)
_SHIFT_PX = 1024


@dataclass(frozen=True)
class Districts:
    """Orientation of parcels.

    Attributes
    ----------
    number : ndarray of uint8, shape (H, W)
    heading_deg : ndarray of float, shape (districts,)
        Direction of the strips by district, clockwise from north.
    across, along : ndarray of int32, shape (H, W)
        Whole-pixel coordinates across and along the strips, from 0 on.
    """

    number: NDArray[np.uint8]
    heading_deg: NDArray[np.float64]
    across: NDArray[np.int32]
    along: NDArray[np.int32]

    def crop(self, block: Block) -> Districts:
        """Return the part within a block."""
        part = block.slices()
        return Districts(self.number[part], self.heading_deg, self.across[part], self.along[part])


@dataclass(frozen=True)
class Parcels:
    """A patchwork over the scene.

    Attributes
    ----------
    ids : ndarray of uint16, shape (H, W)
        Pseudo-random number below ``TABLE_SIZE`` that all pixels of a parcel share.
    border : ndarray of bool, shape (H, W)
        True on the lines between parcels: tracks or streets.
    main : ndarray of bool, shape (H, W)
        True on every eighth line between strips: avenues.
    """

    ids: NDArray[np.uint16]
    border: NDArray[np.bool_]
    main: NDArray[np.bool_]


def draw_districts(rng: np.random.Generator, lattice: Lattice) -> Districts:
    """Draw four districts of some kilometres, and their orientations."""
    number = np.zeros(lattice.shape, dtype=np.uint8)
    for bit in range(2):
        side = lattice.upsample(lattice.fractal(rng, 4000.0, 4.0)) > 0
        number |= side.view(np.uint8) << np.uint8(bit)
    heading_deg = rng.uniform(0, 180) + rng.normal(0, 30, size=4)
    angle = np.radians(heading_deg).astype(np.float32)
    across, along = np.cos(angle)[number], np.sin(angle)[number]
    rows = np.arange(lattice.shape[0], dtype=np.float32)[:, None]
    cols = np.arange(lattice.shape[1], dtype=np.float32)[None, :]
    shifted = along * rows
    south = across * rows
    across *= cols
    across += shifted
    along *= cols
    along -= south
    reach = np.float32(np.hypot(*lattice.shape) + 1)
    across += reach
    along += reach
    return Districts(number, heading_deg, across.astype(np.int32), along.astype(np.int32))


def draw_parcels(
    rng: np.random.Generator,
    lattice: Lattice,
    districts: Districts,
    *,
    strip_m: float,
    parcel_m: float,
    border_m: float,
) -> Parcels:
    """Draw a patchwork over ``districts``, which may be a part of the scene.

    Parameters
    ----------
    rng : numpy.random.Generator
    lattice : Lattice
    districts : Districts
    strip_m, parcel_m : float
        Mean width of strips, and mean length of parcels along them.
    border_m : float
        Width of the lines between parcels.
    """
    strip = _cuts(rng, lattice, strip_m, border_m)[districts.across]
    shift = rng.integers(0, _SHIFT_PX, size=TABLE_SIZE, dtype=np.int32)
    start = shift[strip & np.uint16(TABLE_SIZE - 1)]
    start += districts.along
    parcel = _cuts(rng, lattice, parcel_m, border_m)[start]
    ids = strip + parcel
    ids += districts.number * np.uint16(977)
    ids &= np.uint16(TABLE_SIZE - 1)
    return Parcels(ids, ((strip | parcel) & _EDGE) != 0, (strip & _MAIN) != 0)


def _cuts(
    rng: np.random.Generator, lattice: Lattice, mean_m: float, border_m: float
) -> NDArray[np.uint16]:
    """Cut an axis into pieces of random length.

    Returns
    -------
    ndarray of uint16
        By whole pixel along the axis: a random number of the piece below ``TABLE_SIZE``, with
        ``_EDGE`` on its first pixels, and ``_MAIN`` on those of every eighth piece.
    """
    mean_px, border_px = mean_m / lattice.gsd_m, border_m / lattice.gsd_m
    length = 2 * int(np.hypot(*lattice.shape) + 2) + _SHIFT_PX
    pieces = np.maximum(rng.gamma(6.0, mean_px / 6.0, size=int(length / mean_px) + 64), 2.0)
    starts = np.cumsum(pieces)
    ticks = np.arange(length)
    piece = np.searchsorted(starts, ticks, side="right")
    since = ticks - np.concatenate([[0.0], starts])[piece]
    names = rng.integers(0, TABLE_SIZE, size=len(starts) + 1, dtype=np.uint16)
    edge = np.where(since < border_px, _EDGE, np.uint16(0))
    main = np.where((since < 2.5 * border_px) & (piece % 8 == 0), _MAIN, np.uint16(0))
    return np.asarray(names[piece] | edge | main, dtype=np.uint16)
