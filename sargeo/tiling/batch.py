"""What goes into a network and what comes out, for a handful of windows at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from sargeo.scene.bands import Band
from sargeo.tiling.plan import Window


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What a network is told of a scene besides its pixels.

    Attributes
    ----------
    bands : tuple of Band
        One for each channel of a batch, in order.
    gsd_m : tuple of float or None
        Ground sampling distance in metres, (row to row, column to column), of the working grid;
        None where it is unknown.
    incidence_deg : float or None
        Mean incidence angle in degrees; None where it is unknown.
    sensor : str or None
        Name of the platform, such as "Sentinel-1"; None where it is unknown.
    """

    bands: tuple[Band, ...]
    gsd_m: tuple[float, float] | None = None
    incidence_deg: float | None = None
    sensor: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows of one stripe, ready for the network, on its device.

    Attributes
    ----------
    pixels : Tensor of float32, shape (N, C, P, P)
        Normalised backscatter; 0 where not valid.
    valid : Tensor of bool, shape (N, P, P)
    lonlat : Tensor of float32, shape (N, 2)
        Longitude and latitude of the windows' centres in degrees; NaN where unknown.
    windows : tuple of Window
        N windows, in the order of the tensors.
    """

    pixels: Tensor
    valid: Tensor
    lonlat: Tensor
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the network says of a batch, on its device.

    Attributes
    ----------
    maps : Tensor of float32, shape (N, K, P / stride, P / stride)
        What is blended over the overlaps of windows: calibrated class probabilities, which sum to
        one over K, or any other values of cells, such as vectors in the space of texts.
    objects : Tensor of float32, shape (N, M, 7)
        Per window up to M objects: row, col (continuous pixels, corner origin, relative to the
        window), height, width, length (pixels), confidence, index of the kind. Rows of confidence
        0 are padding.
    """

    maps: Tensor
    objects: Tensor


class Network(Protocol):
    """What tiling needs of a model."""

    @property
    def output_stride(self) -> int:
        """Input pixels per output cell, along each axis."""
        ...

    @property
    def alignment(self) -> int:
        """Pixels that windows have to be shifted by for features to repeat: the coarsest stride.

        A multiple of the output stride. Sides of a batch are multiples of it.
        """
        ...

    @property
    def channels(self) -> int:
        """K, the number of channels of `Outputs.maps`."""
        ...

    def infer(self, batch: Batch, acquisition: Acquisition) -> Outputs:
        """Run the network on a batch, without gradients."""
        ...
