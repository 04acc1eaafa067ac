"""A chip in memory: its record and its arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.bands import Band
from sargeo_training.data.record import Record


@dataclass(frozen=True)
class Chip:
    """A record with its pixels; arrays are as in `sargeo_training.images.LabelledImage`.

    Attributes
    ----------
    record : Record
    values : ndarray of uint8 or float32, shape (C, H, W)
        Backscatter in the scale of each band.
    valid : ndarray of bool, shape (H, W)
    labels : ndarray of uint8, shape (H, W)
        Codes of the legend, `sargeo_training.images.UNKNOWN` or `NOT_WATER`.
    searched : ndarray of bool, shape (H, W)
        Where every ship is in the table.
    ships : ndarray of float32, shape (M, 5)
        See `sargeo_training.images.SHIP_COLUMNS`; in pixels of the chip.
    """

    record: Record
    values: NDArray[np.uint8] | NDArray[np.float32]
    valid: NDArray[np.bool_]
    labels: NDArray[np.uint8]
    searched: NDArray[np.bool_]
    ships: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.values.shape[1], self.values.shape[2]

    @cached_property
    def bands(self) -> tuple[Band, ...]:
        """What each channel holds."""
        return tuple(b.band for b in self.record.bands)
