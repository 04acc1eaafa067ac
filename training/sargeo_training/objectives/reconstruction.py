"""Masked reconstruction of SAR: what lies where pixels were hidden, without any text.

Not pixels are to be told, since speckle cannot be, but how strong gradients by ratio are at several
scales: the logarithm of the mean power on one side of a pixel over that on the other, across and
along, as SARATR-X (Li et al. 2025) and SAR-JEPA take it. A ratio of means keeps its statistics
whatever the brightness. The sign is left out: which side of a hidden wall shines, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from sargeo.model.context import SLOTS
from sargeo.model.vision import OUTPUT_STRIDE
from sargeo_training.parallel import mean_of_all

_NEPERS = 6.0 / 4.3429  # of power to a unit of calibrated input: the spread in decibels


class Reconstruction(nn.Module):
    """A light decoder and its loss; neither is part of the model.

    Parameters
    ----------
    dim : int
        Channels of the decoded features.
    windows_px : sequence of int
        Odd sides of the windows that gradients are taken in.
    """

    def __init__(self, dim: int, windows_px: Sequence[int]) -> None:
        super().__init__()
        self._windows_px = tuple(windows_px)
        self.predict = nn.Sequential(
            nn.Conv2d(dim, dim, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(dim, SLOTS * len(windows_px), 1),
        )

    def forward(
        self, decoded: Tensor, pixels: Tensor, valid: Tensor, present: Tensor, hidden: Tensor
    ) -> Tensor:
        """Return the error in cells that were hidden and whose gradient is known.

        Parameters
        ----------
        decoded : Tensor, shape (N, dim, h, w)
            What the tower says of the picture with pixels hidden.
        pixels : Tensor, shape (N, 4, H, W)
            Of the whole picture.
        valid, hidden : Tensor of bool, shape (N, H, W)
        present : Tensor of bool, shape (N, 4)
        """
        picture, band = present.nonzero(as_tuple=True)
        bands = pixels[picture, band][:, None].float()
        truth, known = ratio_gradients(bands, valid[picture], self._windows_px)
        said = self.predict(decoded.float()).unflatten(1, (SLOTS, -1))[picture, band]
        wanted = known[:, 0] & _all_of_cell(hidden)[picture]
        error = functional.smooth_l1_loss(said, truth[:, 0], reduction="none").mean(1)
        return mean_of_all(torch.where(wanted, error, 0.0), wanted.sum())


def ratio_gradients(
    pixels: Tensor, valid: Tensor, windows_px: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Return the strength of log-ratio gradients of cells, and where it is known.

    Parameters
    ----------
    pixels : Tensor, shape (N, C, H, W)
    valid : Tensor of bool, shape (N, H, W)
    windows_px : sequence of int

    Returns
    -------
    Tensor, shape (N, C, windows, h, w)
        Length of the vector of right against left and lower against upper, for each window; the
        mean of a cell's pixels.
    Tensor of bool, shape (N, 1, h, w)
        Whether half of every window about every pixel of the cell is valid.
    """
    weight = valid[:, None].to(pixels.dtype)
    power = torch.exp(pixels * _NEPERS) * weight
    strengths, known = [], torch.ones_like(weight, dtype=torch.bool)
    for window in windows_px:
        both = []
        for flip in (False, True):
            gradient, here = _along_columns(_turned(power, flip), _turned(weight, flip), window)
            both.append(_turned(gradient, flip))
            known = known & _turned(here, flip)
        strengths.append(torch.hypot(*both))
    whole = torch.stack(strengths, dim=2)
    cells = functional.avg_pool2d(whole.flatten(1, 2), OUTPUT_STRIDE)
    return cells.view(*whole.shape[:3], *cells.shape[2:]), _all_of_cell(known[:, 0])[:, None]


def _turned(x: Tensor, flip: bool) -> Tensor:
    return x.transpose(2, 3) if flip else x


def _along_columns(power: Tensor, weight: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Return the log-ratio of the right to the left half of a window, and where both are known."""
    left, right = _halves(power, window)
    left_weight, right_weight = _halves(weight, window)
    known = (left_weight >= 0.5) & (right_weight >= 0.5)
    ratio = torch.log((right * left_weight + 1e-6) / (left * right_weight + 1e-6))
    return torch.where(known, ratio, 0.0), known


def _halves(x: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Average over the columns of a window left and right of each pixel, and over all its rows."""
    reach = window // 2
    rows = functional.avg_pool2d(functional.pad(x, (reach,) * 4), (window, 1), stride=1)
    both = functional.avg_pool2d(rows, (1, reach), stride=1)
    return both[..., : x.shape[3]], both[..., reach + 1 :]


def _all_of_cell(mask: Tensor) -> Tensor:
    """Tell which cells (N, h, w) have all of their pixels in a mask (N, H, W)."""
    return functional.avg_pool2d(mask[:, None].float(), OUTPUT_STRIDE)[:, 0] == 1
