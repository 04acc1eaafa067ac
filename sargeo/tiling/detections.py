"""Objects as the network finds them: arrays of equal length, in pixels of the working grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Detections:
    """A table of objects, one array per column, all of shape (M,).

    Attributes
    ----------
    row, col : float64
        Centre in continuous pixel coordinates (corner origin, see `sargeo.geo.grid`).
    height_px, width_px : float32
        Sides of the upright bounding box, in pixels.
    length_px : float32
        The object's longer side along its own axis, in pixels.
    confidence : float32
        0 to 1.
    kind : int64
        Index into the model's object kinds.
    """

    row: NDArray[np.float64]
    col: NDArray[np.float64]
    height_px: NDArray[np.float32]
    width_px: NDArray[np.float32]
    length_px: NDArray[np.float32]
    confidence: NDArray[np.float32]
    kind: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(f.name for f in fields(cls))

    def take(self, index: NDArray[np.bool_] | NDArray[np.intp]) -> Detections:
        """Return the rows that a mask or an index selects."""
        return Detections(*(getattr(self, f.name)[index] for f in fields(self)))

    @classmethod
    def empty(cls) -> Detections:
        """Return a table without rows."""
        none = np.zeros(0, dtype=np.float32)
        place = np.zeros(0, dtype=np.float64)
        return cls(place, place, none, none, none, none, np.zeros(0, dtype=np.int64))

    @classmethod
    def concatenate(cls, parts: Sequence[Detections]) -> Detections:
        """Return the rows of all parts, in order."""
        if not parts:
            return cls.empty()
        columns = ([getattr(p, f.name) for p in parts] for f in fields(cls))
        return cls(*(np.concatenate(c) for c in columns))
