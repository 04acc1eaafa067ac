"""The image tower: SAR pixels in any subset of polarisations to features of a quarter their size.

A hierarchical ConvNeXt without global response normalisation or squeeze-and-excitation: nothing
pools over the window, so that a pixel's features depend on its neighbourhood alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from sargeo.model.context import SLOTS, Context, ContextEncoder
from sargeo.model.convnext import LayerNorm2d, Stage, convnext_stages
from sargeo.model.spec import ConvNextSpec

OUTPUT_STRIDE = 4
"""Pixels per cell of the decoded features, along each axis."""

COARSEST_STRIDE = 32
"""Pixels per cell of the coarsest features. Windows that are shifted by multiples of it against
each other see the same grid of cells."""

CONTEXT_DIM = 64
"""Length of the vector that a tower is told of its context."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the tower says of N windows of H by W pixels.

    Attributes
    ----------
    pyramid : tuple of Tensor
        Features at strides s of 4, 8, 16 and 32, of shapes (N, dims[i], H / s, W / s).
    decoded : Tensor, shape (N, decoder_dim, H / 4, W / 4)
        What dense heads stand on.
    """

    pyramid: tuple[Tensor, ...]
    decoded: Tensor


class ImageTower(nn.Module):
    """SAR pixels to features.

    Parameters
    ----------
    spec : ConvNextSpec
        Depths and widths of the four stages, and width of the decoder.
    sensors : int
        How many sensors are told apart.
    """

    def __init__(self, spec: ConvNextSpec, sensors: int = 0) -> None:
        super().__init__()
        self.context = ContextEncoder(CONTEXT_DIM, sensors)
        self.stem = _Stem(spec.dims[0])
        self.stages = convnext_stages(spec.depths, spec.dims)
        self.stages.apply(init_variance_preserving)
        self.biases = nn.ModuleList(nn.Linear(CONTEXT_DIM, dim) for dim in spec.dims)
        self.decoder = Decoder(spec.dims, spec.decoder_dim)

    def forward(self, pixels: Tensor, valid: Tensor, context: Context) -> Features:
        """Encode windows.

        Parameters
        ----------
        pixels : Tensor of float, shape (N, 4, H, W)
            Normalised backscatter by polarisation slot. H and W are multiples of 32. What stands
            in absent slots and in pixels that are not valid does not matter.
        valid : Tensor of bool, shape (N, H, W)
        context : Context
        """
        embedded = self.context(context)
        biases = [bias(embedded)[:, :, None, None] for bias in self.biases]
        known = valid[:, None].to(pixels.dtype)
        x = self.stem(pixels, valid, context.present, biases[0])
        pyramid = []
        stages = cast("Iterable[Stage]", self.stages)
        for i, (stage, bias) in enumerate(zip(stages, biases, strict=True)):
            # Cells without a valid pixel enter each stage as zeros, as the padding around does.
            known = functional.max_pool2d(known, 2 if i else OUTPUT_STRIDE)
            x = stage(x, bias if i else None, known)
            pyramid.append(x)
        return Features(tuple(pyramid), self.decoder(pyramid))


def init_variance_preserving(module: nn.Module) -> None:
    """Draw kernels that keep the variance of what they are fed.

    ConvNeXt's own start, kernels of 0.02 and blocks scaled down by a learnt factor, lets blocks
    say next to nothing at first, which suits days of training. From scratch in an hour, the coarse
    stages then never come to be used: see docs/decisions/variance-preserving-initialisation.md.
    """
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.trunc_normal_(module.weight, std=module.weight[0].numel() ** -0.5)


class _Stem(nn.Module):
    """Cells of 4 by 4 pixels: one convolution over the slots and the validity."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(SLOTS + 1, dim, OUTPUT_STRIDE, stride=OUTPUT_STRIDE)
        self.norm = LayerNorm2d(dim)

    def forward(self, pixels: Tensor, valid: Tensor, present: Tensor, bias: Tensor) -> Tensor:
        known = valid[:, None] & present[:, :, None, None]
        # Bands say much the same: their mean keeps one band as loud as four.
        share = present.sum(1).to(pixels.dtype).reciprocal()[:, None, None, None]
        slots = torch.where(known, pixels * share, 0.0)
        cells: Tensor = self.conv(torch.cat([slots, valid[:, None].to(slots.dtype)], dim=1))
        normed: Tensor = self.norm(cells + bias)
        return normed


class Decoder(nn.Module):
    """A light feature pyramid network: what is coarse is added to what is fine, and smoothed."""

    def __init__(self, dims: tuple[int, ...], dim: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(
            nn.Sequential(LayerNorm2d(d), nn.Conv2d(d, dim, 1)) for d in dims
        )
        self.smooth = nn.Sequential(nn.Conv2d(dim, dim, 3, padding=1), LayerNorm2d(dim), nn.GELU())

    def forward(self, pyramid: list[Tensor]) -> Tensor:
        """Return features (N, dim, H / 4, W / 4) for those at strides 4 to 32."""
        levels = [lateral(x) for lateral, x in zip(self.laterals, pyramid, strict=True)]
        x = levels.pop()
        while levels:
            x = levels.pop() + functional.interpolate(x, scale_factor=2.0, mode="nearest")
        smoothed: Tensor = self.smooth(x)
        return smoothed
