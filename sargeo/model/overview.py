"""What the heads found in an image and in its parts, as a vector that texts are read beside.

Attention averages over what it looks at, so numbers of objects, shares of land cover and where most
of something lies are hard to learn from cells. Here they are counted: over the whole image and over
its nine parts, which are the sectors that texts speak of.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sargeo.model.objects import ObjectMaps, decode
from sargeo.model.vision import OUTPUT_STRIDE

PARTS = 3
"""Parts of an image along each side."""

PLACES = 1 + PARTS**2
"""The whole image, and its parts row by row."""

_CONFIDENCES = (0.15, 0.3, 0.5)
"""That objects are counted from: a sure one says more than several doubtful ones."""

_PER_KIND = len(_CONFIDENCES) + 2
_PER_IMAGE = 3
_SURE = 1  # place in the confidences of the one that lengths are taken from


class Overview(nn.Module):
    """Maps to a vector of each image.

    Parameters
    ----------
    classes, kinds : int
        Numbers of land-cover classes and of kinds of objects.
    width : int
        Channels of the vector: those of a token of a text.
    """

    def __init__(self, classes: int, kinds: int, width: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            nn.Linear(PLACES * (classes + kinds * _PER_KIND + _PER_IMAGE), 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
        )

    def forward(
        self, landcover: Tensor, objects: ObjectMaps, valid: Tensor, gsd_m: Tensor
    ) -> Tensor:
        """Return vectors (N, width); see `survey`. Maps learn nothing from them."""
        mixed: Tensor = self.mix(survey(landcover, objects, valid, gsd_m).flatten(1))
        return mixed


@torch.no_grad()
def survey(landcover: Tensor, objects: ObjectMaps, valid: Tensor, gsd_m: Tensor) -> Tensor:
    """Return what is found in N images and in their parts.

    Where an image does not fill its window, parts are those of the rectangle around what is valid.

    Parameters
    ----------
    landcover : Tensor, shape (N, K, h, w)
        Logits.
    objects : ObjectMaps
        Of the same cells.
    valid : Tensor of bool, shape (N, 4 h, 4 w)
    gsd_m : Tensor, shape (N, 2)
        Ground sampling distance in metres; NaN where unknown.

    Returns
    -------
    Tensor of float32, shape (N, 10, F)
        The whole image first. For each class its share of the part; the share that is valid; for
        each kind of object ln(1 + number) from each confidence on, and mean and maximum of the
        natural logarithm of lengths in pixels, zero where there is none; the logarithm of the
        spacing in metres, zero where it is unknown, and whether it is known.
    """
    # In float32 under autocast, as the heads.
    with torch.autocast(landcover.device.type, enabled=False):
        rows, cols = (_thirds(valid.any(axis)) for axis in (2, 1))
        return torch.cat(
            [
                _cover(landcover, valid, rows, cols),
                _found(objects, valid, rows, cols),
                _spacing(gsd_m),
            ],
            dim=2,
        )


def _thirds(some: Tensor) -> Tensor:
    """Tell which pixels along an axis, (N, L), lie in each third of those from first to last.

    Returns
    -------
    Tensor of float32, shape (N, 3, L)
    """
    length = some.shape[1]
    place = torch.arange(length, device=some.device)
    first = torch.where(some, place, length).amin(1, keepdim=True)
    end = torch.where(some, place + 1, 0).amax(1, keepdim=True)
    third = (place - first) * PARTS // (end - first).clamp(min=1)
    third = third.masked_fill((place < first) | (place >= end), PARTS)
    return functional.one_hot(third, PARTS + 1)[..., :PARTS].transpose(1, 2).float()


def _cover(landcover: Tensor, valid: Tensor, rows: Tensor, cols: Tensor) -> Tensor:
    """Return shares of classes, and of what is valid, (N, 10, K + 1)."""
    cells = functional.avg_pool2d(valid[:, None].float(), OUTPUT_STRIDE)
    layers = [landcover.float().softmax(1) * cells, cells, torch.ones_like(cells)]
    row, col = (functional.avg_pool1d(thirds, OUTPUT_STRIDE) for thirds in (rows, cols))
    parts = torch.einsum("nkhw,nih,njw->nijk", torch.cat(layers, 1), row, col).flatten(1, 2)
    sums = torch.cat([parts.sum(1, keepdim=True), parts], 1)
    classes, known, area = sums[..., :-2], sums[..., -2:-1], sums[..., -1:]
    return torch.cat([classes / known.clamp(min=1), known / area.clamp(min=1)], 2)


def _found(maps: ObjectMaps, valid: Tensor, rows: Tensor, cols: Tensor) -> Tensor:
    """Return numbers and lengths of objects, (N, 10, kinds * 5)."""
    row, col, _, _, length, score, kind = decode(maps, OUTPUT_STRIDE, valid).unbind(2)
    inside = _at(rows, row)[:, :, None] * _at(cols, col)[:, None]
    inside = functional.pad(inside.flatten(1, 2), (0, 0, 1, 0), value=1.0)
    length = length.clamp(min=1).log()[:, None]
    found = []
    for number in range(maps.heat.shape[1]):
        sure = torch.where(kind == number, score, 0.0)[:, None]
        there = [inside * (sure >= least) for least in _CONFIDENCES]
        lengths = there[_SURE] * length
        found += [each.sum(2).log1p() for each in there]
        found += [lengths.sum(2) / there[_SURE].sum(2).clamp(min=1), lengths.amax(2)]
    return torch.stack(found, 2)


def _at(thirds: Tensor, place: Tensor) -> Tensor:
    """Return in which thirds (N, 3, L) places (N, M) in pixels lie, as (N, 3, M)."""
    pixel = place.long().clamp(0, thirds.shape[2] - 1)
    return thirds.gather(2, pixel[:, None].expand(-1, PARTS, -1))


def _spacing(gsd_m: Tensor) -> Tensor:
    """Return the logarithm of the spacing and whether it is known, (N, 10, 2)."""
    spacing = gsd_m.float().log().mean(1)
    told = torch.stack([spacing.nan_to_num(), (~spacing.isnan()).float()], 1)
    return told[:, None].expand(-1, PLACES, -1)
