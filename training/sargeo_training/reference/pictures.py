"""Reads the optical and the radar picture of a labelled block, and measures how they lie.

The Sentinel-1 picture is not terrain corrected: where the ground stands higher or lower than the
height that it was mapped to, it lies displaced across the track, and low-order warping leaves a few
pixels more. Labels drawn on the optical picture are moved by the displacement of their block.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy.ndimage import gaussian_gradient_magnitude

from sargeo.errors import SceneNotFoundError
from sargeo_training.reference.blocks import GroundBlock

OPTICAL, RADAR = "s2_rgb", "s1_vh"
_EDGE_SCALE_PX = 2.0
_REACH_PX = 14  # greatest displacement that is looked for


def read_picture(folder: Path, kind: str, ground: GroundBlock) -> NDArray[np.uint8]:
    """Read a block of a picture.

    Parameters
    ----------
    folder : Path
        The folder of the open data; its ``scenes`` holds ``s1_vh_los_angeles_<scene>.tif`` and
        ``s2_rgb_los_angeles_<scene>.tif``.
    kind : str
        `OPTICAL` or `RADAR`.
    ground : GroundBlock

    Returns
    -------
    ndarray of uint8, shape (bands, rows, cols)

    Raises
    ------
    SceneNotFoundError
        If the folder has no such picture.
    """
    path = picture_path(folder, kind, ground.scene)
    block = ground.block
    with rasterio.open(path) as picture:
        window = Window(block.col, block.row, block.width, block.height)
        return np.asarray(picture.read(window=window), dtype=np.uint8)


def picture_path(folder: Path, kind: str, scene: str) -> Path:
    """Return the file of a scene's picture; parameters and errors as in `read_picture`."""
    path = folder / "scenes" / f"{kind}_los_angeles_{scene}.tif"
    if not path.is_file():
        raise SceneNotFoundError(
            f"{path} does not exist.",
            "Name the folder of the open data, with the Los Angeles scenes in `scenes`.",
        )
    return path


def measure_displacement(
    optical: NDArray[np.uint8], radar: NDArray[np.uint8]
) -> tuple[int, int, float]:
    """Find by how much the radar picture is displaced against the optical one.

    The edges of both, as logarithms of their smoothed gradients, are correlated under a window
    that fades out towards the sides.

    Parameters
    ----------
    optical, radar : ndarray, shape (bands, rows, cols)
        The same block of ground.

    Returns
    -------
    rows, cols : int
        Radar minus optical.
    correlation : float
        At the best displacement; below about 0.15 it says little.
    """
    fade = np.outer(np.hanning(optical.shape[1]), np.hanning(optical.shape[2]))
    seen = fade * _edges(optical.mean(axis=0))
    felt = fade * _edges(np.sqrt(radar.mean(axis=0)))
    spectrum = np.conj(np.fft.rfft2(seen)) * np.fft.rfft2(felt)
    correlation = np.fft.irfft2(spectrum, s=seen.shape) / np.square(fade).sum()
    near = np.roll(correlation, (_REACH_PX, _REACH_PX), axis=(0, 1))
    near = near[: 2 * _REACH_PX + 1, : 2 * _REACH_PX + 1]
    row, col = np.unravel_index(int(near.argmax()), near.shape)
    return int(row) - _REACH_PX, int(col) - _REACH_PX, float(near.max())


def _edges(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return standardised edge strength."""
    edges = np.log1p(gaussian_gradient_magnitude(picture.astype(np.float64), _EDGE_SCALE_PX))
    return np.asarray((edges - edges.mean()) / max(float(edges.std()), 1e-9), dtype=np.float64)
