"""Where a raster file holds data, as far as it tells without being read.

Mosaics are mostly empty: to look for their few pixels block by block takes hours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from sargeo.geo.grid import Block

_RECTANGLE = re.compile(r"<DstRect ([^>]*)/>")
_SIDES = ("xOff", "yOff", "xSize", "ySize")

_MOST_BLOCKS = 250_000
"""Blocks of a TIFF that are asked for their sizes: a second's work."""

_FULL = 0.05
"""Share of the largest block's bytes under which a compressed block holds next to nothing but one
number. Speckle does not compress: blocks of backscatter differ by less than a factor of two."""

_MOST_PIXELS = 1 << 24
"""Of a block that is worth naming: what is larger is read in parts."""


def full_blocks(dataset: Any) -> tuple[Block, ...]:
    """Return blocks that hold what is worth looking at; none where the file does not tell.

    The rectangles of a virtual mosaic's sources; the blocks of a TIFF that take room in it.
    """
    if dataset.driver == "VRT":
        return _sources(dataset)
    return _thick_blocks(dataset) if dataset.driver == "GTiff" else ()


def _sources(dataset: Any) -> tuple[Block, ...]:
    whole = Block(0, 0, *dataset.shape)
    text = dataset.tags(ns="xml:VRT").get("xml:VRT", "")
    found = (_rectangle(sides) for sides in dict.fromkeys(_RECTANGLE.findall(text)))
    return tuple(part for b in found if b and (part := b.intersection(whole)) is not None)


def _rectangle(text: str) -> Block | None:
    sides = dict(re.findall(r'(\w+)="([^"]*)"', text))
    try:
        col, row, width, height = (float(sides[side]) for side in _SIDES)
        top, left = math.floor(row), math.floor(col)
        return Block(top, left, math.ceil(row + height) - top, math.ceil(col + width) - left)
    except (KeyError, ValueError, OverflowError):  # GDAL opened it: it means none of ours
        return None


def _thick_blocks(dataset: Any) -> tuple[Block, ...]:
    height, width = dataset.block_shapes[0]
    rows, cols = -(-dataset.height // height), -(-dataset.width // width)
    if rows * cols > _MOST_BLOCKS or height * width > _MOST_PIXELS:
        return ()
    sizes = np.array([[_size(dataset, row, col) for col in range(cols)] for row in range(rows)])
    return tuple(_blocks(dataset.shape, (height, width), sizes > _FULL * sizes.max()))


def _size(dataset: Any, row: int, col: int) -> int:
    """Return the bytes of a block, 0 where the file is sparse."""
    return int(dataset.get_tag_item(f"BLOCK_SIZE_{col}_{row}", dm="TIFF", bidx=1) or 0)


def _blocks(shape: tuple[int, int], size: tuple[int, int], thick: Any) -> Iterator[Block]:
    for row, col in np.argwhere(thick).tolist():
        top, left = row * size[0], col * size[1]
        yield Block(top, left, min(size[0], shape[0] - top), min(size[1], shape[1] - left))
