"""How often questions about images are answered rightly, and how often without looking.

An answer is right if the facts make true what it claims, as `sargeo_training.text.claims` judges,
and it says so in one of the ways of the grounded writer; things that are listed may come in any
order. Descriptions are not asked for.

The figure to beat is that of whoever knows the questions and no image: the answer that is given
most often to the same question about the real training chips.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

import numpy as np
from numpy.typing import NDArray

from sargeo.model.spec import Figure
from sargeo_training.data.target_text import APPLICATIONS, Application, Claim, Question, TargetText
from sargeo_training.evaluation.figures import figure_of
from sargeo_training.text.findings import Findings
from sargeo_training.text.questions import answers_to, topic

RIGHT, BLIND = "right answers", "right answers, without the image"


@dataclass(frozen=True)
class Marked:
    """Whether a question was answered rightly, and whether the commonest answer was right too."""

    application: Application
    right: bool
    blind: bool


Commonest = Mapping[str, str]
"""What a question asks for to the answer that is given most often."""


def asked_of(target_text: TargetText) -> tuple[Question, ...]:
    """Return the questions that are marked: all but those for a description."""
    return tuple(q for q in target_text.questions if q.application != "description")


def commonest_answers(target_texts: Iterable[TargetText]) -> Commonest:
    """Count the answers to the same question, however it is worded."""
    found: dict[str, Counter[tuple[Claim, ...]]] = defaultdict(Counter)
    said: dict[tuple[str, tuple[Claim, ...]], str] = {}
    for target_text in target_texts:
        for question in asked_of(target_text):
            what = topic(question)
            found[what][question.claims] += 1
            said[what, question.claims] = question.answer
    return {what: said[what, answers.most_common(1)[0][0]] for what, answers in found.items()}


def mark(question: Question, said: str, facts: Findings, commonest: Commonest) -> Marked:
    """Mark an answer.

    Parameters
    ----------
    question : Question
    said : str
        What was answered.
    facts : Findings
        Of the record that it was asked about.
    commonest : mapping
        See `commonest_answers`.
    """
    ways = {_things(way) for way in answers_to(question, facts)}
    blind = commonest.get(topic(question), "")
    return Marked(question.application, _things(said) in ways, _things(blind) in ways)


def answer_figures(
    chips: Sequence[Sequence[Marked]], groups: NDArray[np.int64]
) -> Iterator[Figure]:
    """Yield the shares of right answers, to all questions and by application.

    Parameters
    ----------
    chips : sequence of sequence of Marked
        The answers about each chip.
    groups : ndarray of int64, shape (chips,)
        Which chips an interval takes together; see
        `sargeo_training.data.chips.splits.ground_groups`.
    """
    yield from _figures("all applications", chips, groups)
    for application in APPLICATIONS:
        kept = [[m for m in marks if m.application == application] for marks in chips]
        yield from _figures(application, kept, groups)


def _figures(
    name: str, chips: Sequence[Sequence[Marked]], groups: NDArray[np.int64]
) -> Iterator[Figure]:
    asked = [k for k, marks in enumerate(chips) if marks]
    if not asked:
        return
    data = f"{name}; {sum(map(len, chips))} questions"
    right = [(sum(m.right for m in chips[k]), len(chips[k])) for k in asked]
    blind = [(sum(m.blind for m in chips[k]), len(chips[k])) for k in asked]
    yield figure_of(data, RIGHT, right, _share, groups[asked])
    yield figure_of(data, BLIND, blind, _share, groups[asked])


def _share(counts: Sequence[tuple[int, int]]) -> float:
    right, asked = np.sum(counts, axis=0)
    return float(right / asked)


def _things(text: str) -> frozenset[str]:
    """Return what a text lists, without what a tokeniser loses: case, accents, some spaces."""
    plain = "".join(c for c in normalize("NFD", text.lower()) if not combining(c)).rstrip(". ")
    closed = re.sub(r"\s*([^\w\s])\s*", r"\1", " ".join(plain.split()))
    return frozenset(re.split(r",| and ", closed))
