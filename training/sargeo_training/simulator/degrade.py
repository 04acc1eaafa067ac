"""What becomes of calibrated scenes on their way to users: 8 bit pictures without calibration."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sargeo_training.simulator.fields import Field32

StretchKind = Literal["scene", "tile"]
"""One stretch for the whole scene, or one for each tile, which leaves steps at their seams."""


def stretch_to_8_bit(
    sigma0: Field32,
    kind: StretchKind = "scene",
    *,
    percentiles: tuple[float, float] = (1.0, 99.0),
    tile: int = 1024,
) -> NDArray[np.uint8]:
    """Stretch power to 8 bit amplitude between percentiles, as quick-look exports do.

    Parameters
    ----------
    sigma0 : ndarray of float32, shape (C, H, W)
        Linear power.
    kind : {"scene", "tile"}
    percentiles : tuple of float
        Of amplitude that become 1 and 255; what is beyond is clipped.
    tile : int
        Side of tiles in pixels.

    Returns
    -------
    ndarray of uint8, shape (C, H, W)
        0 is left for nodata.
    """
    amplitude = np.sqrt(sigma0)
    if kind == "scene":
        return _stretched(amplitude, percentiles)
    out = np.empty(amplitude.shape, dtype=np.uint8)
    for row in range(0, amplitude.shape[1], tile):
        for col in range(0, amplitude.shape[2], tile):
            part = np.s_[:, row : row + tile, col : col + tile]
            out[part] = _stretched(amplitude[part], percentiles)
    return out


def _stretched(amplitude: Field32, percentiles: tuple[float, float]) -> NDArray[np.uint8]:
    low, high = np.percentile(amplitude, percentiles, axis=(1, 2), keepdims=True)
    span = np.maximum(high - low, np.finfo(np.float32).tiny)
    stretched = np.rint(1 + 254 * (amplitude - low) / span)
    return np.asarray(np.clip(stretched, 1, 255), dtype=np.uint8)
