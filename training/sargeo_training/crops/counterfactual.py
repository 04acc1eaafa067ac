"""Statements that are exchanged between chips: each is right of one and wrong of the other.

Texts of different images mostly differ in what is seen at a glance, so that telling them apart
teaches nothing of counts, places and sizes. Two chips of which the same fact is claimed with values
that exclude each other exchange their clauses about it. As every clause is then right once and
wrong once, no value is suspicious by itself: the image has to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from sargeo_training.data.target_text import TargetText
from sargeo_training.text.contrary import contrary
from sargeo_training.text.domains import Value, domain


@dataclass(frozen=True)
class Statement:
    """A value that is claimed of a fact, and the clause that claims it."""

    value: Value
    text: str


@dataclass(frozen=True)
class Exchange:
    """What is said of a chip's fact, and what another chip's text says of it."""

    right: str
    wrong: str


Statements = Mapping[str, Statement]
"""By fact."""


def statements(target_text: TargetText) -> Statements:
    """Return what a target text claims that an image can show."""
    return {
        claim.fact: Statement(claim.value, clause.text)
        for clause in target_text.clauses
        for claim in clause.claims
        if domain(claim.fact).kind != "other"
    }


def exchanges(said: Sequence[Statements], rng: Generator) -> list[Exchange | None]:
    """Let chips exchange statements, each with one other at most.

    A fact of a chip is drawn first, and a partner for it then: of all partners, most would differ
    in what is seen at a glance.

    Returns
    -------
    list of Exchange or None
        For each chip; None if no other is left to exchange with.
    """
    made: list[Exchange | None] = [None] * len(said)
    free = rng.permutation(len(said)).tolist()
    while free:
        one = free.pop()
        for fact in rng.permutation(sorted(said[one])).tolist():
            mine = said[one][fact]
            others = [
                k
                for k in free
                if fact in said[k] and contrary(fact, mine.value, said[k][fact].value)
            ]
            if others:
                other = others[rng.integers(len(others))]
                theirs = said[other][fact]
                made[one] = Exchange(mine.text, theirs.text)
                made[other] = Exchange(theirs.text, mine.text)
                free.remove(other)
                break
    return made
