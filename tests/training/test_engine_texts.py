"""Texts are drawn from what was written, and the words that carry claims are hidden."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.training import chips, telling_settings, tokeniser

from sargeo.model.tokens import MASK
from sargeo_training.crops.counterfactual import Exchange
from sargeo_training.crops.text_batches import (
    Span,
    TextSample,
    collate_texts,
    draw_text,
    hidden_tokens,
    keyword_spans,
)
from sargeo_training.data.target_text import (
    Clause,
    Question,
    TargetText,
    any_informative,
    last_informative,
)
from sargeo_training.settings.config import Chips

WATER = Clause(
    scope="land",
    field="Water",
    level="geoscience",
    text="Open water covers 70 % of it.",
    claims=(),
    keywords=("Open water", "70"),
)
SHIPS = Clause(
    scope="target",
    field="Count",
    level="instance identification",
    text="There are 2 ships.",
    claims=(),
    keywords=("2",),
)
WRITING = TargetText(
    writer="test",
    clauses=(WATER, SHIPS),
    concise="There are 2 ships, and open water covers 70 % of it.",
    detailed="Open water covers 70 % of it. There are 2 ships.",
    questions=(
        Question(application="counting", question="How many ships?", answer="2", claims=()),
    ),
)
EMPTY = TargetText(writer="nobody", clauses=(), concise="", detailed="")


def words_of(text: str, spans: object) -> list[str]:
    return sorted(text[start:end] for start, end in spans)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", [WRITING.concise, WRITING.detailed])
def test_keywords_are_found_where_their_clause_stands(text: str) -> None:
    found = words_of(text.lower(), keyword_spans(text, WRITING.clauses))
    assert found == ["2", "70", "open water"]


def test_keywords_of_clauses_that_are_left_out_are_no_keywords() -> None:
    text = "Open water covers 70 % of it. 2 roads cross it."
    assert words_of(text, keyword_spans(text, WRITING.clauses)) == ["70", "Open water"]


def test_keywords_of_free_words_are_found_anywhere_as_whole_words() -> None:
    text = "A bay of open water with 2 ships, 270 m long."
    assert words_of(text, keyword_spans(text, WRITING.clauses)) == ["2", "open water"]


def test_texts_and_questions_vary() -> None:
    rng = np.random.default_rng(0)
    settings = Chips(answers=0.5)
    drawn = [draw_text((EMPTY, WRITING), settings, rng.random(), rng) for _ in range(100)]
    texts = {t.caption for t in drawn}
    assert {WRITING.concise, WRITING.detailed, SHIPS.text} <= texts
    asked = [t for t in drawn if t.prompt]
    assert 25 < len(asked) < 75
    assert {(t.prompt, t.target) for t in asked} == {("How many ships?", "2")}
    assert all(t.target == t.caption for t in drawn if not t.prompt)


@pytest.mark.parametrize("share", [0, 0.3])
def test_detailed_captions_have_their_share(share: float) -> None:
    rng = np.random.default_rng(0)
    settings = Chips(detailed=share)
    texts = [
        draw_text((WRITING,), settings, length, rng).caption for length in np.arange(0, 1, 0.01)
    ]
    # A few clauses may by chance be all of them, and then read as the detailed caption.
    assert sum(t == WRITING.detailed for t in texts[50:]) == pytest.approx(100 * share, abs=1)


def test_a_chip_of_empty_texts_has_no_text() -> None:
    assert not any_informative(())
    assert not any_informative((EMPTY,))
    assert any_informative((EMPTY, WRITING))


def test_the_last_text_that_describes_the_ground_counts() -> None:
    other = WRITING.model_copy(update={"writer": "other"})
    assert last_informative((EMPTY, WRITING)) is WRITING
    assert last_informative((WRITING, other, EMPTY)) is other
    with pytest.raises(ValueError, match="no text"):
        last_informative((EMPTY,))


def test_how_the_radar_worked_is_no_text() -> None:
    clause = SHIPS.model_copy(update={"level": "SAR knowledge"})
    radar = WRITING.model_copy(
        update={"clauses": (clause,), "concise": "C band.", "detailed": "C band."}
    )
    assert not any_informative((EMPTY, radar))
    rng = np.random.default_rng(0)
    drawn = [draw_text((radar, WRITING), Chips(), rng.random(), rng).caption for _ in range(50)]
    assert "C band." not in drawn
    assert any_informative((WRITING.model_copy(update={"clauses": (clause, SHIPS)}),))


def test_whole_keywords_are_hidden_and_one_at_least() -> None:
    spans = [(0, 0), (0, 4), (5, 10), (11, 17), (18, 20), (0, 0)]
    water = [(0, 10)]
    settings = Chips(hidden_keywords=1e-6, hidden_words=0)
    hidden = hidden_tokens(spans, water, settings, np.random.default_rng(0))
    assert hidden.tolist() == [False, True, True, False, False, False]


def test_other_words_are_hidden_now_and_then_and_marks_never() -> None:
    spans = [(0, 0), *[(5 * k, 5 * k + 4) for k in range(400)], (0, 0)]
    rng = np.random.default_rng(0)
    hidden = hidden_tokens(spans, [], Chips(), rng)
    assert 0.02 < hidden.mean() < 0.09
    assert not hidden[[0, -1]].any()


def _keywords(text: str) -> tuple[Span, ...]:
    return tuple(keyword_spans(text, WRITING.clauses))


def test_words_are_hidden_in_all_that_is_said() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_text((WRITING,), Chips(), rng.random(), rng) for _ in range(20)]
    assert {t.description for t in drawn} == {WRITING.detailed}
    assert {t.keywords for t in drawn} == {_keywords(WRITING.detailed)}
    short = WRITING.model_copy(update={"detailed": ""})
    drawn = [draw_text((short,), Chips(), rng.random(), rng) for _ in range(20)]
    assert all(t.description == t.caption for t in drawn)


def test_tokens_hide_keywords_and_give_questions() -> None:
    config = telling_settings()
    words = tokeniser(config)
    drawn = [
        TextSample(SHIPS.text, WRITING.detailed, _keywords(WRITING.detailed), "", "x"),
        TextSample(SHIPS.text, WRITING.detailed, (), "How many ships?", "2 ships"),
    ]
    rngs = [np.random.default_rng(k) for k in range(2)]
    exchanged = [Exchange("2 ships.", "5 ships."), None]
    batch = collate_texts(drawn, [5, 6], words, config.chips, rngs, exchanged)
    masked = batch.masked.ids == words.id_of(MASK)
    assert torch.equal(masked, batch.hidden)
    assert masked[0].any()
    whole = words.encode([WRITING.detailed] * 2).ids
    assert torch.equal(batch.masked.ids[~masked], whole[~masked])
    assert torch.equal(batch.words, whole[masked])
    assert torch.equal(batch.caption.ids, words.encode([SHIPS.text] * 2).ids)
    assert words.decode(batch.target.ids[1][batch.learnt[1]].tolist()) == "2 ships"
    assert batch.keys[:, 0].tolist() == [5, 6]
    assert batch.keys[0, 1] == batch.keys[1, 1]
    assert batch.exchanged.tolist() == [True, False]
    assert words.decode(batch.right.ids[0].tolist()) == "2 ships."
    assert words.decode(batch.wrong.ids[0].tolist()) == "5 ships."
    assert any_informative(chips()[0].record.target_texts)
