"""Contrast draws pairs together, sets soft targets, and forgives twins."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from sargeo_training.objectives.contrastive import ContrastiveLoss, Pairs, counterfactual_loss

WARM = torch.tensor(0.1)


def unit(*rows: tuple[float, ...]) -> torch.Tensor:
    return functional.normalize(torch.tensor(rows), dim=1)


def keys(images: list[int], texts: list[int]) -> torch.Tensor:
    return torch.tensor([images, texts]).T


APART = unit((1.0, 0.0), (0.0, 1.0))
TWO = keys([1, 2], [11, 12])


def test_without_queue_it_is_the_cross_entropy_of_the_pairs() -> None:
    pairs = Pairs(APART, unit((0.8, 0.6), (0.0, 1.0)))
    loss = ContrastiveLoss(2, 0)(pairs, pairs, TWO, WARM, 0.0)
    similarity = pairs.image @ pairs.text.T / WARM
    here = torch.arange(2)
    wanted = functional.cross_entropy(similarity, here) + functional.cross_entropy(
        similarity.T, here
    )
    assert loss == pytest.approx(float(wanted) / 2)


def test_matched_pairs_cost_less_than_swapped_ones() -> None:
    right, wrong = Pairs(APART, APART), Pairs(APART, APART.flip(0))
    assert ContrastiveLoss(2, 0)(right, right, TWO, WARM, 0.0) < ContrastiveLoss(2, 0)(
        wrong, wrong, TWO, WARM, 0.0
    )


def test_pairs_with_the_same_text_are_no_opposites() -> None:
    one = unit((1.0, 0.0), (1.0, 0.0))
    pairs = Pairs(one, one)
    twins = ContrastiveLoss(2, 0)(pairs, pairs, keys([1, 2], [11, 11]), WARM, 0.0)
    # Half of what can be told is said of each: nothing better is possible.
    assert twins == pytest.approx(float(torch.tensor(2.0).log()))
    image = one.clone().requires_grad_()
    ContrastiveLoss(2, 0)(Pairs(image, one), pairs, keys([1, 2], [11, 11]), WARM, 0.0).backward()
    assert image.grad is not None
    assert image.grad.abs().max() < 1e-6


def test_queue_remembers_as_many_pairs_as_it_holds() -> None:
    contrast = ContrastiveLoss(2, 3)
    for first in (1, 3):
        pair = keys([first, first + 1], [first + 10, first + 11])
        contrast(Pairs(APART, APART), Pairs(APART, APART), pair, WARM, 0.0)
    assert contrast.filled.all()
    assert sorted(contrast.keys[:, 0].tolist()) == [2, 3, 4]


def test_remembered_pairs_count_as_opposites() -> None:
    contrast = ContrastiveLoss(2, 4)
    losses = [
        float(contrast(Pairs(APART, APART), Pairs(APART, APART), key, WARM, 0.0))
        for key in (TWO, keys([3, 4], [13, 14]))
    ]
    assert losses[1] > losses[0] + 0.5


def test_the_same_pair_in_the_queue_is_no_opposite() -> None:
    contrast = ContrastiveLoss(2, 4)
    losses = [
        float(contrast(Pairs(APART, APART), Pairs(APART, APART), TWO, WARM, 0.0)) for _ in range(2)
    ]
    # Told of both copies of each: the same as twins.
    assert losses[1] == pytest.approx(losses[0] + float(torch.tensor(2.0).log()), abs=1e-3)


def test_soft_targets_follow_the_slow_copies() -> None:
    student = Pairs(APART.clone().requires_grad_(), APART)
    momentum = Pairs(unit((1.0, 1.0), (1.0, 1.0)), APART)
    ContrastiveLoss(2, 0)(student, momentum, TWO, WARM, 0.4).backward()
    assert student.image.grad is not None
    # The momentum copies find both texts as likely: the image is drawn away from its own.
    assert student.image.grad[0, 0] > 0 > student.image.grad[0, 1]


def test_an_image_is_to_be_more_like_its_own_statement() -> None:
    right, wrong = torch.eye(2), torch.eye(2).flip(0)
    both, one = torch.tensor([True, True]), torch.tensor([True, False])
    image = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert float(counterfactual_loss(image, right, wrong, one, WARM)) < 1e-3
    assert float(counterfactual_loss(image, right, wrong, both, WARM)) == pytest.approx(5, rel=1e-3)
    assert float(counterfactual_loss(image, right, right, both, WARM)) == pytest.approx(math.log(2))
    assert float(counterfactual_loss(image, right, wrong, ~both, WARM)) == 0


def test_pairs_with_the_same_text_are_positives_of_each_other() -> None:
    """Half of the target each, whatever the vectors say: here they are not alike."""
    pairs = Pairs(unit((1.0, 0.2), (0.1, 1.0)), unit((0.8, 0.6), (-0.5, 1.0)))
    loss = ContrastiveLoss(2, 0)(pairs, pairs, keys([1, 2], [11, 11]), WARM, 0.0)
    similarity = pairs.image @ pairs.text.T / WARM
    by_image, by_text = similarity.log_softmax(1), similarity.T.log_softmax(1)
    assert loss == pytest.approx(-float(by_image.sum() + by_text.sum()) / 2 / 2 / 2, rel=1e-5)
    alone = ContrastiveLoss(2, 0)(pairs, pairs, TWO, WARM, 0.0)
    assert abs(float(loss - alone)) > 0.5
