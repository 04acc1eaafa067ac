"""Question-answer pairs of the seven applications of SARLANG-1M, answered from facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from pydantic import Field, TypeAdapter

from sargeo_training.hcot.claims import Findings, sayable
from sargeo_training.hcot.phrases import Pattern, Wording, by_family
from sargeo_training.hcot.words import load_table
from sargeo_training.hcot.writing import Application, Claim, Question

PER_APPLICATION = 2
"""At most so many questions of one application; each asks for something else."""

_WAYS = 32
"""Wordings drawn of an answer; few answers have more than four."""


class Pair(Pattern):
    """Ways to ask for claims; `stems` are the answers."""

    questions: tuple[str, ...] = Field(min_length=1)
    stems: tuple[str, ...] = Field(min_length=1, validation_alias="answers")


@dataclass(frozen=True)
class Caption:
    """A caption, and what it claims."""

    text: str
    claims: tuple[Claim, ...]


def ask(
    short: Caption, long: Caption, found: Findings, rng: np.random.Generator
) -> tuple[Question, ...]:
    """Ask for captions, and for what the findings of a record are sure of.

    Parameters
    ----------
    short, long
        The concise and the detailed caption.
    found
        What the record's facts say.
    rng
        Chooses what is asked for, and how.
    """
    asked = [
        _described(questions, caption, rng)
        for questions, caption in zip(_descriptions(), (short, long), strict=True)
        if caption.text
    ]
    truths = by_family(sayable(found).values())
    for application, pairs in _pairs().items():
        usable = [(pair, choices) for pair in pairs if (choices := pair.choices(truths))]
        for i in rng.permutation(len(usable))[:PER_APPLICATION]:
            pair, choices = usable[i]
            asked.append(_question(application, pair, _balanced(choices, rng), rng))
    return tuple(asked)


def answers_to(question: Question) -> frozenset[str]:
    """Return the ways to give the same answer, the one that was given among them.

    Others are known of claims that a pattern words; of what a language model asked there may be
    none.
    """
    pairs = (p for p in _pairs().get(question.application, ()) if p.fits(question.claims))
    pair = next(pairs, None)
    if pair is None:
        return frozenset({question.answer})
    claims = pair.ordered(question.claims)
    drawn = (
        _question(question.application, pair, claims, np.random.default_rng(k)).answer
        for k in range(_WAYS)
    )
    return frozenset({question.answer, *drawn})


def _described(questions: Sequence[str], caption: Caption, rng: np.random.Generator) -> Question:
    return Question(
        application="description",
        question=questions[int(rng.integers(len(questions)))],
        answer=caption.text,
        claims=caption.claims,
    )


def _question(
    application: Application, pair: Pair, claims: Sequence[Claim], rng: np.random.Generator
) -> Question:
    wording = Wording(claims, rng)
    question, _ = wording.fill(wording.choose(pair.questions))
    answer, _ = wording.fill(wording.choose(pair.stems_for(claims)), pair.items, sentence=False)
    return Question(application=application, question=question, answer=answer, claims=tuple(claims))


def _balanced(choices: Sequence[tuple[Claim, ...]], rng: np.random.Generator) -> tuple[Claim, ...]:
    """Choose an answer first, then what has it: else most answers were "no" and "0"."""
    answers = sorted({str(claims[0].value) for claims in choices})
    answer = answers[int(rng.integers(len(answers)))]
    having = [claims for claims in choices if str(claims[0].value) == answer]
    return having[int(rng.integers(len(having)))]


@cache
def _descriptions() -> tuple[tuple[str, ...], tuple[str, ...]]:
    table = load_table("questions.yaml")["description"]
    return tuple(table["short"]), tuple(table["long"])


@cache
def _pairs() -> dict[Application, tuple[Pair, ...]]:
    table = load_table("questions.yaml")
    del table["description"]
    return TypeAdapter(dict[Application, tuple[Pair, ...]]).validate_python(table)
