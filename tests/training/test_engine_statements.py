"""Statements are exchanged so that each is right once and wrong once."""

from __future__ import annotations

from collections import Counter

import numpy as np
from support.training import chips

from sargeo_training.crops.counterfactual import Exchange, Statement, exchanges, statements
from sargeo_training.text.domains import CLASSES, Value, domain

FACTS = {"count": "objects.count:ship", "main": "landcover.main", "among": "landcover.among:1"}


def said(**values: Value) -> dict[str, Statement]:
    return {FACTS[name]: Statement(value, f"{name} is {value}.") for name, value in values.items()}


def test_what_an_image_cannot_show_is_no_statement() -> None:
    (writing,) = chips(1)[0].record.target_texts
    found = statements(writing)
    assert found
    assert all(domain(fact).kind != "other" for fact in found)
    texts = {clause.text for clause in writing.clauses}
    assert {statement.text for statement in found.values()} <= texts


def test_the_same_fact_is_exchanged_where_values_differ() -> None:
    known = [said(count=1), said(count=2), said(count=1), said(main="trees"), said()]
    made = exchanges(known, np.random.default_rng(0))
    assert made[1] == Exchange("count is 2.", "count is 1.")
    assert sorted(e is None for e in (made[0], made[2])) == [False, True]
    assert made[3] is None
    assert made[4] is None


def test_no_statement_is_right_more_often_than_wrong() -> None:
    rng = np.random.default_rng(0)
    known = [said(count=int(rng.integers(3)), main=CLASSES[rng.integers(2)]) for _ in range(64)]
    made = [e for e in exchanges(known, rng) if e]
    assert len(made) > 50
    assert Counter(e.right for e in made) == Counter(e.wrong for e in made)
    assert {e.right.split()[0] for e in made} == {"count", "main"}


def test_what_may_be_right_of_both_is_not_exchanged() -> None:
    known = [said(among="trees"), said(among="bare")]
    assert exchanges(known, np.random.default_rng(0)) == [None, None]
