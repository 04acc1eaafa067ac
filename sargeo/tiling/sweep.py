"""One pass of a network over a scene, stripe by stripe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from sargeo.tiling.batch import Acquisition, Network
from sargeo.tiling.mosaic import Mosaic, Strip, StripeResult, run_stripe
from sargeo.tiling.plan import Stripe, plan_stripes, plan_windows
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
    stripes = tiling.stripes(source.shape, network)
    mosaic = Mosaic(
        source.shape,
        stripes,
        classes=network.classes,
        stride=network.output_stride,
        device=device,
        keep_probabilities=keep_probabilities,
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
