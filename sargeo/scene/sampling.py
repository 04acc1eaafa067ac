"""A fixed sample of a scene's pixels, on which whatever holds for the whole scene is decided.

Blocks of full resolution on an even lattice that begins and ends at the scene's edges: the same
for every run, whatever windows are read later. Overviews are never used, as they may not exist.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block

Reader = Callable[[Block], tuple[NDArray[np.float32], NDArray[np.bool_]]]
"""Gives values (C, H, W) and validity (H, W) of a block."""

SIDE = 256
PER_AXIS = 8
ENOUGH = SIDE * SIDE
WIDEST = 1 << 15
"""Columns of a block. Mosaics are wider, and a whole row of them need not fit in memory."""

FINEST = 2 * PER_AXIS
"""Blocks along an axis of the lattice that is fine enough where it meets anything valid: 17 million
pixels, two seconds' work."""

Likely = Callable[[], Sequence[Block]]
"""Names blocks that hold pixels, where a file tells it."""


def sample_blocks(shape: tuple[int, int], per_axis: int = PER_AXIS) -> tuple[Block, ...]:
    """Return at most ``per_axis`` squared blocks that do not overlap, in row-major order.

    A scene that so many blocks cover is covered.
    """
    rows, cols = (_spans(n, per_axis) for n in shape)
    return tuple(Block(r, c, h, w) for r, h in rows for c, w in cols)


def row_blocks(shape: tuple[int, int], rows: int = SIDE) -> Iterator[Block]:
    """Cover a scene from top to bottom with blocks of its full width, or nearly so."""
    for row in range(0, shape[0], rows):
        for col in range(0, shape[1], WIDEST):
            yield Block(row, col, min(rows, shape[0] - row), min(WIDEST, shape[1] - col))


def sample_values(
    read: Reader, shape: tuple[int, int], likely: Likely = tuple
) -> NDArray[np.float32]:
    """Return valid pixels of the sample, shape (C, N).

    Where it holds fewer than `ENOUGH`, it is taken of the blocks that are likely to hold pixels,
    and where that brings no more, the lattice is refined: to `FINEST`, and as long as nothing
    valid is met, at last to the whole scene. N is 0 only where no pixel of the scene is valid.
    """
    values = _taken(read, sample_blocks(shape))
    if values.shape[1] >= ENOUGH:
        return values
    there = _taken(read, _spread(likely()))
    if there.shape[1] > values.shape[1]:
        return there
    per_axis = PER_AXIS
    while not _covered(shape, per_axis) and (per_axis < FINEST or not values.shape[1]):
        per_axis *= 2
        values = _taken(read, sample_blocks(shape, per_axis))
    return values


def _taken(read: Reader, blocks: Sequence[Block]) -> NDArray[np.float32]:
    parts = [v[:, valid] for v, valid in map(read, blocks)]
    return np.concatenate(parts, axis=1) if parts else np.empty((0, 0), np.float32)


def _covered(shape: tuple[int, int], per_axis: int) -> bool:
    return max(shape) <= per_axis * SIDE


def _spread(blocks: Sequence[Block]) -> list[Block]:
    """Choose of some blocks, evenly, about as much as the lattice holds."""
    most = PER_AXIS * PER_AXIS
    chosen = [blocks[i] for i in np.linspace(0, len(blocks) - 1, min(len(blocks), most), dtype=int)]
    per_axis = math.isqrt(most // max(1, len(chosen)))
    return [
        Block(block.row + part.row, block.col + part.col, part.height, part.width)
        for block in chosen
        for part in sample_blocks((block.height, block.width), per_axis)
    ]


def _spans(n: int, count: int) -> list[tuple[int, int]]:
    if n <= count * SIDE:
        return [(start, min(SIDE, n - start)) for start in range(0, n, SIDE)]
    return [(int(start), SIDE) for start in np.linspace(0, n - SIDE, count).round()]
