"""A fixed sample of a scene's pixels, on which whatever holds for the whole scene is decided.

Blocks of full resolution on an even lattice that begins and ends at the scene's edges: the same
for every run, whatever windows are read later. Overviews are never used, as they may not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

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


def sample_values(read: Reader, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return valid pixels of the sample, shape (C, N).

    Where it holds fewer than `ENOUGH`, the lattice is refined, at last to the whole scene. N is 0
    only where no pixel of the scene is valid.
    """
    per_axis = PER_AXIS
    while True:
        blocks = sample_blocks(shape, per_axis)
        parts = (read(block) for block in blocks)
        values = np.concatenate([v[:, valid] for v, valid in parts], axis=1)
        whole = sum(block.size for block in blocks) == shape[0] * shape[1]
        if values.shape[1] >= ENOUGH or whole:
            return values
        per_axis *= 2


def _spans(n: int, count: int) -> list[tuple[int, int]]:
    if n <= count * SIDE:
        return [(start, min(SIDE, n - start)) for start in range(0, n, SIDE)]
    return [(int(start), SIDE) for start in np.linspace(0, n - SIDE, count).round()]
