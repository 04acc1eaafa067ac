"""The object head: objects as points, after Zhou et al. 2019, "Objects as Points" (CenterNet)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from sargeo.model.convnext import LayerNorm2d

_PRIOR = 0.01  # share of cells that hold a centre at the start of training: keeps focal losses tame
_TYPICAL_PX = 16.0
_LONGEST_PX = 4096.0
_MOST_OVERLAP = 0.3


@dataclass(frozen=True, slots=True)
class ObjectMaps:
    """What the head says of each cell, for N windows of h by w cells.

    Attributes
    ----------
    heat : Tensor, shape (N, kinds, h, w)
        Logits: does an object's centre lie in this cell?
    offset : Tensor, shape (N, 2, h, w)
        Where the centre lies in the cell: (row, col) in cells, 0 to 1 from the upper left corner.
    size : Tensor, shape (N, 3, h, w)
        Natural logarithm of height and width of the upright box and of the object's own length,
        in pixels.
    """

    heat: Tensor
    offset: Tensor
    size: Tensor


class ObjectHead(nn.Module):
    """Features to `ObjectMaps`.

    Parameters
    ----------
    dim : int
        Channels of the features.
    kinds : int
        Number of object kinds.
    """

    def __init__(self, dim: int, kinds: int) -> None:
        super().__init__()
        self.kinds = kinds
        self.mix = nn.Sequential(
            nn.Conv2d(dim, dim, 3, padding=1, groups=dim),
            nn.Conv2d(dim, dim, 1),
            LayerNorm2d(dim),
            nn.GELU(),
        )
        self.predict = nn.Conv2d(dim, kinds + 5, 1)
        nn.init.normal_(self.predict.weight, std=0.01)
        start = [math.log(_PRIOR / (1 - _PRIOR))] * kinds + [0.0] * 2 + [math.log(_TYPICAL_PX)] * 3
        self.predict.bias = nn.Parameter(torch.tensor(start))

    def forward(self, features: Tensor) -> ObjectMaps:
        """Return maps for features of shape (N, dim, h, w)."""
        heat, offset, size = self.predict(self.mix(features)).split([self.kinds, 2, 3], dim=1)
        return ObjectMaps(heat, offset.sigmoid(), size)


def decode(
    maps: ObjectMaps, stride: int, valid: Tensor, *, top: int = 256, floor: float = 0.05
) -> Tensor:
    """Read the objects off the maps: each cell that is hotter than its eight neighbours.

    A long object has several such cells at times. Of two whose boxes overlap by more than three
    tenths the more confident one stays: objects next to each other overlap less.

    Parameters
    ----------
    maps : ObjectMaps
    stride : int
        Pixels per cell.
    valid : Tensor of bool, shape (N, h * stride, w * stride)
        Cells without a valid pixel hold no object.
    top : int
        M: at most so many objects per window, the most confident.
    floor : float
        Confidence under which a cell is no object.

    Returns
    -------
    Tensor of float32, shape (N, M, 7)
        As `sargeo.tiling.batch.Outputs.objects`, by falling confidence, equal ones in row-major
        order of cells; the rest is zeros.
    """
    cells = functional.max_pool2d(valid[:, None].float(), stride) > 0
    heat = maps.heat.float().masked_fill(~cells, -torch.inf).contiguous()
    n, kinds, height, width = heat.shape
    # A cell is a peak where the maximum around it is itself. The index, rather than the value,
    # settles ties: the first cell in row-major order is the peak.
    _, hottest = functional.max_pool2d(heat, 3, stride=1, padding=1, return_indices=True)
    here = torch.arange(height * width, device=heat.device).view(height, width)
    score = torch.where(hottest == here, heat.sigmoid(), 0.0)
    score = torch.where(score >= floor, score, 0.0).permute(0, 2, 3, 1).reshape(n, -1)
    score, order = score.sort(dim=1, descending=True, stable=True)
    score, order = score[:, :top], order[:, :top]
    cell, kind = order // kinds, order % kinds
    objects = torch.stack(
        [
            (cell // width + _at(maps.offset[:, 0], cell)) * stride,
            (cell % width + _at(maps.offset[:, 1], cell)) * stride,
            *(_at(s, cell).clamp(max=math.log(_LONGEST_PX)).exp() for s in maps.size.unbind(1)),
            score,
            kind.float(),
        ],
        dim=2,
    )
    objects = _without_overlaps(torch.where(score[:, :, None] > 0, objects, 0.0))
    return functional.pad(objects, (0, 0, 0, top - objects.shape[1]))


def _without_overlaps(objects: Tensor) -> Tensor:
    """Turn weaker objects (N, M, 7) of one place and kind to zeros, and move them to the end.

    Parameters
    ----------
    objects : Tensor
        By falling confidence; zeros last.
    """
    some = objects[:, :, 5] > 0
    stronger = _overlaps(objects)
    # Whether an object stays depends on stronger ones alone: after k rounds the first k are
    # settled, and what no round changes any more is what one pass from strong to weak would find.
    before, kept = ~some, some
    while not torch.equal(before, kept):
        before, kept = kept, some & ~(stronger & kept[:, :, None]).any(1)
    order = kept.float().argsort(dim=1, descending=True, stable=True)
    return (objects * kept[:, :, None]).gather(1, order[:, :, None].expand_as(objects))


def _overlaps(objects: Tensor) -> Tensor:
    """Tell which object (N, M, 7), of the second axis, overlaps which weaker one, of the third."""
    row, col, height, width, _, _, kind = objects.unbind(2)
    shared = _shared(row, height) * _shared(col, width)
    area = height * width
    union = area[:, :, None] + area[:, None, :] - shared
    same = kind[:, :, None] == kind[:, None, :]
    return (same & (shared > _MOST_OVERLAP * union)).triu(1)


def _shared(middle: Tensor, length: Tensor) -> Tensor:
    """Return how much each two of M stretches (N, M) along an axis share, (N, M, M)."""
    low, high = middle - length / 2, middle + length / 2
    ends = torch.minimum(high[:, :, None], high[:, None, :])
    return (ends - torch.maximum(low[:, :, None], low[:, None, :])).clamp(min=0)


def _at(values: Tensor, cell: Tensor) -> Tensor:
    """Return values (N, h, w) at flat cell indices (N, M), in float32."""
    return values.float().flatten(1).gather(1, cell)
