"""Hidden words and next words are scored, and given ones are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from support.language import TEXTS, tiny_language_network
from torch import Tensor
from torch.nn import functional

from sargeo.model.language import LanguagePart
from sargeo.model.tokens import DEC
from sargeo_training.objectives.language_modelling import captioning_loss, masking_loss

IDS = torch.tensor([1, 5, 6, 2])


def sure_of(ids: Tensor, size: int = 10) -> Tensor:
    return 20.0 * functional.one_hot(ids, size).float()


def some_language() -> LanguagePart:
    language = tiny_language_network().language
    assert language is not None
    return language


def test_hidden_words_are_scored_by_how_sure_of_them_one_is() -> None:
    logits = sure_of(IDS)
    assert masking_loss(logits, IDS) == pytest.approx(0, abs=1e-3)
    logits[:2] = 0
    assert masking_loss(logits, IDS) == pytest.approx(float(torch.tensor(10.0).log()) / 2)


@pytest.mark.parametrize("loss", [masking_loss, captioning_loss])
def test_nothing_to_say_costs_nothing(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    assert loss(sure_of(IDS[:0]), IDS[:0]) == 0


def test_words_are_foretold_and_not_too_surely() -> None:
    right = captioning_loss(sure_of(IDS) / 4, IDS)
    assert right < 0.7
    assert right < captioning_loss(sure_of(IDS), IDS) - 0.5
    assert right < captioning_loss(sure_of(IDS + 1) / 4, IDS) - 1


def test_hidden_words_cost_what_they_do_among_the_logits_of_all() -> None:
    language = some_language()
    tokens = language.tokeniser.encode(TEXTS)
    hidden = tokens.mask & (tokens.ids % 3 == 0)
    features = language.text(tokens)
    logits = language.word_head(features, language.text.words.weight)
    expected = functional.cross_entropy(logits.transpose(1, 2), tokens.ids, reduction="none")
    found = masking_loss(language.fill(None, tokens, hidden), tokens.ids[hidden])
    torch.testing.assert_close(found, expected[hidden].mean())


def test_said_words_cost_what_they_do_among_the_logits_of_all() -> None:
    language = some_language()
    prompts = ["how many ships are there?", *[""] * (len(TEXTS) - 1)]
    tokens = language.tokeniser.encode(TEXTS, start=DEC, prompts=prompts)
    given = torch.tensor(tokens.given)[:, None]
    learnt = tokens.mask & (torch.arange(tokens.ids.shape[1]) >= given)
    features = language.text(tokens, causal=True)
    logits = language.word_head(features, language.text.words.weight)[:, :-1]
    expected = functional.cross_entropy(
        logits.transpose(1, 2), tokens.ids[:, 1:], reduction="none", label_smoothing=0.1
    )
    found = captioning_loss(language.continuation(None, tokens, learnt), tokens.ids[learnt])
    torch.testing.assert_close(found, expected[learnt[:, 1:]].mean())
