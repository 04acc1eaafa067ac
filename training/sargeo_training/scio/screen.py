"""Which clauses a model holds to be wrong: those whose absence makes image and text agree better.

Each clause is left out in turn, and contrast and matching are scored with it and without it; or
each is scored by itself and by how likely its keywords are where they are hidden from the text. A
clause is suspect if all scores are worse than thresholds, see `thresholds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sargeo_training.data.facts import SECTORS
from sargeo_training.data.target_text import Clause
from sargeo_training.scio.scorer import Floats, Scorer
from sargeo_training.scio.texts import Text, pairs_of
from sargeo_training.text.domains import arguments_of, family_of

Place = tuple[str, int]
"""Id of a record, and number of a clause in its text."""


@dataclass(frozen=True)
class Evidence:
    """What speaks against each clause that could be judged.

    Attributes
    ----------
    places : tuple of Place
        The n clauses.
    groups : tuple of str
        What sort of clause each is, see `group_of`.
    scores : tuple of str
        Names of the S scores: ``"contrast"``, ``"matching"`` and, by `alone`, ``"hidden"``.
    whole : ndarray of float64, shape (n, S)
        Scores of the whole text, or of the clause.
    rises : ndarray of float64, shape (n, S)
        By how much they rise where the clause is left out, or how low its own are: higher is worse
        for the clause.
    """

    places: tuple[Place, ...]
    groups: tuple[str, ...]
    scores: tuple[str, ...]
    whole: Floats
    rises: Floats


Screener = Callable[[Scorer, Sequence[Text]], Evidence]


def leave_out(scorer: Scorer, texts: Sequence[Text]) -> Evidence:
    """Score every text with and without each of its clauses.

    A text of one clause is not judged: nothing would be left to compare it with.
    """
    judged = [text for text in texts if len(text.clauses) > 1]
    variants = [v for text in judged for v in _variants(text)]
    images = [text.image for text in judged for _ in _variants(text)]
    scored = _both(scorer, images, variants)
    whole, rises = [], []
    start = 0
    for text in judged:
        end = start + len(text.clauses) + 1
        first, rest = scored[start], scored[start + 1 : end]
        whole.append(np.repeat(first[None], len(rest), axis=0))
        rises.append(rest - first)
        start = end
    return _evidence(judged, ("contrast", "matching"), whole, rises)


def alone(scorer: Scorer, texts: Sequence[Text]) -> Evidence:
    """Score every clause by itself, and by how likely its keywords are where they are hidden.

    Its rises are how low these scores are. Where keywords are hidden, the image and the rest of the
    text are given: a clause may fit the image and contradict the rest. One without keywords is as
    likely as can be.
    """
    images = [text.image for text in texts for _ in text.clauses]
    both = _both(scorer, images, [c.text for text in texts for c in text.clauses])
    scored = np.column_stack([both, _hidden(scorer, texts)])
    return _evidence(texts, ("contrast", "matching", "hidden"), [scored], [-scored])


def group_of(clause: Clause) -> str:
    """Return what a clause is about, such as ``"landcover.main + objects.present:ship"``.

    These are the facts that it claims, whatever the sector.
    """
    facts = {_without_sector(claim.fact) for claim in clause.claims}
    return " + ".join(sorted(facts)) or "no fact"


def _without_sector(fact: str) -> str:
    said = (argument for argument in arguments_of(fact) if argument not in SECTORS)
    return ":".join([family_of(fact), *said])


def _variants(text: Text) -> Iterator[str]:
    yield text.caption()
    for place in range(len(text.clauses)):
        yield text.without({place}).caption()


def _both(scorer: Scorer, images: Sequence[int], texts: Sequence[str]) -> Floats:
    return np.stack([scorer.contrast(images, texts), scorer.matching(images, texts)], axis=1)


def _hidden(scorer: Scorer, texts: Sequence[Text]) -> Floats:
    """Return how likely the keywords of each clause are, (n,)."""
    asked = [(text, text.keyword_spans(k)) for text in texts for k in range(len(text.clauses))]
    places = [place for place, (_, spans) in enumerate(asked) if spans]
    images, captions = pairs_of([asked[place][0] for place in places])
    likely = np.zeros(len(asked))
    likely[places] = scorer.likelihood(images, captions, [asked[place][1] for place in places])
    return likely


def _evidence(
    texts: Sequence[Text],
    scores: tuple[str, ...],
    whole: Sequence[Floats],
    rises: Sequence[Floats],
) -> Evidence:
    nothing = np.empty((0, len(scores)))
    return Evidence(
        places=tuple((text.id, k) for text in texts for k in range(len(text.clauses))),
        groups=tuple(group_of(c) for text in texts for c in text.clauses),
        scores=scores,
        whole=np.concatenate([nothing, *whole]),
        rises=np.concatenate([nothing, *rises]),
    )
