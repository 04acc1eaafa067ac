"""A language model's texts: what is asked, what is kept, what is dropped and counted."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.fake_endpoint import Answer, FakeEndpoint, Request, picture_of, serving, text_of
from support.told_chips import (
    GOOD,
    QUESTION,
    SHIP_COUNT,
    WATER,
    WRONG_COUNT,
    level_of,
    statement,
    telling,
    told_chip,
)

from sargeo_training.data.chip import Chip
from sargeo_training.data.target_text import LEVELS
from sargeo_training.text.cache import AnswerCache
from sargeo_training.text.claims import truths
from sargeo_training.text.cost import Bill
from sargeo_training.text.domains import FAMILIES, family_of
from sargeo_training.text.endpoint import Endpoint, NoAnswerError
from sargeo_training.text.endpoint_settings import WriterSettings
from sargeo_training.text.model_writer import ModelWriter, Written
from sargeo_training.text.prompts import level_prompt
from sargeo_training.text.vocabulary import FACTS


def write(
    chip: Chip, answer: Callable[[Request, int], Answer], cache: Path, **answers: Any
) -> tuple[Written, FakeEndpoint]:
    with serving(answer) as fake:
        settings = WriterSettings.model_validate(
            {
                "endpoint": {"base_url": fake.base_url, "model": "fake", "retries": 0},
                "answers": {"attempts": 2, **answers},
            }
        )

        async def one() -> Written:
            async with Endpoint(settings, Bill(settings.prices)) as endpoint:
                return await ModelWriter(settings, endpoint, AnswerCache(cache)).write(chip)

        return asyncio.run(one()), fake


def test_the_chain_writes_level_by_level(tmp_path: Path) -> None:
    written, fake = write(told_chip(), telling(), tmp_path)
    writing = written.target_text
    assert writing is not None
    assert writing.writer == "model:fake"
    assert [level_of(request) for request in fake.requests] == [1, 2, 3, 4, 5]
    assert [clause.level for clause in writing.clauses] == [
        "geoscience",
        "social development",
        "SAR knowledge",
        "instance identification",
    ]
    assert writing.fields("target")["Count"] == "There are 2 ships."
    assert all(clause.text in writing.detailed for clause in writing.clauses)
    assert writing.concise
    assert [question.answer for question in writing.questions] == ["2"]
    tally = written.tally
    assert (tally.clauses, tally.questions) == (4, 1)
    assert tally.contradicted == tally.inconsistent == tally.invalid_answers == 0
    assert not tally.not_written


def test_clauses_name_the_layers_that_prove_them(tmp_path: Path) -> None:
    written, _ = write(told_chip(), telling(), tmp_path)
    assert written.target_text is not None
    evidence = {clause.field: clause.evidence for clause in written.target_text.clauses}
    assert evidence["Terrain"] == ("class raster",)
    assert evidence["Count"] == ("boxes",)


def test_each_level_sees_picture_evidence_and_what_was_said(tmp_path: Path) -> None:
    _, fake = write(told_chip(), telling(), tmp_path)
    texts = [text_of(request) for request in fake.requests]
    assert len({picture_of(request) for request in fake.requests}) == 1
    assert all("longitude -118.2000, latitude 33.7000" in text for text in texts)
    assert all("false colour: red VV, green VH" in text for text in texts)
    assert "- landcover.main = open water" in texts[0]
    assert "- objects.count:ship = 2" not in texts[0]
    assert "- objects.count:ship = 2" in texts[3]
    assert WATER["text"] not in texts[0]
    assert all(WATER["text"] in text for text in texts[1:])
    assert f"4. [instance identification; target Count] {SHIP_COUNT['text']}" in texts[4]


@pytest.mark.parametrize("bands", [1, 2])
def test_polarisations_that_nobody_told_are_not_named(bands: int) -> None:
    record = told_chip().record
    record = record.model_copy(update={"polarisation_known": False, "bands": record.bands[:bands]})
    for level in LEVELS:
        prompt = level_prompt(level, record, truths(record), ())
        assert "The picture " in prompt
        assert not re.search(r"\b(VV|VH|HH|HV)\b|polari", prompt)


def test_every_fact_can_be_asked_for_at_one_level() -> None:
    families = [family_of(fact) for facts in FACTS.values() for fact in facts]
    assert sorted(families) == sorted(FAMILIES)


def test_what_the_evidence_contradicts_is_dropped(tmp_path: Path) -> None:
    wrong_question = {**QUESTION, "answer": "5", "claims": WRONG_COUNT["claims"]}
    answers = telling(
        level4={"clauses": [WRONG_COUNT, SHIP_COUNT]},
        level5={"keep": [1, 2, 3, 4], "questions": [wrong_question, QUESTION]},
    )
    written, fake = write(told_chip(), answers, tmp_path)
    assert written.target_text is not None
    assert written.target_text.fields("target")["Count"] == "There are 2 ships."
    assert [question.answer for question in written.target_text.questions] == ["2"]
    assert written.tally.contradicted == 2
    assert WRONG_COUNT["text"] not in text_of(fake.requests[4])


def test_one_false_claim_condemns_a_sentence(tmp_path: Path) -> None:
    half_true = {
        **statement("Open water, and 5 ships.", "objects.count:ship", 5),
        "claims": WATER["claims"] + WRONG_COUNT["claims"],
    }
    written, _ = write(told_chip(), telling(level1={"clauses": [half_true]}), tmp_path)
    assert written.tally.contradicted == 1


def test_what_nobody_looked_for_is_not_denied(tmp_path: Path) -> None:
    none = statement("No ship is seen.", "objects.present:ship", "no")
    zero = statement("The ships number 0.", "objects.count:ship", 0)
    some = statement("A ship is seen.", "objects.present:ship", "yes")
    answers = telling(level4={"clauses": [none, zero, some]})
    written, _ = write(told_chip(ships=None), answers, tmp_path)
    assert written.target_text is not None
    texts = [clause.text for clause in written.target_text.clauses]
    assert some["text"] in texts
    assert not {none["text"], zero["text"]} & set(texts)
    # The ship and the question about ships: the evidence says nothing of either.
    assert (written.tally.unfounded_absences, written.tally.unproven) == (2, 2)
    unproven = next(clause for clause in written.target_text.clauses if clause.text == some["text"])
    assert unproven.evidence == ()


def test_calibration_drops_what_is_inconsistent(tmp_path: Path) -> None:
    answers = telling(level5={"keep": [4, 1], "questions": []})
    written, _ = write(told_chip(), answers, tmp_path)
    assert written.target_text is not None
    assert [clause.text for clause in written.target_text.clauses] == [
        WATER["text"],
        SHIP_COUNT["text"],
    ]
    assert written.tally.inconsistent == 2


INVALID = {
    "nonsense": "It is a nice picture of a cat.",
    "empty": "",
    "refused": Answer(None),
    "broken": '{"clauses": [',
    "another schema": {"sentences": ["Water."]},
    "a field too many": {"clauses": [{**WATER, "mood": "calm"}]},
    "no claims": {"clauses": [{**WATER, "claims": []}]},
    "keyword not in text": {"clauses": [{**WATER, "keywords": ["lagoon"]}]},
    "field of the other scope": {"clauses": [{**WATER, "field": "Count"}]},
    "unknown fact": {"clauses": [statement("It is calm.", "sea.mood", "calm")]},
    "unknown class": {"clauses": [statement("Water.", "landcover.share:sea", 70)]},
    "no class": {"clauses": [statement("Water.", "landcover.share", 70)]},
    "value not in the list": {"clauses": [statement("Sea.", "landcover.main", "sea")]},
    "word for a number": {"clauses": [statement("Many ships.", "objects.count:ship", "many")]},
    "unclaimed number": {"clauses": [statement("5 ships.", "objects.count:ship", 2)]},
    "unclaimed number word": {"clauses": [statement("Five ships.", "objects.count:ship", 2)]},
    "cut off": Answer('{"clauses": []}', finish_reason="length"),
}


@pytest.mark.parametrize("invalid", INVALID.values(), ids=INVALID.keys())
def test_an_invalid_answer_is_asked_again_and_told_why(invalid: Any, tmp_path: Path) -> None:
    asked: list[Request] = []

    def first_wrong(request: Request) -> Any:
        asked.append(request)
        return invalid if len(asked) == 1 else GOOD[1]

    written, fake = write(told_chip(), telling(level1=first_wrong), tmp_path)
    assert written.target_text is not None
    assert written.tally.clauses == 4
    assert written.tally.invalid_answers == 1
    assert not written.tally.not_written
    again = fake.requests[1]["messages"]
    assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
    assert re.match(r"That answer was not valid:\n.{10}", again[-1]["content"])


@pytest.mark.parametrize("invalid", ["a cat", {"clauses": [{**WATER, "claims": []}]}])
def test_a_level_without_a_valid_answer_stays_unwritten(invalid: Any, tmp_path: Path) -> None:
    answers = telling(level4=invalid, level5={"keep": [1, 2], "questions": []})
    written, fake = write(told_chip(), answers, tmp_path)
    assert written.target_text is not None
    assert "Count" not in written.target_text.fields("target")
    assert written.tally.not_written == {"instance identification": 1}
    assert written.tally.invalid_answers == 2
    assert [level_of(request) for request in fake.requests] == [1, 2, 3, 4, 4, 5]


def test_sentences_stand_where_calibration_stays_unwritten(tmp_path: Path) -> None:
    written, _ = write(told_chip(), telling(level5={"keep": [1, 9], "questions": []}), tmp_path)
    assert written.tally.not_written == {"calibration": 1}
    assert (written.tally.clauses, written.tally.questions) == (4, 0)


def test_nothing_is_written_where_no_sentence_is_left(tmp_path: Path) -> None:
    empty: dict[str, Any] = {f"level{level}": {"clauses": []} for level in range(1, 5)}
    written, fake = write(told_chip(), telling(**empty), tmp_path)
    assert written.target_text is None
    assert len(fake.requests) == 4


def test_prose_and_fences_around_an_answer_are_overlooked(tmp_path: Path) -> None:
    fenced = f"Here it is:\n```json\n{json.dumps(GOOD[1])}\n```"
    written, _ = write(told_chip(), telling(level1=fenced), tmp_path)
    assert written.tally.invalid_answers == 0


def test_an_endpoint_without_schemas_is_told_the_schema(tmp_path: Path) -> None:
    _, fake = write(told_chip(), telling(), tmp_path, format="json_object")
    assert fake.requests[0]["response_format"] == {"type": "json_object"}
    assert '"additionalProperties": false' in text_of(fake.requests[0])


def test_answers_are_paid_for_once(tmp_path: Path) -> None:
    with serving(telling()) as fake:
        settings = WriterSettings.model_validate(
            {"endpoint": {"base_url": fake.base_url, "model": "fake"}}
        )

        async def twice(chip: Chip) -> list[Written]:
            async with Endpoint(settings, Bill(settings.prices)) as endpoint:
                writer = ModelWriter(settings, endpoint, AnswerCache(tmp_path))
                return [await writer.write(chip), await writer.write(chip)]

        first, second = asyncio.run(twice(told_chip()))
        assert len(fake.requests) == 5
        assert second.target_text == first.target_text
        assert second.tally.cached_answers == 5
        asyncio.run(twice(told_chip(seed=1)))
        assert len(fake.requests) == 10


def test_an_endpoint_that_breaks_off_keeps_what_was_answered(tmp_path: Path) -> None:
    with serving(lambda request, count: _broken_after(3, request, count)) as fake:
        settings = WriterSettings.model_validate(
            {"endpoint": {"base_url": fake.base_url, "model": "fake", "retries": 0}}
        )

        async def one() -> Written:
            async with Endpoint(settings, Bill(settings.prices)) as endpoint:
                return await ModelWriter(settings, endpoint, AnswerCache(tmp_path)).write(
                    told_chip()
                )

        with pytest.raises(NoAnswerError):
            asyncio.run(one())
        written = asyncio.run(one())
    assert [level_of(request) for request in fake.requests] == [1, 2, 3, 4, 4, 5]
    assert written.tally.cached_answers == 3


def _broken_after(good: int, request: Request, count: int) -> Answer:
    if count == good:
        return Answer(status=500, body=b"")
    return telling()(request, count)
