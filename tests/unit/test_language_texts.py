"""Texts that users give, and the colours and codes that they get."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from support.language import tiny_language_model
from support.speaking import SpeakingStub

from sargeo.errors import NoLanguageError, UsageError
from sargeo.language.classification import classify, legend_of
from sargeo.language.description import ask, caption
from sargeo.language.retrieval import search
from sargeo.language.speaking import (
    MOST_TEXTS,
    clean_texts,
    refuse_long_question,
    speaking_model,
    text_vectors,
)


def test_space_around_and_within_texts_is_folded() -> None:
    assert clean_texts(["  open   water\n", "ships"]) == ("open water", "ships")


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ([], "No text"),
        (["ships", "  "], "empty"),
        (["ships", " ships "], "twice"),
        ([f"text {i}" for i in range(MOST_TEXTS + 1)], "too many"),
    ],
)
def test_texts_that_make_no_sense(texts: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        clean_texts(texts)


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(UsageError, match="'ships' alone"):
        classify("nowhere.tif", ["ships"])


@pytest.mark.parametrize(
    "options",
    [{"top": 0}, {"extent_m": 0.0}, {"extent_m": float("nan")}, {"output": "places.shp"}],
)
def test_searches_that_make_no_sense(options: dict) -> None:
    with pytest.raises(UsageError):
        search(["nowhere.tif"], ["ships"], **options)


def test_a_search_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="No scene"):
        search([], ["ships"])


def test_a_model_that_only_maps_is_refused(tiny_model) -> None:
    with pytest.raises(NoLanguageError, match="without language"):
        speaking_model(tiny_model, "cpu")


def test_a_model_that_only_reads_neither_describes_nor_answers() -> None:
    model = SpeakingStub()
    assert model.writer is model.language
    model.spec = model.spec.model_copy(update={"writes": False})
    for say in (caption, partial(ask, question="ships?")):
        with pytest.raises(NoLanguageError, match="has not learnt to write"):
            say("nowhere.tif", model=model)
    assert speaking_model(model, "cpu") is model


def test_vectors_of_texts_are_means_over_sentences_of_unit_length() -> None:
    vectors = text_vectors(SpeakingStub(), ["bright", "dark", "something else"])
    np.testing.assert_allclose(vectors.norm(dim=1), 1, atol=1e-6)
    assert vectors[0, 0] > 0.9
    assert vectors[1, 1] > 0.9


def test_texts_hold_what_a_sentence_is_made_with() -> None:
    assert text_vectors(SpeakingStub(), ["{bright}", "100% {0}"]).shape == (2, 4)


def test_texts_that_the_model_would_cut_are_refused(tmp_path) -> None:
    model = speaking_model(tiny_language_model(tmp_path), "cpu")
    with pytest.raises(UsageError, match="longer than the model reads"):
        text_vectors(model, ["open water", "water " * 70])
    refuse_long_question(model, "how many ships are there ?")
    with pytest.raises(UsageError, match="longer than the model reads"):
        refuse_long_question(model, "ships " * 40)


def test_codes_follow_the_order_of_texts() -> None:
    legend = legend_of(("ships", "open water"), uncertain=True)
    assert [(c.code, c.name) for c in legend] == [
        (1, "ships"),
        (2, "open water"),
        (254, "uncertain"),
    ]
    assert legend_of(("ships", "open water"), uncertain=False) == legend[:2]
