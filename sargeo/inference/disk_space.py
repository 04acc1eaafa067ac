"""Room on the disk for what a run will write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo.products.files import require_free_bytes
from sargeo.scene.sampling import sample_blocks


def require_space(
    folder: Path,
    shape: tuple[int, int],
    wanted: Callable[[Block], NDArray[np.bool_]],
    bytes_per_pixel: float,
) -> None:
    """Refuse a run whose uncompressed rows would not fit on the disk.

    Rows without a result take no room; how many have one is judged by a sample of blocks.

    Parameters
    ----------
    folder : Path
        Where the run works.
    shape : tuple of int
        (rows, cols) of the scene.
    wanted : callable
        Tells in which pixels of a block of the scene a result is asked for.
    bytes_per_pixel : float
        What is written for such a pixel.

    Raises
    ------
    sargeo.errors.DiskFullError
    """
    blocks = sample_blocks(shape)
    found = sum(int(wanted(block).sum()) for block in blocks)
    share = found / sum(block.size for block in blocks)
    require_free_bytes(folder, share * shape[0] * shape[1] * bytes_per_pixel)
