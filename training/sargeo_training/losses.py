"""Losses of the two heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from sargeo.model.objects import ObjectMaps
from sargeo_training.targets import IGNORE, PARTIAL_NOT_WATER, WATER_INDEX

_PARTIAL_WEIGHT = 0.5
_SIZE_WEIGHT = 0.3
_WEIGHT_RANGE = (0.3, 3.0)
_FEW_CELLS = 50
_FEW_SHIPS = 4  # a batch without ships must not shake the tower


@dataclass(frozen=True)
class TargetMaps:
    """`sargeo_training.targets.Targets` of a batch, as tensors."""

    landcover: Tensor
    heat: Tensor
    searched: Tensor
    centre: Tensor
    offset: Tensor
    size: Tensor


def landcover_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy where the class is known, and of "not water" where only that is.

    Samples weigh nearly the same however much of them is labelled: otherwise a few fully labelled
    pictures would drown sparse polygons.

    Parameters
    ----------
    logits : Tensor, shape (N, K, h, w)
    target : Tensor of int64, shape (N, h, w)
        Index of the class, or a negative constant of `sargeo_training.targets`.
    """
    flat, wanted = logits.float().movedim(1, -1).flatten(0, -2), target.flatten()
    known = (target != IGNORE).flatten(1).sum(1)
    share = (1 / (known + _FEW_CELLS))[:, None, None].expand_as(target).flatten()
    full, partial = wanted >= 0, wanted == PARTIAL_NOT_WATER
    weight = _balance(wanted[full], share[full], logits.shape[1])[wanted[full]] * share[full]
    entropy = functional.cross_entropy(flat[full], wanted[full], reduction="none")
    not_water = -_log_not_water(flat[partial]) * share[partial] * _PARTIAL_WEIGHT
    total = weight.sum() + _PARTIAL_WEIGHT * share[partial].sum()
    return ((entropy * weight).sum() + not_water.sum()) / total.clamp(min=1e-6)


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
    """Focal loss of heat (Law & Deng 2018), and L1 of offset and log size at centres."""
    count = target.centre.sum().clamp(min=_FEW_SHIPS)
    heat = _focal(maps.heat[:, 0].float(), target.heat, target.centre, target.searched)
    offset = (maps.offset.float() - target.offset).abs().sum(1)[target.centre].sum()
    known = target.centre[:, None] & target.size.isfinite()
    size = (maps.size.float()[known] - target.size[known]).abs().sum()
    return (heat + offset + _SIZE_WEIGHT * size) / count


def _focal(logits: Tensor, heat: Tensor, centre: Tensor, searched: Tensor) -> Tensor:
    """Sum the focal loss over cells that were searched, with exponents 2 and 4 as in the paper."""
    probability = logits.sigmoid()
    hit = -functional.logsigmoid(logits) * (1 - probability) ** 2
    miss = -functional.logsigmoid(-logits) * probability**2 * (1 - heat) ** 4
    return torch.where(centre, hit, miss)[searched].sum()
