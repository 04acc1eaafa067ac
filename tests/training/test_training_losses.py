"""Losses reward what is known, and are blind to what is not."""

from __future__ import annotations

import math

import pytest
import torch

from sargeo.model.objects import ObjectMaps
from sargeo_training.losses import TargetMaps, landcover_loss, object_loss
from sargeo_training.targets import IGNORE, PARTIAL_NOT_WATER, WATER_INDEX


def blank_targets(size: int = 8) -> TargetMaps:
    plane = torch.zeros(1, size, size)
    return TargetMaps(
        landcover=torch.full((1, size, size), IGNORE),
        heat=plane.clone(),
        searched=torch.ones(1, size, size, dtype=torch.bool),
        centre=torch.zeros(1, size, size, dtype=torch.bool),
        offset=torch.zeros(1, 2, size, size),
        size=torch.zeros(1, 3, size, size),
    )


def maps(heat: torch.Tensor) -> ObjectMaps:
    size = heat.shape[-1]
    return ObjectMaps(heat, torch.zeros(1, 2, size, size), torch.zeros(1, 3, size, size))


def test_unlabelled_cells_cost_nothing() -> None:
    logits = torch.randn(1, 5, 4, 4, requires_grad=True)
    loss = landcover_loss(logits, torch.full((1, 4, 4), IGNORE))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_partial_label_penalises_water_alone() -> None:
    target = torch.full((1, 4, 4), PARTIAL_NOT_WATER)
    logits = torch.zeros(1, 5, 4, 4, requires_grad=True)
    landcover_loss(logits, target).backward()
    assert logits.grad is not None
    assert (logits.grad[:, WATER_INDEX] > 0).all()
    others = [k for k in range(5) if k != WATER_INDEX]
    assert logits.grad[:, others] == pytest.approx(logits.grad[:, others].mean().item())
    # Among the other classes the label takes no side.
    sure = torch.zeros(1, 5, 4, 4)
    sure[:, WATER_INDEX] = -20
    torn = sure.clone()
    torn[:, others[0]] = 5
    assert landcover_loss(sure, target).item() == pytest.approx(0, abs=1e-6)
    assert landcover_loss(torn, target).item() == pytest.approx(0, abs=1e-6)


def test_indifferent_logits_cost_the_log_of_the_classes() -> None:
    target = torch.tensor([[[0, 1], [2, IGNORE]]])
    loss = landcover_loss(torch.zeros(1, 5, 2, 2), target)
    assert loss.item() == pytest.approx(math.log(5), rel=1e-5)


def test_rare_classes_weigh_more_per_cell() -> None:
    target = torch.zeros(1, 10, 10, dtype=torch.long)
    target[0, 0, 0] = 1
    logits = torch.zeros(1, 5, 10, 10, requires_grad=True)
    landcover_loss(logits, target).backward()
    assert logits.grad is not None
    rare, common = logits.grad[0, :, 0, 0].abs().sum(), logits.grad[0, :, 5, 5].abs().sum()
    assert rare > 2 * common


def test_sparse_labels_are_not_drowned_by_dense_ones() -> None:
    target = torch.full((2, 32, 32), IGNORE)
    target[0] = 1
    target[1, :10, :10] = 1
    logits = torch.zeros(2, 5, 32, 32, requires_grad=True)
    landcover_loss(logits, target).backward()
    assert logits.grad is not None
    dense, sparse = logits.grad[0].abs().sum(), logits.grad[1].abs().sum()
    assert 0.5 < sparse / dense < 1


def test_false_alarm_costs_only_where_searched() -> None:
    targets = blank_targets()
    heat = torch.full((1, 1, 8, 8), -9.0)
    heat[0, 0, 2, 2] = 4.0
    loud = object_loss(maps(heat), targets).item()
    targets.searched[0, 2, 2] = False
    assert object_loss(maps(heat), targets).item() < 0.01 < loud


def test_found_ship_costs_less_than_missed_ship() -> None:
    targets = blank_targets()
    targets.centre[0, ::3, 3] = True
    targets.heat[0, ::3, 3] = 1.0
    missed = torch.full((1, 1, 8, 8), -6.0)
    found = missed.clone()
    found[0, 0, ::3, 3] = 6.0
    assert object_loss(maps(found), targets).item() < 0.1
    assert object_loss(maps(missed), targets).item() > 3


def test_unmeasured_size_is_not_learnt() -> None:
    targets = blank_targets()
    targets.centre[0, 3, 3] = True
    targets.heat[0, 3, 3] = 1.0
    targets.size[:, :, 3, 3] = torch.nan
    answer = maps(torch.zeros(1, 1, 8, 8))
    answer.size.requires_grad_()
    loss = object_loss(answer, targets)
    loss.backward()
    assert math.isfinite(loss.item())
    assert answer.size.grad is None or not answer.size.grad.any()
