"""Losses reward what is known, and are blind to what is not."""

from __future__ import annotations

import math

import pytest
import torch

from sargeo.model.objects import ObjectMaps
from sargeo_training.crops.batches import TargetMaps
from sargeo_training.crops.targets import IGNORE, PARTIAL_NOT_WATER, WATER_INDEX
from sargeo_training.objectives.heads import landcover_loss, object_loss


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


def test_indifferent_logits_cost_the_generalised_cross_entropy_of_the_classes() -> None:
    target = torch.tensor([[[0, 1], [2, IGNORE]]])
    loss = landcover_loss(torch.zeros(1, 5, 2, 2), target)
    assert loss.item() == pytest.approx((1 - 0.2**0.2) / 0.2, rel=1e-5)


def test_labels_that_are_surely_wrong_pull_less_than_doubtful_ones() -> None:
    def pull(against: float) -> float:
        logits = torch.zeros(1, 5, 1, 1)
        logits[:, 3] = against
        logits.requires_grad_()
        landcover_loss(logits, torch.zeros(1, 1, 1, dtype=torch.long)).backward()
        assert logits.grad is not None
        return float(logits.grad.abs().sum())

    assert pull(12.0) < 0.5 * pull(1.0)


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


def one_ship(half_height: float, half_width: float) -> TargetMaps:
    targets = blank_targets()
    targets.centre[0, 3, 3] = True
    targets.heat[0, 3, 3] = 1.0
    targets.size[:] = torch.nan
    sides = torch.tensor([2 * half_height, 2 * half_width, 2 * half_width])
    targets.size[0, :, 3, 3] = sides.log()
    return targets


def test_box_costs_more_the_less_it_overlaps() -> None:
    answer = maps(torch.full((1, 1, 8, 8), -9.0))
    answer.heat[0, 0, 3, 3] = 9.0
    costs = [object_loss(answer, one_ship(h, 0.5)).item() for h in (0.5, 1.0, 4.0)]
    assert costs[0] == pytest.approx(0, abs=1e-3)
    assert costs[0] < costs[1] < costs[2]


def test_size_is_learnt_about_a_centre_as_well() -> None:
    targets = one_ship(2.0, 2.0)
    targets.heat[0, 3, 4] = 0.5
    targets.size[:, :, 3, 4] = targets.size[:, :, 3, 3]
    answer = maps(torch.full((1, 1, 8, 8), -9.0))
    answer.size.requires_grad_()
    object_loss(answer, targets).backward()
    assert answer.size.grad is not None
    pulled = answer.size.grad[0, 0].abs()
    assert pulled[3, 3] > pulled[3, 4] > 0
    assert pulled.count_nonzero() == 2


def test_unmeasured_size_is_not_learnt() -> None:
    targets = blank_targets()
    targets.centre[0, 3, 3] = True
    targets.heat[0, 3, 3] = 1.0
    targets.size[:] = torch.nan
    answer = maps(torch.zeros(1, 1, 8, 8))
    answer.size.requires_grad_()
    loss = object_loss(answer, targets)
    loss.backward()
    assert math.isfinite(loss.item())
    assert answer.size.grad is None or not answer.size.grad.any()
