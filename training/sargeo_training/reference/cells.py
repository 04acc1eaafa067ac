"""What a small cell of an optical picture looks like, by itself and amid its surroundings.

A cell is 4 x 4 pixels: coarse enough to average the grain of a true-colour picture, fine enough
for a street or a river. Everything here is arithmetic on arrays.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_gradient_magnitude, uniform_filter

CELL_PX = 4
SURROUNDINGS_CELLS = (3, 7, 15)
"""Widths of the squares that a cell's surroundings are averaged over."""

_EMPTY = 1
"""What the pictures hold in every band where nothing was imaged."""


def covered_cells(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which cells were imaged in full.

    Parameters
    ----------
    picture : ndarray of uint8, shape (3, rows, cols)
        Red, green, blue; both sides multiples of `CELL_PX`.

    Returns
    -------
    ndarray of bool, shape (rows / CELL_PX, cols / CELL_PX)
    """
    imaged = picture.max(axis=0) > _EMPTY
    rows, cols = (n // CELL_PX for n in imaged.shape)
    return np.asarray(imaged.reshape(rows, CELL_PX, cols, CELL_PX).all(axis=(1, 3)))


def cell_features(picture: NDArray[np.uint8], covered: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Describe every cell by its colour and texture, and by those of its surroundings.

    Parameters
    ----------
    picture : ndarray of uint8, shape (3, rows, cols)
        Red, green, blue.
    covered : ndarray of bool, shape (rows / CELL_PX, cols / CELL_PX)
        See `covered_cells`. Other cells add nothing to their surroundings.

    Returns
    -------
    ndarray of float32, shape (features, rows / CELL_PX, cols / CELL_PX)
    """
    features = list(_own(picture))
    brightness, green, blue, grain = features[3], features[5], features[6], features[4]
    edges = gaussian_gradient_magnitude(brightness, 1.0)
    for width in SURROUNDINGS_CELLS:
        share = np.maximum(uniform_filter(covered.astype(np.float32), width), 1e-6)
        around = [
            uniform_filter(np.where(covered, own, 0), width) / share
            for own in (brightness, np.square(brightness), green, blue, grain, edges)
        ]
        around[1] = np.sqrt(np.maximum(around[1] - np.square(around[0]), 0))
        features += around
    return np.stack(features).astype(np.float32, copy=False)


def _own(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    """Yield mean colours, brightness, grain within the cell, excess green and blue over red."""
    means = np.stack([_mean_of_cells(band) for band in picture])
    yield from means
    brightness = means.mean(axis=0)
    yield brightness
    pixels = picture.mean(axis=0, dtype=np.float32)
    yield np.sqrt(np.maximum(_mean_of_cells(np.square(pixels)) - np.square(brightness), 0))
    red, green, blue = means / np.maximum(means.sum(axis=0), 1)
    yield 2 * green - red - blue
    yield blue - red


def _mean_of_cells(values: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Average the pixels of each cell; strided sums are several times faster than a reshape."""
    shape = tuple(n // CELL_PX for n in values.shape)
    total: NDArray[np.float32] = np.zeros(shape, dtype=np.float32)
    for row in range(CELL_PX):
        for col in range(CELL_PX):
            total += values[row::CELL_PX, col::CELL_PX]
    return total / np.float32(CELL_PX**2)
