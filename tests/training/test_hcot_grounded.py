"""The grounded writer: true by construction, varied, and silent on what is not known."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.hcot_records import covered, ground, record_of, records, shipping

from sargeo_training.data.chip import Record
from sargeo_training.data.facts import Facts
from sargeo_training.data.target_text import (
    APPLICATIONS,
    FIELDS,
    LEVELS,
    Claim,
    Clause,
    Question,
    TargetText,
)
from sargeo_training.text.claims import findings, judge
from sargeo_training.text.grounded import calibrated, caption, phrase, write


def busy_coast() -> Record:
    cover = covered(ground(11)).facts.landcover
    ships = shipping((0.1, 0.2), (0.2, 0.25), (0.6, 0.9), length_m=120.0, category="Tanker")
    return record_of(Facts(landcover=cover, objects=ships), incidence_deg=38.0, extent_m=2560.0)


def written(record: Record, seed: int = 0) -> TargetText:
    return write(record, np.random.default_rng(seed))


@given(records, st.integers(0, 2**32))
def test_every_clause_is_true_and_names_what_it_rests_on(record: Record, seed: int) -> None:
    writing = written(record, seed)
    for clause in writing.clauses:
        assert clause.claims
        assert clause.keywords
        assert clause.evidence
        assert all(judge(claim, record) == "true" for claim in clause.claims)
        assert all(word in clause.text for word in clause.keywords)
    levels = [LEVELS.index(clause.level) for clause in writing.clauses]
    assert levels == sorted(levels)
    said: dict[str, Claim] = {}
    for clause in writing.clauses:
        assert any(claim.fact not in said for claim in clause.claims)
        assert all(said.get(claim.fact, claim) == claim for claim in clause.claims)
        said |= {claim.fact: claim for claim in clause.claims}


@given(records, st.integers(0, 2**32))
def test_every_answer_is_true(record: Record, seed: int) -> None:
    for question in written(record, seed).questions:
        assert question.claims or question.application == "description"
        assert all(judge(claim, record) == "true" for claim in question.claims)
        assert question.question[-1] in "?."


@given(records, st.integers(0, 2**32))
def test_captions_are_made_of_the_clauses(record: Record, seed: int) -> None:
    writing = written(record, seed)
    assert writing.detailed == " ".join(clause.text for clause in writing.clauses)
    assert bool(writing.concise) == bool(writing.clauses)
    spoken = re.sub(r"(?<=\d)\.(?=\d)", "", writing.concise)
    assert spoken.count(".") <= 1


def test_the_same_seed_writes_the_same_and_others_do_not() -> None:
    record = busy_coast()
    assert written(record, 5) == written(record, 5)
    detailed = {written(record, seed).detailed for seed in range(50)}
    concise = {written(record, seed).concise for seed in range(50)}
    assert len(detailed) == 50
    assert len(concise) > 40


def test_a_coast_with_ships_fills_the_chain() -> None:
    writing = written(busy_coast())
    assert {clause.level for clause in writing.clauses} >= set(LEVELS) - {"social development"}
    assert set(writing.fields("target")) >= {"Count", "Location", "Size", "Category", "Feature"}
    assert list(writing.fields("land")) == [
        f for f in FIELDS["land"] if f in writing.fields("land")
    ]
    assert {question.application for question in writing.questions} == set(APPLICATIONS)


def test_nothing_is_said_of_ships_where_nobody_looked() -> None:
    record = covered(ground(3))
    for seed in range(30):
        writing = written(record, seed)
        assert not writing.fields("target")
        texts = [writing.detailed, *(q.question for q in writing.questions)]
        assert not re.search(r"ship|vessel", " ".join(texts), re.IGNORECASE)


def test_no_ships_are_told_where_the_whole_chip_was_searched() -> None:
    texts = written(record_of(Facts(objects=shipping()))).fields("target")
    assert re.search(r"\bno (ships|vessels)\b", texts["Count"], re.IGNORECASE)
    assert "Location" not in texts


def test_a_caption_can_do_without_any_clause() -> None:
    clauses = written(busy_coast()).clauses
    for i in range(len(clauses)):
        rest = (*clauses[:i], *clauses[i + 1 :])
        assert clauses[i].text not in caption(rest, detailed=True)
        assert caption(rest, detailed=False).endswith(".")
    assert caption((), detailed=True) == caption((), detailed=False) == ""


def test_names_keep_their_capital_in_the_middle_of_a_caption() -> None:
    named = Clause(
        scope="land",
        field="Functionality",
        level="social development",
        text="Port of Be is a port in this view.",
        claims=(Claim(fact="named.name:port", value="Port of Be"),),
        keywords=("Port of Be",),
    )
    main = phrase(
        "land",
        "Distribution",
        [Claim(fact="landcover.main", value="trees")],
        np.random.default_rng(0),
    )
    assert caption((main, named), detailed=False).endswith(
        ", and Port of Be is a port in this view."
    )


def test_calibration_drops_what_is_false_contradicts_or_repeats() -> None:
    record = busy_coast()
    found = findings(record)
    true = next(c for c in written(record).clauses if c.field == "Count")

    def counting(number: int) -> Clause:
        claim = Claim(fact="objects.count:ship", value=number)
        return phrase("target", "Count", [claim], np.random.default_rng(number))

    assert calibrated([true, counting(4), counting(3)], found) == (true,)
    share = next(f for f in found if f.startswith("landcover.share:") and found[f].value)
    value = found[share].value
    assert isinstance(value, int)
    claims = [Claim(fact=share, value=v) for v in (value, value + 1)]
    pair = [phrase("land", "Distribution", [c], np.random.default_rng(0)) for c in claims]
    assert all(judge(claim, record) == "true" for claim in claims)
    assert calibrated(pair, found) == (pair[0],)


@pytest.mark.parametrize("number", [0, 3, 20, 57])
def test_counting_answers_are_exact_digits(number: int) -> None:
    record = record_of(Facts(objects=shipping(*[(0.5, 0.5)] * number)))
    counts = [q for q in _questions(record) if q.application == "counting"]
    asked = [q for q in counts if q.claims[0].fact == "objects.count:ship"]
    assert asked
    assert {q.answer for q in asked} == {str(number)}


def test_answers_are_balanced_between_yes_and_no_and_between_numbers() -> None:
    asked = _questions(busy_coast(), number=200)
    there = [q.answer for q in asked if q.claims[0].fact.startswith("landcover.present")]
    assert 0.3 < there.count("yes") / len(there) < 0.7
    sectors = [q.answer for q in asked if q.claims[0].fact.startswith("objects.in_sector")]
    assert 0.2 < sectors.count("0") / len(sectors) < 0.5


def test_questions_and_answers_speak_of_the_same_claims() -> None:
    for question in _questions(busy_coast(), number=20):
        if question.application == "positioning":
            assert re.match(r"(in|at|on|along|towards) ", question.answer)
        if question.application == "description":
            assert question.answer.endswith(".")
            assert question.claims


def test_a_writing_has_to_be_sound() -> None:
    given = {"scope": "land", "level": "geoscience", "text": "Trees.", "claims": ()}
    with pytest.raises(ValidationError, match="do not occur"):
        Clause(**given, field="Terrain", keywords=("water",))
    with pytest.raises(ValidationError, match="not a field of the land"):
        Clause(**given, field="Count", keywords=())
    writing = written(busy_coast())
    assert TargetText.model_validate_json(writing.model_dump_json()) == writing


def _questions(record: Record, number: int = 60) -> list[Question]:
    return [q for seed in range(number) for q in written(record, seed).questions]
