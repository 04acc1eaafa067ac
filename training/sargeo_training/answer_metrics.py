"""How often questions about images are answered rightly, and how often without looking.

An answer is right if it is one of the ways to say what the facts say; numbers have to be exact.
Descriptions are not asked for: they have no single right answer.

The figure to beat is that of whoever knows the questions and no image: the answer that real
training chips have most often to the same words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.model.spec import Figure
from sargeo_training.hcot.questions import answers_to
from sargeo_training.hcot.writing import APPLICATIONS, Application, Claim, Question, Writing
from sargeo_training.intervals import figure_of

RIGHT, BLIND = "right answers", "right answers, without the image"


@dataclass(frozen=True)
class Marked:
    """Whether a question was answered rightly, and whether the commonest answer was right too."""

    application: Application
    right: bool
    blind: bool


Commonest = Mapping[str, tuple[Claim, ...]]
"""Words of a question to what is most often true of a chip that they are asked of."""


def asked_of(writing: Writing) -> tuple[Question, ...]:
    """Return the questions that have one right answer."""
    return tuple(q for q in writing.questions if q.application != "description")


def commonest_answers(writings: Iterable[Writing]) -> Commonest:
    """Count the answers of chips to the same words."""
    found: dict[str, Counter[tuple[Claim, ...]]] = defaultdict(Counter)
    for writing in writings:
        for question in asked_of(writing):
            found[question.question][question.claims] += 1
    return {words: answers.most_common(1)[0][0] for words, answers in found.items()}


def mark(question: Question, said: str, commonest: Commonest) -> Marked:
    """Mark an answer."""
    ways = {_plain(way) for way in answers_to(question)}
    blind = commonest.get(question.question) == question.claims
    return Marked(question.application, _plain(said) in ways, blind)


def answer_figures(
    chips: Sequence[Sequence[Marked]], groups: NDArray[np.int64]
) -> Iterator[Figure]:
    """Yield the shares of right answers, to all questions and by application.

    Parameters
    ----------
    chips : sequence of sequence of Marked
        The answers about each chip.
    groups : ndarray of int64, shape (chips,)
        Which chips an interval takes together; see `sargeo_training.geovl.splits.ground_groups`.
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


def _plain(text: str) -> str:
    """Return a text without what a tokeniser loses: capitals, spaces and a full stop."""
    return "".join(text.lower().split()).rstrip(".")
