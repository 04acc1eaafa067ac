"""A labelled SAR image in memory: what every source hands to training and evaluation.

Labels are allowed to say less than the legend: a pixel may be unknown, or known only not to be
water. Ships are known only where somebody searched for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from sargeo.geo.grid import Block, GeoGrid
from sargeo.scene.bands import Band
from sargeo.scene.radiometry import reference_amplitudes

Split = Literal["train", "validation", "holdout"]
"""Trained on; used to stop, calibrate and choose thresholds; measured on, once, at the end."""

SYNTHETIC = "simulated"
"""The source whose figures say how well the network learnt the simulator, and no more."""

Values = NDArray[np.uint8] | NDArray[np.float32]
"""Backscatter as it was stored: 8 bit pictures stay bytes."""

UNKNOWN = 0
NOT_WATER = 1
"""Partial label: any class of the legend but open water."""

SHIP_COLUMNS = ("row", "col", "height_px", "width_px", "length_px")
"""Columns of a ship table: centre (corner origin), upright box, length along the ship's axis.

The last three are NaN where nobody measured them."""

NO_SHIPS: NDArray[np.float32] = np.zeros((0, len(SHIP_COLUMNS)), dtype=np.float32)

SHIP_ANCHOR, SEARCHED_ANCHOR = -1, -2
"""Keys of ships, and of ground searched for ships, in `LabelledImage.anchors`."""

PLACES = ("offshore", "inshore", "land")
"""Kinds of searched ground; ships of each are told apart when they are measured."""

NO_PLACE = 255
"""Where nobody said what kind of ground it is. Else pixels hold an index into `PLACES`."""

_ANCHORS_PER_KEY = 4000


@dataclass(frozen=True, kw_only=True)
class LabelledPixels:
    """Backscatter, pixel by pixel, with all that labels say of it.

    Attributes
    ----------
    values : ndarray of uint8 or float32, shape (C, H, W)
        Backscatter in the scale of each band.
    valid : ndarray of bool, shape (H, W)
    labels : ndarray of uint8, shape (H, W)
        Codes of the legend, `UNKNOWN` or `NOT_WATER`.
    searched : ndarray of bool, shape (H, W)
        Where every ship is in the table.
    ships : ndarray of float32, shape (M, 5)
        See `SHIP_COLUMNS`.
    categories : tuple of str or None
        What kind of ship, such as "tanker", for each row of `ships`; empty where nobody said of
        any.
    """

    values: Values
    valid: NDArray[np.bool_]
    labels: NDArray[np.uint8]
    searched: NDArray[np.bool_]
    ships: NDArray[np.float32] = field(default_factory=lambda: NO_SHIPS)
    categories: tuple[str | None, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.values.shape[1], self.values.shape[2]

    def crop(self, block: Block) -> LabelledPixels:
        """Return the pixels of a block, which lies within; ships count from its corner."""
        rows, cols = block.slices()
        inside = block.contains(self.ships[:, 0], self.ships[:, 1])
        ships = self.ships[inside]
        ships[:, :2] -= (block.row, block.col)
        # Categories are none at all where nobody told ships apart.
        pairs = zip(self.categories, inside, strict=False)
        return LabelledPixels(
            values=self.values[:, rows, cols],
            valid=self.valid[rows, cols],
            labels=self.labels[rows, cols],
            searched=self.searched[rows, cols],
            ships=ships,
            categories=tuple(category for category, within in pairs if within),
        )


@dataclass(frozen=True, kw_only=True)
class LabelledImage(LabelledPixels):
    """A SAR image with whatever is known of it.

    Attributes
    ----------
    name : str
        File stem; unique within its source.
    split : {"train", "validation", "holdout"}
    bands : tuple of Band
        One for each channel, all of one quantity.
    gsd_m : tuple of float or None
        (row to row, column to column), where it is known.
    incidence_deg : float or None
    places : ndarray of uint8, shape (H, W), or None
        Index into `PLACES` or `NO_PLACE`; None where nobody said.
    grid : GeoGrid or None
        Where the pixels lie on Earth.
    centre : tuple of float or None
        (lon, lat) of the middle in degrees, where that is known without a grid.
    ground : shapely geometry or None
        In the CRS of the grid: where several images show one scene, what belongs to this one's
        split. None means all of it.
    platform : str or None
        Satellite or aircraft, such as ``"Sentinel-1"``.
    acquired : datetime or None
        In UTC.
    landcover_by, ships_by : str
        Who says what land cover and what ships there are, as texts name them.
    polarisation_known : bool
        False where nobody told polarisations, and those of the bands stand in for them.
    """

    name: str
    split: Split
    bands: tuple[Band, ...]
    gsd_m: tuple[float, float] | None = None
    incidence_deg: float | None = None
    places: NDArray[np.uint8] | None = None
    grid: GeoGrid | None = None
    centre: tuple[float, float] | None = None
    ground: BaseGeometry | None = None
    platform: str | None = None
    acquired: datetime | None = None
    landcover_by: str = "reference labels"
    ships_by: str = "reference boxes"
    polarisation_known: bool = True

    @property
    def calibrated(self) -> bool:
        """Whether values are absolute backscatter."""
        return self.bands[0].calibrated

    @cached_property
    def references(self) -> tuple[float, ...]:
        """Reference amplitude of each band, as mapping the whole image would find it."""

        def read(block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
            rows, cols = block.slices()
            return self.values[:, rows, cols].astype(np.float32), self.valid[rows, cols]

        return reference_amplitudes(read, self.shape, self.bands)

    @cached_property
    def anchors(self) -> dict[int, NDArray[np.int64]]:
        """Pixels (row, col) worth looking at, by class code or one of the anchor keys above.

        Drawing the key first, then the pixel, shows rare classes as often as common ones.
        """
        found = {
            int(code): _some_pixels(self.labels == code)
            for code in np.unique(self.labels)
            if code != UNKNOWN
        }
        if len(self.ships):
            found[SHIP_ANCHOR] = self.ships[:, :2].astype(np.int64)
        if self.searched.any():
            found[SEARCHED_ANCHOR] = _some_pixels(self.searched)
        if not found:
            found[UNKNOWN] = _some_pixels(self.valid)
        return found


@dataclass(frozen=True)
class Source:
    """One data set.

    Attributes
    ----------
    name : str
    weight : float
        Share of training crops, relative to other sources.
    images : tuple of LabelledImage
    licence : str
        As it was found with the data.
    """

    name: str
    weight: float
    images: tuple[LabelledImage, ...]
    licence: str

    def of_split(self, split: Split) -> tuple[LabelledImage, ...]:
        """Return the images of one split."""
        return tuple(s for s in self.images if s.split == split)


def _some_pixels(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return evenly chosen pixels of a mask, shape (K, 2), at most `_ANCHORS_PER_KEY`."""
    flat = np.flatnonzero(mask)
    flat = flat[:: max(1, len(flat) // _ANCHORS_PER_KEY)]
    return np.stack(np.unravel_index(flat, mask.shape), axis=1)
