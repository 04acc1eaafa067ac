"""Objects of the whole scene: duplicates at seams merged, in a fixed order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sargeo.tiling.detections import Detections

NEAREST_PX = 4.0
"""Two windows place the centre of one object up to this many pixels apart: one output cell."""


def merge_across_seams(
    detections: Detections,
    owner: NDArray[np.int64],
    spacing_m: tuple[float, float],
) -> Detections:
    """Drop the weaker of two detections of one object by two windows, and sort.

    Cores partition the scene, so an object is seen twice only where two windows place its centre
    on different sides of a seam. Detections of one kind by different windows are one object where
    their centres are closer than half the length of the longer, or than ``NEAREST_PX``.

    Parameters
    ----------
    detections : Detections
        Of all windows.
    owner : ndarray of int64, shape (M,)
        Index of the window that saw each.
    spacing_m : tuple of float
        Metres from row to row and from column to column, (1, 1) where unknown: distances are
        measured on the ground, since pixels need not be square.

    Returns
    -------
    Detections
        By descending confidence, then by row and column.
    """
    order = np.lexsort((detections.col, detections.row, -detections.confidence))
    table, owner = detections.take(order), owner[order]
    if len(np.unique(owner)) < 2:  # of a small scene
        return table
    from scipy.spatial import cKDTree  # slow to import

    position = np.column_stack([table.row * spacing_m[0], table.col * spacing_m[1]])
    metre_per_px = float(np.sqrt(spacing_m[0] * spacing_m[1]))
    reach = np.maximum(table.length_px / 2, NEAREST_PX) * metre_per_px
    pairs = cKDTree(position).query_pairs(float(reach.max()), output_type="ndarray")
    kept = np.ones(len(table), dtype=bool)
    for strong, weak in np.sort(pairs, axis=1)[np.lexsort(np.sort(pairs, axis=1).T[::-1])]:
        distance = float(np.hypot(*(position[strong] - position[weak])))
        same = owner[strong] != owner[weak] and table.kind[strong] == table.kind[weak]
        if kept[strong] and same and distance < max(reach[strong], reach[weak]):
            kept[weak] = False
    return table.take(kept)
