"""Question-answer pairs of the seven applications of SARLANG-1M, answered from facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from pydantic import Field, TypeAdapter

from sargeo_training.data.target_text import Application, Claim, Question
from sargeo_training.text.claims import Findings, domain, sayable, verdict
from sargeo_training.text.phrases import Pattern, Wording, by_family
from sargeo_training.text.words import load_table

PER_APPLICATION = 2
"""At most so many questions of one application; each asks for something else."""

_WAYS = 256
"""Wordings that are drawn of a question and its answer, which have some dozens at most."""


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


def topic(question: Question) -> str:
    """Return the same words for all questions that ask for the same."""
    pair = _pair_for(question.application, question.claims)
    return question.question if pair is None else _worded(pair, question.claims, 0)[0]


def answers_to(question: Question, found: Findings) -> frozenset[str]:
    """Return the ways to answer rightly, the given one among them.

    Parameters
    ----------
    question
        About a record.
    found
        What the record's facts say: any value that they make true may be answered.

    Returns
    -------
    frozenset of str
        Of a question that a language model made up, the given answer alone.
    """
    right = [question.claims, *_other_truths(question.claims, found)]
    return frozenset({question.answer}).union(
        *(_ways_to_answer(question.application, claims) for claims in right)
    )


def _other_truths(claims: Sequence[Claim], found: Findings) -> Iterator[tuple[Claim, ...]]:
    if len(claims) != 1:
        return
    for value in domain(claims[0].fact).values:
        claim = claims[0].model_copy(update={"value": value})
        if verdict(claim, found) == "true":
            yield (claim,)


def _pair_for(application: Application, claims: Sequence[Claim]) -> Pair | None:
    pairs = _pairs().get(application, ())
    return next((pair for pair in pairs if claims and pair.fits(claims)), None)


@cache
def _ways_to_answer(application: Application, claims: tuple[Claim, ...]) -> frozenset[str]:
    pair = _pair_for(application, claims)
    if pair is None:
        return frozenset()
    return frozenset(_worded(pair, claims, draw)[1] for draw in range(_WAYS))


def _worded(pair: Pair, claims: Sequence[Claim], draw: int) -> tuple[str, str]:
    """Word question and answer; the same draw words alike what is alike."""
    return _words(pair, pair.ordered(claims), np.random.default_rng(draw))


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
    question, answer = _words(pair, claims, rng)
    return Question(application=application, question=question, answer=answer, claims=tuple(claims))


def _words(pair: Pair, claims: Sequence[Claim], rng: np.random.Generator) -> tuple[str, str]:
    """Return a question and its answer."""
    wording = Wording(claims, rng)
    question, _ = wording.fill(wording.choose(pair.questions))
    answer, _ = wording.fill(wording.choose(pair.stems_for(claims)), pair.items, sentence=False)
    return question, answer


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
