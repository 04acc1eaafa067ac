"""Texts to tokens and back."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from support.language import TEXTS, tiny_tokeniser

from sargeo.model.tokens import CLS, DEC, PAD, SEP, UNKNOWN, Tokeniser

SUPPORT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def tokeniser() -> Tokeniser:
    return tiny_tokeniser()


@pytest.mark.parametrize("text", [*TEXTS, "Unseen: 48.25 (of 1,200) in the south-west; isn't it?"])
def test_a_text_survives_in_lower_case(tokeniser: Tokeniser, text: str) -> None:
    assert tokeniser.decode(tokeniser.encode([text]).ids[0, 1:].tolist()) == text.lower()


def test_decoding_stops_at_the_first_end(tokeniser: Tokeniser) -> None:
    first, second = tokeniser.encode(["two ships", "open water"]).ids.tolist()
    assert tokeniser.decode([*first[1:], *second]) == "two ships"


def test_texts_are_padded_to_the_longest(tokeniser: Tokeniser) -> None:
    tokens = tokeniser.encode(["", TEXTS[0]])
    assert tokens.ids[0, :2].tolist() == [tokeniser.id_of(CLS), tokeniser.id_of(SEP)]
    assert set(tokens.ids[0, 2:].tolist()) == {tokeniser.id_of(PAD)}
    assert tokens.mask.sum(1).tolist() == [2, tokens.ids.shape[1]]
    assert (tokens.ids.dtype, tokens.mask.dtype) == (torch.int64, torch.bool)


def test_spans_are_the_characters_of_tokens(tokeniser: Tokeniser) -> None:
    text = "Two SHIPS, 3.5 m; unforeseen"
    (spans,) = tokeniser.encode([text]).spans
    assert (spans[0], spans[-1]) == ((0, 0), (0, 0))
    assert "".join(text[a:b] for a, b in spans) == text.replace(" ", "")


def test_a_long_text_is_cut_before_its_end() -> None:
    short = tiny_tokeniser(max_tokens=8)
    tokens = short.encode([TEXTS[1]], start=DEC, prompts=["how many ships are there in all?"])
    assert tokens.ids.shape == (1, 8)
    assert tokens.ids[0, 0] == short.id_of(DEC)
    assert tokens.ids[0, -1] == short.id_of(SEP)
    assert tokens.given == (4,)
    assert len(tokens.spans[0]) == 8


def test_a_prompt_is_given_and_the_rest_is_to_be_said(tokeniser: Tokeniser) -> None:
    question, answer = "how many ships?", "two ships"
    both = tokeniser.encode([answer, answer], start=DEC, prompts=[question, ""])
    prompts = tokeniser.prompts([question, ""])
    assert both.given == prompts.given
    for row in range(2):
        given = both.given[row]
        assert torch.equal(both.ids[row, :given], prompts.ids[row, :given])
        assert prompts.mask[row].sum() == given
        assert tokeniser.decode(both.ids[row, given:].tolist()) == answer
        assert set(both.spans[row][:given]) == {(0, 0)}


def test_marks_in_a_text_are_ordinary_characters(tokeniser: Tokeniser) -> None:
    ids = tokeniser.encode(["[SEP] [MASK]"]).ids[0, 1:-1].tolist()
    assert not set(ids) & {tokeniser.id_of(SEP), *tokeniser.unsayable}


def test_signs_that_were_never_seen_are_unknown(tokeniser: Tokeniser) -> None:
    ids = tokeniser.encode(["water 海"]).ids[0]
    assert tokeniser.id_of(UNKNOWN) in ids
    assert tokeniser.decode(ids[1:].tolist()) == "water"
    assert tokeniser.id_of("nonsense-token") == tokeniser.id_of(UNKNOWN)


@pytest.mark.slow
def test_training_gives_the_same_in_every_process() -> None:
    code = "from support.language import *; print(tiny_tokeniser().to_json(), end='')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=SUPPORT,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stdout == tiny_tokeniser().to_json()


def test_a_tokeniser_survives_its_file_and_copies(tokeniser: Tokeniser) -> None:
    expected = tokeniser.encode(TEXTS).ids
    for other in (Tokeniser.of_json(tokeniser.to_json(), 64), copy.deepcopy(tokeniser)):
        assert torch.equal(other.encode(TEXTS).ids, expected)
        assert other.size == tokeniser.size


def test_a_size_is_kept_to() -> None:
    assert tiny_tokeniser().size <= 256
    assert Tokeniser.train(["a"] * 2, 1, 64).id_of("z") != tiny_tokeniser().id_of(UNKNOWN)


def test_a_list_of_words_gets_the_marks_it_lacks() -> None:
    bert = Tokeniser.of_words(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "3", ".", "5"], 16)
    assert (bert.size, bert.id_of(DEC)) == (9, 8)
    assert bert.encode(["3.5"]).ids[0, 1:-1].tolist() == [bert.id_of(UNKNOWN)]


def test_words_are_taken_apart_as_by_bert_where_asked() -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "3", ".", "5"]
    bert = Tokeniser.of_words(words, 16, bert=True)
    assert bert.encode(["3.5"]).ids[0, 1:-1].tolist() == [5, 6, 7]


@pytest.mark.parametrize(("content", "problem"), [("{", "not a tokeniser"), ("[]", "not a token")])
def test_what_is_no_tokeniser_is_refused(content: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Tokeniser.of_json(content, 64)


def test_a_tokeniser_without_marks_is_refused(tokeniser: Tokeniser) -> None:
    with pytest.raises(ValueError, match=r"lacks \[DEC\]"):
        Tokeniser.of_json(tokeniser.to_json().replace("[DEC]", "[dec]"), 64)
