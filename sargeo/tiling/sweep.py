"""One pass of a network over a scene, stripe by stripe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from sargeo.tiling.batch import Acquisition, Network
from sargeo.tiling.mosaic import CellMosaic, CellStrip, StripeResult, run_stripe
from sargeo.tiling.pixels import PixelMosaic, Strip
from sargeo.tiling.plan import Stripe, count_windows, plan_stripes, plan_windows
from sargeo.tiling.stream import PixelSource, stream


@dataclass(frozen=True, slots=True)
class Tiling:
    """How a scene is cut for a network.

    Attributes
    ----------
    patch, margin : int
        Side of a window and width of its border that neighbours own, in pixels; multiples of the
        network's alignment.
    batch_size : int
        Windows that the network sees at once.
    """

    patch: int
    margin: int
    batch_size: int

    def stripes(self, shape: tuple[int, int], network: Network) -> tuple[Stripe, ...]:
        """Plan the stripes of a scene."""
        windows = plan_windows(
            shape, patch=self.patch, margin=self.margin, output_stride=network.alignment
        )
        return plan_stripes(windows)

    def count(self, shape: tuple[int, int], network: Network) -> tuple[int, int]:
        """Return how many stripes a scene has, and windows each of them, without planning them."""
        return count_windows(
            shape, patch=self.patch, margin=self.margin, output_stride=network.alignment
        )

    def read_shape(self, shape: tuple[int, int], network: Network) -> tuple[int, int]:
        """Return the rows and columns that are read for one stripe of a scene."""
        step = network.alignment
        height, width = (-(-n // step) * step for n in shape)
        return min(height, self.patch), width


def sweep(
    network: Network,
    source: PixelSource,
    acquisition: Acquisition,
    tiling: Tiling,
    *,
    device: torch.device,
    keep_probabilities: bool = False,
    advance: Callable[[int], None] = lambda _windows: None,
) -> Iterator[tuple[StripeResult, Strip]]:
    """Yield each stripe's result with the rows of the scene that it finishes, from the top.

    ``advance`` is told how many windows were done, after each batch; what it raises ends the sweep.
    """
    pixels = PixelMosaic(
        source.shape, stride=network.output_stride, keep_probabilities=keep_probabilities
    )
    for result, cells in sweep_cells(
        network, source, acquisition, tiling, device=device, advance=advance
    ):
        yield result, pixels.add(cells)


def sweep_cells(
    network: Network,
    source: PixelSource,
    acquisition: Acquisition,
    tiling: Tiling,
    *,
    device: torch.device,
    advance: Callable[[int], None] = lambda _windows: None,
) -> Iterator[tuple[StripeResult, CellStrip]]:
    """Yield each stripe's result with the rows of cells that it finishes, from the top."""
    stripes = tiling.stripes(source.shape, network)
    mosaic = CellMosaic(
        source.shape,
        stripes,
        channels=network.channels,
        stride=network.output_stride,
        device=device,
    )
    for loaded in stream(source, stripes):
        result = run_stripe(
            network,
            loaded,
            acquisition=acquisition,
            margin=tiling.margin,
            shape=source.shape,
            batch_size=tiling.batch_size,
            device=device,
            advance=advance,
        )
        yield result, mosaic.add(result)
