"""Wrong pairs are drawn among what is easily mistaken, and never among twins."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from sargeo.model.tokens import Tokens
from sargeo_training.crops.text_batches import TextBatch
from sargeo_training.objectives.contrastive import Pairs
from sargeo_training.objectives.matching import hard_negatives, matching_loss

WARM = torch.tensor(0.1)
ALIKE = functional.normalize(
    torch.tensor([[1.0, 0.1], [1.0, -0.1], [-1.0, 0.0], [-1.0, 0.2]]), dim=1
)
PAIRS = Pairs(ALIKE, ALIKE)
KEYS = torch.tensor([[1, 11], [2, 12], [3, 13], [4, 14]])


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Knows:
    """Judges by the numbers that visual tokens and texts carry."""

    temperature = WARM

    def __init__(self, right: bool) -> None:
        self.sign = 1.0 if right else -1.0

    def match(self, visual: Tensor, tokens: Tokens, images: Tensor) -> Tensor:
        fits = (visual[images, 0, 0].long() == tokens.ids[:, 0]).float() * 2 - 1
        return 5 * self.sign * torch.stack([-fits, fits], dim=1)


NUMBERS = torch.arange(4)
NOTHING = torch.zeros(4, dtype=torch.bool)


def tokens(numbers: Tensor) -> Tokens:
    return Tokens(numbers[:, None], torch.ones(len(numbers), 1, dtype=torch.bool))


def loss_of(
    judge: Knows,
    keys: Tensor = KEYS,
    *,
    right: Tensor = NUMBERS,
    wrong: Tensor = NUMBERS,
    exchanged: Tensor = NOTHING,
) -> float:
    own = tokens(NUMBERS)
    texts = TextBatch(
        own,
        own,
        NOTHING[:, None],
        NUMBERS[:0],
        own,
        NOTHING[:, None],
        keys,
        tokens(right),
        tokens(wrong),
        exchanged,
    )
    visual = NUMBERS[:, None, None].float()
    return float(matching_loss(judge, visual, texts, PAIRS, draws()))


def test_what_is_alike_is_drawn_most() -> None:
    drawn = torch.stack([hard_negatives(PAIRS, KEYS, WARM, draws(k))[0] for k in range(50)])
    assert (drawn == torch.tensor([1, 0, 3, 2])).float().mean() > 0.99


def test_a_pair_is_never_its_own_opposite_nor_a_twins() -> None:
    keys = torch.tensor([[1, 11], [2, 11], [3, 13], [3, 14]])
    hot = torch.tensor(100.0)
    for k in range(50):
        text, image, some = hard_negatives(PAIRS, keys, hot, draws(k))
        for wrong in (text, image):
            assert set(wrong[:2].tolist()) <= {2, 3}
            assert set(wrong[2:].tolist()) <= {0, 1}
        assert some.all()


def test_draws_are_as_likely_as_they_are_alike() -> None:
    hot = torch.tensor(2.0)
    weights = (ALIKE @ ALIKE.T / hot).fill_diagonal_(-torch.inf).softmax(1)[0]
    drawn = torch.stack([hard_negatives(PAIRS, KEYS, hot, draws(k))[0][0] for k in range(2000)])
    assert torch.bincount(drawn, minlength=4) / 2000 == pytest.approx(weights, abs=0.04)


def test_a_judge_that_knows_costs_little_and_one_that_errs_much() -> None:
    assert loss_of(Knows(right=True)) < 0.01
    assert loss_of(Knows(right=False)) == pytest.approx(10, rel=0.01)


def test_where_all_are_the_same_only_right_pairs_count() -> None:
    twins = torch.tensor([[1, 11]] * 4)
    assert not hard_negatives(PAIRS, twins, WARM, draws())[2].any()
    assert loss_of(Knows(right=True), twins) < 0.01


def test_statements_count_where_they_were_exchanged() -> None:
    half, swapped = torch.tensor([True, True, False, False]), torch.tensor([1, 0, 0, 0])
    assert loss_of(Knows(right=True), wrong=swapped, exchanged=half) < 0.01
    mistaken = loss_of(Knows(right=True), right=swapped, wrong=NUMBERS, exchanged=half)
    # Four of sixteen judgements err, by ten each.
    assert mistaken == pytest.approx(4 * 10 / 16, rel=0.01)


def test_rounds_of_statements_are_of_the_same_images() -> None:
    right, wrong = NUMBERS.repeat(3), NUMBERS.flip(0).repeat(3)
    known = torch.ones(12, dtype=torch.bool)
    assert loss_of(Knows(right=True), right=right, wrong=wrong, exchanged=known) < 0.01
    assert loss_of(Knows(right=False), right=right, wrong=wrong, exchanged=known) > 9.9
