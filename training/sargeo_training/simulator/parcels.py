"""Parcels: the patchwork of fields and of street blocks.

The plane is cut into strips of random width and the strips into parcels of random length, in an
orientation that changes from district to district.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo_training.simulator.fields import TABLE_BITS, Lattice

_DISTRICT_BITS = 2


@dataclass(frozen=True)
class Parcels:
    """A patchwork over the scene.

    Attributes
    ----------
    ids : ndarray of uint16, shape (H, W)
        Pseudo-random 12-bit number that all pixels of a parcel share.
    border : ndarray of bool, shape (H, W)
        True on the lines between parcels: tracks or streets.
    main : ndarray of bool, shape (H, W)
        True on every eighth line between strips: avenues.
    district : ndarray of uint8, shape (H, W)
    heading_deg : ndarray of float, shape (districts,)
        Direction of the strips by district, degrees clockwise from north.
    """

    ids: NDArray[np.uint16]
    border: NDArray[np.bool_]
    main: NDArray[np.bool_]
    district: NDArray[np.uint8]
    heading_deg: NDArray[np.float64]


def draw_parcels(
    rng: np.random.Generator,
    lattice: Lattice,
    *,
    strip_m: float,
    parcel_m: float,
    border_m: float,
    district_m: float,
) -> Parcels:
    """Draw a patchwork.

    Parameters
    ----------
    rng : numpy.random.Generator
    lattice : Lattice
    strip_m, parcel_m : float
        Mean width of strips, and mean length of parcels along them.
    border_m : float
        Width of the lines between parcels.
    district_m : float
        Size over which the orientation stays the same.
    """
    district = np.zeros(lattice.shape, dtype=np.uint8)
    for bit in range(_DISTRICT_BITS):
        side = lattice.upsample(lattice.fractal(rng, district_m, 4.0)) > 0
        district |= side.view(np.uint8) << np.uint8(bit)
    heading_deg = rng.uniform(0, 180) + rng.normal(0, 30, size=1 << _DISTRICT_BITS)
    across, along = _district_axes(lattice.shape, district, np.radians(heading_deg))
    strip, strip_edge, strip_main = _cut(rng, across, strip_m / lattice.gsd_m, border_m, lattice)
    along += rng.integers(0, 1 << 10, size=1 << 10).astype(np.int32)[strip & 1023]
    parcel, parcel_edge, _ = _cut(rng, along, parcel_m / lattice.gsd_m, border_m, lattice)
    ids = _mixed(strip, parcel, district)
    return Parcels(ids, strip_edge | parcel_edge, strip_main, district, heading_deg)


def _district_axes(
    shape: tuple[int, int], district: NDArray[np.uint8], angle: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Whole-pixel coordinates across and along the strips of each pixel's district, from 0 on."""
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    cols = np.arange(shape[1], dtype=np.float32)[None, :]
    cos, sin = (
        np.cos(angle).astype(np.float32)[district],
        np.sin(angle).astype(np.float32)[district],
    )
    reach = np.float32(np.hypot(*shape) + 1)
    across = cos * cols + sin * rows + reach
    along = sin * cols - cos * rows + reach
    return across.astype(np.int32), along.astype(np.int32)


def _cut(
    rng: np.random.Generator,
    coordinate: NDArray[np.int32],
    mean_px: float,
    border_m: float,
    lattice: Lattice,
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Cut an axis into pieces of random length: their number, their edges, and each eighth edge."""
    length = 2 * int(np.hypot(*lattice.shape) + 2) + (1 << 10)
    pieces = np.maximum(rng.gamma(6.0, mean_px / 6.0, size=int(length / mean_px) + 64), 2.0)
    starts = np.cumsum(pieces)
    ticks = np.arange(length)
    number = np.searchsorted(starts, ticks, side="right").astype(np.int32)
    since = ticks - np.concatenate([[0.0], starts])[number]
    edge = since < border_m / lattice.gsd_m
    main = (since < 2.5 * border_m / lattice.gsd_m) & (number % 8 == 0)
    return number[coordinate], edge[coordinate], main[coordinate]


def _mixed(
    strip: NDArray[np.int32], parcel: NDArray[np.int32], district: NDArray[np.uint8]
) -> NDArray[np.uint16]:
    """Hash three numbers to 12 bits (multiplicative hashing, Knuth, TAOCP volume 3, 6.4)."""
    key = (strip.astype(np.uint32) << 12) + (parcel.astype(np.uint32) << 2) + district
    key *= np.uint32(2654435761)
    key ^= key >> np.uint32(15)
    key *= np.uint32(2246822519)
    return (key >> np.uint32(32 - TABLE_BITS)).astype(np.uint16)
