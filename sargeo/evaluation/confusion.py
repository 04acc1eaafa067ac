"""What a confusion matrix says by itself, with every sample counting the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import FloatArray

Counts = NDArray[np.int64]
"""Number of samples, classes of the map down, of the reference across."""


def overall_accuracy(confusion: Counts) -> float:
    """Return the share of samples, shape (q, q), that are right; NaN of none."""
    return share(np.trace(confusion), confusion.sum())


def class_ious(confusion: Counts) -> FloatArray:
    """Return intersection over union of each class, shape (q,); NaN where the reference has none.

    Parameters
    ----------
    confusion : ndarray of int, shape (q, q)
    """
    hits, of_map, of_reference = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    pairs = zip(hits, of_map + of_reference - hits, of_reference > 0, strict=True)
    return np.array([share(h, union) if present else np.nan for h, union, present in pairs])


def share(part: float, whole: float) -> float:
    """Return a part over the whole; NaN of nothing."""
    return float(part / whole) if whole else float("nan")
