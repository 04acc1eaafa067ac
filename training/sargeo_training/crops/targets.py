"""What the network should have said of a sample, on its grid of 4 by 4 pixel cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.legend import LAND_COVER_CODES, OPEN_WATER
from sargeo.model.vision import OUTPUT_STRIDE
from sargeo_training.images import NOT_WATER, UNKNOWN

Float32Array = NDArray[np.float32]

IGNORE, PARTIAL_NOT_WATER = -1, -2
"""Land-cover targets of cells that are unlabelled, and of cells that are not water."""

WATER_INDEX = LAND_COVER_CODES.index(OPEN_WATER.code)

_TYPICAL_SIDE_PX = 12.0
_SIGMA_PER_SIDE, _LEAST_SIGMA = 0.09, 0.7
_SIZED_FROM = 0.3  # of a bump's height
_BOX_COLUMNS = slice(2, 5)


@dataclass(frozen=True)
class Targets:
    """Targets of one sample, or of a batch with one more axis in front.

    Attributes
    ----------
    landcover : ndarray of int64, shape (h, w)
        Index of the class, `IGNORE` or `PARTIAL_NOT_WATER`.
    heat : ndarray of float32, shape (h, w)
        1 in cells that hold a ship's centre, falling off around them.
    searched : ndarray of bool, shape (h, w)
        Where heat is known: on searched ground and on land, which holds no ship.
    centre : ndarray of bool, shape (h, w)
    offset : ndarray of float32, shape (2, h, w)
        Of the centre within its cell; where ``centre``.
    size : ndarray of float32, shape (3, h, w)
        Logarithm of height, width and length in pixels; in the cells about a centre; else NaN,
        and where unknown.
    """

    landcover: NDArray[np.int64]
    heat: Float32Array
    searched: NDArray[np.bool_]
    centre: NDArray[np.bool_]
    offset: Float32Array
    size: Float32Array


def make_targets(
    labels: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    searched: NDArray[np.bool_],
    ships: Float32Array,
    codes: Sequence[int] = LAND_COVER_CODES,
) -> Targets:
    """Make the targets of one sample.

    Parameters
    ----------
    labels, valid, searched, ships
        As in `sargeo_training.crops.samples.Sample`.
    codes : sequence of int
        Of the classes, in the order of the network's channels.
    """
    shape = (labels.shape[0] // OUTPUT_STRIDE, labels.shape[1] // OUTPUT_STRIDE)
    heat, centre = np.zeros(shape, np.float32), np.zeros(shape, dtype=bool)
    offset, size = np.zeros((2, *shape), np.float32), np.full((3, *shape), np.nan, np.float32)
    on_land = (labels != UNKNOWN) & (labels != OPEN_WATER.code)
    known = _share_of_cells((searched | on_land) & valid) >= 0.5
    for ship in ships[_on(valid, ships)]:
        place = ship[:2] / OUTPUT_STRIDE
        cell = (int(place[0]), int(place[1]))
        bump = _bump(shape, cell, ship)
        # The size is learnt from all cells about the centre, as in TTFNet (Liu et al. 2020), each
        # belonging to the ship that is nearest; from the centre alone it is learnt slowly.
        size[:, (bump >= _SIZED_FROM) & (bump >= heat)] = np.log(np.maximum(ship[_BOX_COLUMNS], 1))[
            :, None
        ]
        np.maximum(heat, bump, out=heat)
        centre[cell] = True
        offset[:, *cell] = place - cell
    return Targets(
        landcover=cell_classes(np.where(valid, labels, UNKNOWN), codes),
        heat=heat,
        searched=known,
        centre=centre & known,
        offset=offset,
        size=size,
    )


def cell_classes(
    labels: NDArray[np.uint8], codes: Sequence[int] = LAND_COVER_CODES
) -> NDArray[np.int64]:
    """Reduce labels (H, W) to cells: what holds at least half of a cell, else `IGNORE`."""
    keys = (PARTIAL_NOT_WATER, *range(len(codes)))
    shares = np.stack([_share_of_cells(labels == code) for code in (NOT_WATER, *codes)])
    best = np.array(keys, dtype=np.int64)[shares.argmax(axis=0)]
    return np.where(shares.max(axis=0) >= 0.5, best, IGNORE)


def _share_of_cells(mask: NDArray[np.bool_]) -> Float32Array:
    s = OUTPUT_STRIDE
    rows, cols = mask.shape[0] // s, mask.shape[1] // s
    counts = mask[: rows * s, : cols * s].view(np.uint8)
    # Adding slices is several times faster than a mean over two short axes.
    down = sum((counts[i::s] for i in range(1, s)), start=counts[0::s])
    both = sum((down[:, i::s] for i in range(1, s)), start=down[:, 0::s])
    return both.astype(np.float32) / np.float32(s * s)


def _on(valid: NDArray[np.bool_], ships: Float32Array) -> NDArray[np.bool_]:
    """Tell which ships have their centre on a valid pixel of a whole cell."""
    limit = [n // OUTPUT_STRIDE * OUTPUT_STRIDE for n in valid.shape]
    row, col = np.floor(ships[:, 0]).astype(int), np.floor(ships[:, 1]).astype(int)
    inside: NDArray[np.bool_] = (row >= 0) & (col >= 0) & (row < limit[0]) & (col < limit[1])
    inside[inside] = valid[row[inside], col[inside]]
    return inside


def _bump(shape: tuple[int, int], cell: tuple[int, int], ship: Float32Array) -> Float32Array:
    """Return a Gaussian around a cell, as wide and high as the ship's box asks.

    Its standard deviation is 0.09 sides, as in TTFNet (Liu et al. 2020), and at least 0.7 cells,
    since a centre is not marked more exactly than that.
    """
    sides = np.nan_to_num(ship[2:4], nan=_TYPICAL_SIDE_PX) / OUTPUT_STRIDE
    sigmas = np.maximum(_SIGMA_PER_SIDE * sides, _LEAST_SIGMA)
    rows, cols = (
        np.exp(-((np.arange(n) - c) ** 2) / (2 * sigma**2))
        for n, c, sigma in zip(shape, cell, sigmas, strict=True)
    )
    return np.outer(rows, cols).astype(np.float32)
