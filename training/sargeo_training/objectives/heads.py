"""Losses of the two heads."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import generalized_box_iou_loss

from sargeo.model.objects import ObjectMaps
from sargeo.model.vision import OUTPUT_STRIDE
from sargeo_training.crops.batches import TargetMaps
from sargeo_training.crops.targets import IGNORE, PARTIAL_NOT_WATER, WATER_INDEX

_PARTIAL_WEIGHT = 0.5
_SIZE_WEIGHT = 0.5
_NOISE_EXPONENT = 0.2  # q: 0 is cross-entropy, 1 the mean absolute error
_LONGEST_LOG_PX = 7.0  # e to the 7th is 1100 pixels: keeps a wild guess finite
_WEIGHT_RANGE = (0.3, 3.0)
_FEW_CELLS = 50
_FEW_SHIPS = 4  # a batch without ships must not shake the tower


def landcover_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Loss of the class where it is known, and of "not water" where only that is.

    Labels are noisy: polygons are displaced on slopes, and a program drew some of them. So
    the loss is the generalised cross-entropy ``(1 - p**q) / q`` of Zhang & Sabuncu
    (2018), which grows less than the cross-entropy where the label is surely wrong.

    Samples weigh nearly the same however much of them is labelled: otherwise a few fully labelled
    pictures would drown sparse polygons.

    Parameters
    ----------
    logits : Tensor, shape (N, K, h, w)
    target : Tensor of int64, shape (N, h, w)
        Index of the class, or a negative constant of `sargeo_training.crops.targets`.
    """
    flat, wanted = logits.float().movedim(1, -1).flatten(0, -2), target.flatten()
    known = (target != IGNORE).flatten(1).sum(1)
    share = (1 / (known + _FEW_CELLS))[:, None, None].expand_as(target).flatten()
    full, partial = wanted >= 0, wanted == PARTIAL_NOT_WATER
    weight = _balance(wanted[full], share[full], logits.shape[1])[wanted[full]] * share[full]
    robust = _robust(-functional.cross_entropy(flat[full], wanted[full], reduction="none"))
    not_water = _robust(_log_not_water(flat[partial])) * share[partial] * _PARTIAL_WEIGHT
    total = weight.sum() + _PARTIAL_WEIGHT * share[partial].sum()
    return ((robust * weight).sum() + not_water.sum()) / total.clamp(min=1e-6)


def _robust(log_probability: Tensor) -> Tensor:
    """Return the generalised cross-entropy of labels of that log-probability."""
    return -torch.expm1(_NOISE_EXPONENT * log_probability) / _NOISE_EXPONENT


def _log_not_water(logits: Tensor) -> Tensor:
    """Return the log-probability (N,) that the class is any but water."""
    others = [k for k in range(logits.shape[1]) if k != WATER_INDEX]
    return logits[:, others].logsumexp(1) - logits.logsumexp(1)


def _balance(classes: Tensor, share: Tensor, count: int) -> Tensor:
    """Weigh classes by one over the root of their share of the batch."""
    frequency = torch.bincount(classes, share, minlength=count)
    present = frequency > 0
    mean = frequency.sum() / present.sum().clamp(min=1)
    return (mean / frequency.clamp(min=1e-6)).sqrt().clamp(*_WEIGHT_RANGE)


def object_loss(maps: ObjectMaps, target: TargetMaps) -> Tensor:
    """Return the focal loss of heat, and L1 and overlap of boxes.

    Heat is learnt as in Law & Deng 2018, the offset at centres, the logarithm of sizes in all
    cells about them, and at centres also how far the box overlaps the true one.
    """
    count = target.centre.sum().clamp(min=_FEW_SHIPS)
    heat = _focal(maps.heat[:, 0].float(), target.heat, target.centre, target.searched)
    offset = (maps.offset.float() - target.offset).abs().sum(1)[target.centre].sum()
    return (heat + offset + _box_loss(maps, target)) / count + _size_loss(maps, target)


def _size_loss(maps: ObjectMaps, target: TargetMaps) -> Tensor:
    """Average the error of the log sizes over the cells about centres, most of it at centres."""
    known = target.size.isfinite() & target.searched[:, None]
    weight = target.heat[:, None].expand_as(target.size)[known]
    error = (maps.size.float()[known] - target.size[known]).abs()
    return _SIZE_WEIGHT * (error * weight).sum() / weight.sum().clamp(min=_FEW_SHIPS)


def _box_loss(maps: ObjectMaps, target: TargetMaps) -> Tensor:
    """Sum one minus the generalised overlap (Rezatofighi et al. 2019) of boxes at centres."""
    where = target.centre & target.size[:, :2].isfinite().all(1)
    said, true = (
        _corners(m.offset.float().movedim(1, -1)[where], m.size.float().movedim(1, -1)[where])
        for m in (maps, target)
    )
    loss: Tensor = generalized_box_iou_loss(said, true, reduction="sum")
    return loss


def _corners(offset: Tensor, size: Tensor) -> Tensor:
    """Return boxes (M, 4) in pixels from offset in the cell (M, 2) and log size (M, 3)."""
    half = size[:, :2].clamp(max=_LONGEST_LOG_PX).exp() / 2
    centre = offset * OUTPUT_STRIDE
    return torch.cat([centre - half, centre + half], dim=1)


def _focal(logits: Tensor, heat: Tensor, centre: Tensor, searched: Tensor) -> Tensor:
    """Sum the focal loss over cells that were searched, with exponents 2 and 4 as in the paper."""
    probability = logits.sigmoid()
    hit = -functional.logsigmoid(logits) * (1 - probability) ** 2
    miss = -functional.logsigmoid(-logits) * probability**2 * (1 - heat) ** 4
    return torch.where(centre, hit, miss)[searched].sum()
