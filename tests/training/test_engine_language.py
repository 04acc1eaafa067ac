"""Hidden words and next words are scored, and given ones are not."""

from __future__ import annotations

import pytest
import torch

from sargeo_training.engine.losses.language import captioning_loss, masking_loss

IDS = torch.tensor([[1, 5, 6, 2], [1, 7, 2, 0]])
HIDDEN = torch.tensor([[False, True, False, False], [False, False, False, False]])


def sure_of(ids: torch.Tensor, size: int = 10) -> torch.Tensor:
    return 20.0 * torch.nn.functional.one_hot(ids, size).float()


def test_only_hidden_words_count() -> None:
    logits = sure_of(IDS)
    logits[0, 2] = 0
    assert masking_loss(logits, IDS, HIDDEN) == pytest.approx(0, abs=1e-3)
    logits[0, 1] = 0
    assert masking_loss(logits, IDS, HIDDEN) == pytest.approx(float(torch.tensor(10.0).log()))


def test_nothing_hidden_costs_nothing() -> None:
    assert masking_loss(sure_of(IDS), IDS, torch.zeros_like(HIDDEN)) == 0


def test_words_are_foretold_from_those_before() -> None:
    learnt = torch.tensor([[False, False, True, True], [False, False, False, False]])
    right = torch.zeros(2, 4, 10)
    right[:, :3] = sure_of(IDS[:, 1:]) / 4
    late = sure_of(IDS) / 4
    assert captioning_loss(right, IDS, learnt) < captioning_loss(late, IDS, learnt) - 1
    right[1] = torch.randn(4, 10)  # given, not learnt
    right[0, 0] = torch.randn(10)
    assert captioning_loss(right, IDS, learnt) < 0.7
