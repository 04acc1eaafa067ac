"""Known errors: a fifth of what can be wrong, of all facts alike, no value rarer than before."""

from __future__ import annotations

from collections import Counter

import pytest
from support.scio_corpus import records, texts_of

from sargeo_training.scio.corrupt import KINDS, corrupt
from sargeo_training.scio.measures import doubtful
from sargeo_training.scio.texts import Text
from sargeo_training.text.claims import judge
from sargeo_training.text.domains import domain

RECORDS = records(60)
TEXTS = texts_of(RECORDS)
NOISY, TRUTH = corrupt(TEXTS, RECORDS)


def values(texts: list[Text]) -> Counter[tuple[str, object]]:
    return Counter((c.fact, c.value) for t in texts for clause in t.clauses for c in clause.claims)


def test_a_fifth_of_what_can_be_wrong_is_and_no_fact_stands_out() -> None:
    assert len(TRUTH.corruptions) == pytest.approx(0.2 * len(doubtful(TEXTS)), rel=0.1)
    assert {c.kind for c in TRUTH.corruptions} == set(KINDS)
    wrong = Counter(c.right.fact for c in TRUTH.corruptions)
    claimed = Counter(
        claim.fact
        for text in TEXTS
        for clause in text.clauses
        for claim in clause.claims
        if domain(claim.fact).kind in KINDS
    )
    assert all(count / claimed[fact] < 0.3 + 2 / claimed[fact] for fact, count in wrong.items())


def test_wrong_claims_are_false_and_right_ones_were_true() -> None:
    for corruption in TRUTH.corruptions:
        record = RECORDS[corruption.id]
        assert judge(corruption.right, record) == "true"
        assert judge(corruption.wrong, record) == "false"


def test_every_value_is_as_frequent_as_before() -> None:
    assert values(NOISY) == values(TEXTS)


def test_just_the_clauses_of_the_truth_differ() -> None:
    wrong = TRUTH.by_place()
    for before, after in zip(TEXTS, NOISY, strict=True):
        for k, (old, new) in enumerate(zip(before.clauses, after.clauses, strict=True)):
            if (before.id, k) not in wrong:
                assert new == old
                continue
            corruption = wrong[before.id, k]
            assert corruption.wrong in new.claims
            assert corruption.right not in new.claims
            assert len(new.claims) == len(old.claims)
            assert (new.scope, new.field, new.level) == (old.scope, old.field, old.level)
            assert new.evidence == old.evidence


def test_no_clause_repeats_itself_to_be_wrong() -> None:
    for text in NOISY:
        for clause in text.clauses:
            among = [c.value for c in clause.claims if c.fact.startswith("landcover.among")]
            assert len(set(among)) == len(among)


def test_the_seed_decides() -> None:
    assert corrupt(TEXTS, RECORDS, seed=0) == (NOISY, TRUTH)
    assert corrupt(TEXTS, RECORDS, seed=1)[1] != TRUTH


def test_where_all_is_asked_for_all_pairs_are_swapped() -> None:
    noisy, truth = corrupt(TEXTS, RECORDS, share=1.0)
    assert 0.6 < len(truth.corruptions) / len(doubtful(TEXTS)) <= 1
    assert values(noisy) == values(TEXTS)


def test_questions_would_tell_the_truth_and_are_left_out() -> None:
    writing = NOISY[0].target_text("noisy")
    assert writing.questions == ()
    assert writing.detailed == NOISY[0].caption()


def test_a_revealed_part_tells_of_no_other_chip() -> None:
    ids = [text.id for text in TEXTS[:10]]
    calibration = TRUTH.reveal(ids)
    assert calibration.wrong == {c.place for c in TRUTH.corruptions if c.id in ids}
    assert calibration.ids == set(ids)
