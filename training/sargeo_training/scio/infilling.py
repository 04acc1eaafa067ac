"""Fills suspect clauses anew from the image.

The words of a suspect clause that hang on its value are masked, and the masked language model tells
from the image and the believed clauses which value fits best. It chooses among the values that the
texts give this fact: a clause is about something, and only its value is in doubt; a free word could
be none that the fact can have, and would have to be understood before it could be judged. Where a
clause claims several things, each is tried, and the one that gains most over what was said is
taken. The new clause is kept if contrast and matching of the clause itself both rise over the old
value in the same words.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from sargeo_training.crops.text_batches import Span
from sargeo_training.data.target_text import Claim, Clause
from sargeo_training.scio.scorer import Floats, Scorer
from sargeo_training.scio.screen import Place
from sargeo_training.scio.texts import Text, pairs_of
from sargeo_training.text.domains import Value
from sargeo_training.text.grounded import can_phrase, phrase

_WORDINGS = 2
"""Ways to word each value: no single synonym decides."""


@dataclass(frozen=True)
class Infilling:
    """A suspect clause filled anew.

    Attributes
    ----------
    place : Place
        Which clause it was.
    clause : Clause
        What fits best.
    contrast, matching : tuple of float
        Scores of the clause with the old value, and with the one that fits best, both in the same
        words.
    """

    place: Place
    clause: Clause
    contrast: tuple[float, float]
    matching: tuple[float, float]

    @property
    def kept(self) -> bool:
        """Whether both scores rise."""
        return self.contrast[1] > self.contrast[0] and self.matching[1] > self.matching[0]


@dataclass(frozen=True)
class _Blank:
    """One claim of a suspect clause, among the believed ones, with all values it could have.

    Attributes
    ----------
    place : Place
    text : Text
        The believed clauses and the suspect one.
    position : int
        Of the suspect clause in that text.
    wordings : tuple of tuple of Clause
        For each wording the clause with every value, first the one that was said.
    """

    place: Place
    text: Text
    position: int
    wordings: tuple[tuple[Clause, ...], ...]

    def with_value(self, value: int, wording: int = 0) -> Text:
        """Return the text with another value."""
        return self.text.with_clause(self.position, self.wordings[wording][value])


def infill(
    scorer: Scorer,
    texts: Sequence[Text],
    suspects: AbstractSet[Place],
    domains: Mapping[str, Sequence[Value]],
    *,
    seed: int = 0,
) -> list[Infilling]:
    """Find for each suspect clause what fits best.

    A clause whose facts have no other value is left out, and so is one of a language model that
    claims what the grounded writer has no sentence for.

    Parameters
    ----------
    scorer : Scorer
    texts : sequence of Text
        As they were screened.
    suspects : set of Place
    domains : mapping
        Values of each fact, see `texts.domains`.
    seed : int
        Of the wording.
    """
    blanks = [b for text in texts for b in _blanks_of(text, suspects, domains, seed)]
    best = _best(blanks, _gains(scorer, blanks))
    images = [blank.text.image for blank, _ in best]
    before = [blank.wordings[0][0].text for blank, _ in best]
    after = [blank.wordings[0][value].text for blank, value in best]
    scores = [
        (scorer.contrast(images, them), scorer.matching(images, them)) for them in (before, after)
    ]
    return [
        Infilling(
            place=blank.place,
            clause=blank.wordings[0][value],
            contrast=(float(scores[0][0][k]), float(scores[1][0][k])),
            matching=(float(scores[0][1][k]), float(scores[1][1][k])),
        )
        for k, (blank, value) in enumerate(best)
    ]


def kept_claims(refills: Sequence[Infilling]) -> dict[Place, tuple[Claim, ...]]:
    """Return what the refills that were kept claim."""
    return {refill.place: refill.clause.claims for refill in refills if refill.kept}


def without_flagged(texts: Sequence[Text], suspects: AbstractSet[Place]) -> list[Text]:
    """Leave suspect clauses out; what is then empty is left out whole."""
    return repaired(texts, suspects, ())


def repaired(
    texts: Sequence[Text], suspects: AbstractSet[Place], refills: Sequence[Infilling]
) -> list[Text]:
    """Put refills that were kept in place, and leave other suspect clauses out."""
    kept = {refill.place: refill.clause for refill in refills if refill.kept}
    made = []
    for text in texts:
        places = [(text.id, k) for k in range(len(text.clauses))]
        for k, place in enumerate(places):
            if place in kept:
                text = text.with_clause(k, kept[place])
        text = text.without({k for k, p in enumerate(places) if p in suspects and p not in kept})
        if text.clauses:
            made.append(text)
    return made


def _blanks_of(
    text: Text,
    suspects: AbstractSet[Place],
    domains: Mapping[str, Sequence[Value]],
    seed: int,
) -> Iterator[_Blank]:
    theirs = [k for k in range(len(text.clauses)) if (text.id, k) in suspects]
    for k in theirs:
        others = {other for other in theirs if other != k}
        around, position = text.without(others), k - sum(other < k for other in others)
        clause = text.clauses[k]
        for claim in clause.claims if can_phrase(clause) else ():
            values = _values(claim, clause, domains)
            if len(values) > 1:
                wordings = tuple(
                    tuple(_with_value(clause, claim, value, (seed, number)) for value in values)
                    for number in range(_WORDINGS)
                )
                yield _Blank((text.id, k), around, position, wordings)


def _values(
    claim: Claim, clause: Clause, domains: Mapping[str, Sequence[Value]]
) -> tuple[Value, ...]:
    """Return the value as it was, and the others that the clause does not name already."""
    beside = {c.value for c in clause.claims if isinstance(c.value, str)}
    others = (v for v in domains.get(claim.fact, ()) if v != claim.value and v not in beside)
    return claim.value, *others


def _with_value(clause: Clause, claim: Claim, value: Value, seed: tuple[int, int]) -> Clause:
    """Word a clause anew with another value; the same seed gives the same words around it."""
    claims = [c.model_copy(update={"value": value}) if c == claim else c for c in clause.claims]
    rng = np.random.default_rng((*seed, zlib.crc32(clause.text.encode())))
    return phrase(clause.scope, clause.field, claims, rng, evidence=clause.evidence)


def _gains(scorer: Scorer, blanks: Sequence[_Blank]) -> list[Floats]:
    """Return for each blank how much likelier each value is than the one that was said."""
    texts, spans = [], []
    for blank in blanks:
        start = blank.text.start_of(blank.position)
        for number, clauses in enumerate(blank.wordings):
            for value, (first, end) in enumerate(differing([c.text for c in clauses])):
                texts.append(blank.with_value(value, number))
                spans.append(((start + first, start + end),))
    found = scorer.likelihood(*pairs_of(texts), spans)
    ends = np.cumsum([_WORDINGS * len(blank.wordings[0]) for blank in blanks])
    means = [part.reshape(_WORDINGS, -1).mean(axis=0) for part in np.split(found, ends)[:-1]]
    return [mean - mean[0] for mean in means]


def _best(blanks: Sequence[_Blank], gains: Sequence[Floats]) -> list[tuple[_Blank, int]]:
    """Return for each suspect clause the blank and the value that gain most."""
    best: dict[Place, tuple[float, _Blank, int]] = {}
    for blank, gain in zip(blanks, gains, strict=True):
        value = 1 + int(gain[1:].argmax())
        if blank.place not in best or gain[value] > best[blank.place][0]:
            best[blank.place] = (float(gain[value]), blank, value)
    return [(blank, value) for _, blank, value in best.values()]


def differing(texts: Sequence[str]) -> list[Span]:
    """Return the part of each text, in whole words and one at least, that hangs on its value.

    That is what lies between the words that all begin with and the words that all end with.
    """
    words = [[match.span() for match in re.finditer(r"\S+", text)] for text in texts]
    said = [text.split() for text in texts]
    most = min(map(len, said)) - 1
    first = _common(said, most)
    last = _common([each[::-1] for each in said], most - first)
    return [(each[first][0], each[len(each) - 1 - last][1]) for each in words]


def _common(said: Sequence[Sequence[str]], most: int) -> int:
    """Return how many words all begin with, up to a number."""
    return next((k for k in range(most) if len({each[k] for each in said}) > 1), most)
