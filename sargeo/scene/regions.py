"""Regions of fill in an image: squares and lines that no speckle fills with one value.

By numpy alone, and of any part of a scene as of the whole: `HALO` says how much around it counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

REGION = 8
"""Side in pixels of a square of fill. Speckle fills no such square with one number: of clipped data
in which half of all pixels are zero, one square in 2^64 is."""

HALO = REGION * REGION + 2 * REGION
"""How far around a block, in pixels, values can decide over its pixels."""

Planes = NDArray[np.float32]
Flags = NDArray[np.bool_]


def flat(values: Planes) -> Flags:
    """Tell pixels that equal a neighbour above, below, left or right exactly; shape (H, W)."""
    flat = np.zeros(values.shape, bool)
    for now, before, equal in (
        (flat[1:], flat[:-1], values[1:] == values[:-1]),
        (flat[:, 1:], flat[:, :-1], values[:, 1:] == values[:, :-1]),
    ):
        now |= equal
        before |= equal
    return flat


def regions(fill: Flags, edges: tuple[bool, bool, bool, bool]) -> Flags:
    """Return fill that forms regions or lies near one; ``edges`` are those of the scene."""
    pad, (height, width) = REGION - 1, fill.shape
    top, bottom, left, right = (pad * edge for edge in edges)
    padded = np.pad(fill, ((top, bottom), (left, right)), constant_values=True)
    squares = _opened(padded, (REGION, REGION))[top : top + height, left : left + width]
    length = REGION * REGION
    region = squares | _opened(fill, (length, 1)) | _opened(fill, (1, length))
    return _grown(region, fill)


def squares(fill: Flags, side: int) -> Flags:
    """Return fill that forms squares of ``side`` pixels, at least 16, or lies near one."""
    # Every row of such a square holds two neighbours of every eighth pixel.
    few = fill[:, ::REGION]
    if not (few[:, 1:] & few[:, :-1]).any():
        return np.zeros(fill.shape, bool)
    return _grown(_opened(fill, (side, side)), fill)


def _grown(region: Flags, fill: Flags) -> Flags:
    if not region.any():
        return region
    near = region
    for axis in (0, 1):
        near = _dilated(near, 2 * REGION + 1, axis)[_inner(REGION, axis)]
    grown: Flags = near & fill
    return grown


def _opened(flags: Flags, shape: tuple[int, int]) -> Flags:
    """Keep what some rectangle of True of a shape covers."""
    if any(n < size for n, size in zip(flags.shape, shape, strict=True)):
        return np.zeros(flags.shape, bool)
    for axis, size in enumerate(shape):
        flags = _joined(flags, size, axis, np.logical_and)
    for axis, size in enumerate(shape):
        flags = _dilated(flags, size, axis)
    return flags


def _dilated(flags: Flags, size: int, axis: int) -> Flags:
    """Stretch every True over ``size`` pixels from it on; the array grows by ``size`` - 1."""
    widths = [(0, 0), (0, 0)]
    widths[axis] = (size - 1, size - 1)
    return _joined(np.pad(flags, widths), size, axis, np.logical_or)


def _inner(by: int, axis: int) -> tuple[slice, ...]:
    inner = [slice(None), slice(None)]
    inner[axis] = slice(by, -by)
    return tuple(inner)


def _joined(flags: Flags, size: int, axis: int, join: Callable[..., Flags]) -> Flags:
    """Join each ``size`` pixels in a row along an axis, by doubling: log2(size) passes."""
    flags = np.moveaxis(flags, axis, 0)
    width = 1
    while width < size:
        step = min(width, size - width)
        flags = join(flags[:-step], flags[step:])
        width += step
    return np.moveaxis(flags, 0, axis)


def mostly(flags: Flags, among: Flags) -> Flags:
    """Tell where at least half of the pixels ``among`` within `REGION` pixels are flagged."""
    excess = (2 * (flags & among) - among.astype(np.int32)).astype(np.int32)
    for axis in (0, 1):
        excess = _window_sums(excess, axis)
    enough: Flags = (excess >= 0) & among
    return enough


def _window_sums(numbers: NDArray[np.int32], axis: int) -> NDArray[np.int32]:
    """Sum along an axis over what lies within `REGION` pixels of each."""
    widths = [(0, 0), (0, 0)]
    widths[axis] = (REGION + 1, REGION)
    sums = np.cumsum(np.pad(numbers, widths), axis=axis, dtype=np.int32)
    sums = np.moveaxis(sums, axis, 0)
    width = 2 * REGION + 1
    return np.moveaxis(sums[width:] - sums[:-width], 0, axis)
