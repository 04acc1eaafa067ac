"""Where a band is too bright for the zeros of another one to be dark water."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.sampling import ENOUGH

LIT_STEPS = 8
"""How many steps a band should hold, by another one, for its zeros to be no dark water: speckle
does not turn an eighth of an amplitude into a region of zeros."""


def lit_from(
    sample: NDArray[np.float32], scales: Sequence[float], offsets: Sequence[float]
) -> NDArray[np.float64]:
    """Tell from which value on a band is too bright where another one holds dark water.

    That is brighter than the darkest quarter of its values where the other one holds something,
    and so bright that the other one, which follows it, should hold `LIT_STEPS` steps.

    Parameters
    ----------
    sample : ndarray of float32, shape (C, N)
        Measurements.
    scales, offsets : sequence of float
        Of each band: what a step is worth, and what zero is.

    Returns
    -------
    ndarray of float64, shape (C, C)
        [i, k]: of band k where band i is zero. Infinite where that tells nothing.
    """
    lit = np.full((len(scales),) * 2, np.inf)
    if len(scales) == 1:
        return lit
    thinned = sample[:, :: max(1, sample.shape[1] // ENOUGH)].astype(float)
    above = thinned - np.reshape(offsets, (-1, 1))
    for i, k in np.argwhere(~np.eye(len(scales), dtype=bool)):
        held = above[i] != 0
        if not held.any():
            continue
        steps = np.median(above[i][held]) / scales[i]
        quarter, middle = np.percentile(above[k][held], (25, 50))
        if steps > 0:
            lit[i, k] = max(quarter, middle * LIT_STEPS / steps) + offsets[k]
    return lit
