"""The scene as a grey picture: averaged in power, then stretched."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo.scene.radiometry import from_power, to_power
from sargeo.scene.scene import Scene
from sargeo.webmap.pixels import Coarse

STRETCH_PERCENTILES = (2.0, 98.0)

MAX_PIXELS_READ = 128e6
"""Beyond it only some rows of each cell are read: about ten seconds' worth on one core."""

_ROWS_PER_READ = 512
_INVALID = 0

Float32Array = NDArray[np.float32]


def read_quicklook(scene: Scene, cell: int) -> Coarse:
    """Read a scene's first band as grey values, 1 to 255; 0 where nothing is valid.

    Parameters
    ----------
    scene : Scene
    cell : int
        Rows and columns of pixels that are averaged, in power, to one value.

    Raises
    ------
    sargeo.errors.SceneDamagedError
        If the scene's pixels cannot be read.
    """
    # Digital numbers that nobody calibrated were mostly stretched for display already.
    shown = from_power(_mean_power(scene, cell), "db" if scene.bands[0].calibrated else "amplitude")
    return Coarse(_stretch(shown), _INVALID, scene.grid, (cell, cell))


def _mean_power(scene: Scene, cell: int) -> Float32Array:
    """Mean power of the valid pixels of each cell, NaN where there are none."""
    height, width = scene.grid.shape
    mean = np.full((math.ceil(height / cell), math.ceil(width / cell)), np.nan, np.float32)
    share = min(1.0, MAX_PIXELS_READ / (height * width))
    rows_read = max(1, int(cell * share))
    cells_per_read = max(1, _ROWS_PER_READ // cell) if rows_read == cell else 1
    for first in range(0, mean.shape[0], cells_per_read):
        top = first * cell + (cell - rows_read) // 2
        top = min(top, height - 1)
        rows = min(rows_read * cells_per_read, height - top)
        strip = _strip(scene, Block(top, 0, rows, width), cell)
        mean[first : first + cells_per_read] = strip
    return mean


def _strip(scene: Scene, block: Block, cell: int) -> Float32Array:
    raster = scene.read(block)
    weight = raster.valid.astype(np.float32)
    power = to_power(raster.values[0], scene.bands[0].scale)
    power = np.where(raster.valid, power, np.float32(0))
    total, count = _sums(power, cell), _sums(weight, cell)
    mean = total / np.maximum(count, np.float32(1))
    return np.where(count > 0, mean, np.float32(np.nan))


def _sums(values: Float32Array, cell: int) -> Float32Array:
    """Sum over cells; those at the far edges may be smaller."""
    # Added slice by slice: several times as fast as numpy's reduceat where cells are small.
    padded = np.pad(values, [(0, -n % cell) for n in values.shape])
    rows = np.sum([padded[i::cell] for i in range(cell)], axis=0)
    return np.asarray(np.sum([rows[:, i::cell] for i in range(cell)], axis=0))


def _stretch(shown: Float32Array) -> NDArray[np.uint8]:
    valid = np.isfinite(shown)
    if not valid.any():
        return np.full(shown.shape, _INVALID, np.uint8)
    low, high = np.percentile(shown[valid], STRETCH_PERCENTILES)
    grey = 1 + 254 * np.clip((shown - low) / max(high - low, 1e-6), 0, 1)
    return np.where(valid, grey, _INVALID).astype(np.uint8)
