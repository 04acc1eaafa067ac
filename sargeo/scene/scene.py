"""A scene: what was measured, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block, GeoGrid
from sargeo.scene.bands import Band


@dataclass(frozen=True, slots=True)
class Raster:
    """Pixels that know where they are.

    Attributes
    ----------
    values : ndarray of float32, shape (C, H, W)
        Backscatter in the scale of each band. What stands in pixels that are not valid is
        undefined, but finite.
    valid : ndarray of bool, shape (H, W)
        True where every band holds a measurement.
    grid : GeoGrid
        Of these pixels; ``grid.shape == (H, W)``.
    bands : tuple of Band
        One for each of the C channels, in order.
    """

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]
    grid: GeoGrid
    bands: tuple[Band, ...]


@runtime_checkable
class Scene(Protocol):
    """Anything with a grid, bands, and pixels by block. ``read`` may be called from any thread."""

    @property
    def name(self) -> str:
        """Stem of the products' names."""
        ...

    @property
    def source(self) -> str:
        """Path or address, as the user gave it; what provenance records."""
        ...

    @property
    def grid(self) -> GeoGrid:
        """Where the pixels are."""
        ...

    @property
    def bands(self) -> tuple[Band, ...]:
        """What each channel holds."""
        ...

    @property
    def gsd_known(self) -> bool:
        """False where the grid's spacing says nothing about the ground."""
        ...

    @property
    def assumed_gsd_m(self) -> float | None:
        """Ground spacing in metres that the user gave instead of the grid's."""
        ...

    @property
    def incidence_deg(self) -> float | None:
        """Mean incidence angle in degrees, where the file tells it."""
        ...

    @property
    def platform(self) -> str | None:
        """Satellite or aircraft, by the name that models know it by, such as "Sentinel-1"."""
        ...

    @property
    def acquired(self) -> datetime | None:
        """When it was taken, or began to be, in UTC; None where the product does not tell."""
        ...

    def read(self, block: Block) -> Raster:
        """Read a block that lies within the grid.

        Raises
        ------
        sargeo.errors.SceneDamagedError
            If the file's pixels cannot be read.
        """
        ...
