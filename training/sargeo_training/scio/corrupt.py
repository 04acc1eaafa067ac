"""Texts with known errors: some clauses get a wrong count, class, place or size.

Wrong values are exchanged between chips: two clauses that claim the same fact swap their values
where each is false of the other's chip. So every value of every fact occurs exactly as often as
before, and a value gives nothing away by being rare. Both clauses are worded anew by the writer of
the right ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sargeo_training.data.target_text import Claim, Clause
from sargeo_training.scio.screen import Place
from sargeo_training.scio.texts import Text
from sargeo_training.scio.truth import Corruption, HiddenTruth
from sargeo_training.text.claims import Findings, findings, verdict
from sargeo_training.text.domains import Kind, Value, domain
from sargeo_training.text.grounded import phrase

if TYPE_CHECKING:
    from sargeo_training.data.chip import Record

KINDS: tuple[Kind, ...] = ("count", "class", "place", "size")
SHARE = 0.2

_PARTNERS_TRIED = 64


@dataclass(frozen=True)
class _Slot:
    """A claim that can be made wrong, and the other values in its clause."""

    id: str
    clause: int
    said: Claim
    beside: frozenset[Value]

    @property
    def place(self) -> Place:
        return self.id, self.clause


def corrupt(
    texts: Sequence[Text],
    records: Mapping[str, Record],
    *,
    share: float = SHARE,
    seed: int = 0,
) -> tuple[list[Text], HiddenTruth]:
    """Make a share of the clauses wrong that claim a count, class, place or size.

    It is the same share of every fact that chips can swap: where one fact is wrong more often than
    another, whoever suspects what it claims is right without a look at anything. A clause that
    claims several facts is wrong in one of them at most, which is drawn beforehand.

    Parameters
    ----------
    texts : sequence of Text
        Every clause of which is true.
    records : mapping
        Id to record.
    share : float
        Of the clauses that make such a claim.
    seed : int

    Returns
    -------
    list of Text
        All texts, in their order.
    HiddenTruth
        What is wrong in them; to be kept from whoever screens them.
    """
    rng = np.random.default_rng(seed)
    swaps = _Swaps({text.id: findings(records[text.id]) for text in texts}, rng)
    swaps.spread(_slots(texts, rng), share)
    return _reworded(texts, swaps.made, rng), HiddenTruth(corruptions=tuple(swaps.made.values()))


def _slots(texts: Iterable[Text], rng: np.random.Generator) -> dict[str, list[_Slot]]:
    """Return what can be made wrong, one claim of a clause, by fact and in random order."""
    slots: dict[str, list[_Slot]] = {}
    for text in texts:
        for k, clause in enumerate(text.clauses):
            claims = [claim for claim in clause.claims if domain(claim.fact).kind in KINDS]
            if claims:
                claim = claims[rng.integers(len(claims))]
                beside = frozenset(c.value for c in clause.claims if c != claim)
                slots.setdefault(claim.fact, []).append(_Slot(text.id, k, claim, beside))
    return {fact: [of[i] for i in rng.permutation(len(of))] for fact, of in slots.items()}


class _Swaps:
    """Finds pairs of claims that are false of each other's chips."""

    def __init__(self, known: Mapping[str, Findings], rng: np.random.Generator) -> None:
        self.made: dict[Place, Corruption] = {}
        self._known, self._rng = known, rng

    def spread(self, slots: Mapping[str, Sequence[_Slot]], share: float) -> None:
        """Swap a share of all claims; what one fact has too few pairs for, the others make up."""
        wanted = round(share * sum(map(len, slots.values())))
        before = -1
        while len(self.made) > before:
            before, claims = len(self.made), sum(map(len, slots.values()))
            each = (wanted - before) / max(claims, 1)
            slots = {fact: of for fact, of in slots.items() if self._take(of, each)}

    def _take(self, slots: Sequence[_Slot], share: float) -> bool:
        """Swap a share of the claims of a fact, and tell whether there were as many pairs."""
        pairs = round(share * len(slots) / 2)
        for slot in slots:
            if pairs == 0:
                return True
            partner = None if slot.place in self.made else self._partner(slot, slots)
            if partner:
                self._record(slot, partner.said)
                self._record(partner, slot.said)
                pairs -= 1
        return pairs == 0

    def _partner(self, slot: _Slot, others: Sequence[_Slot]) -> _Slot | None:
        order = self._rng.permutation(len(others))[:_PARTNERS_TRIED]
        fits = (
            others[i]
            for i in order
            if others[i].id != slot.id
            and others[i].place not in self.made
            and self._fits(slot, others[i].said)
            and self._fits(others[i], slot.said)
        )
        return next(fits, None)

    def _fits(self, slot: _Slot, claim: Claim) -> bool:
        """Whether a claim is false of the chip, and no absurd repetition in its clause."""
        repeats = isinstance(claim.value, str) and claim.value in slot.beside
        return not repeats and verdict(claim, self._known[slot.id]) == "false"

    def _record(self, slot: _Slot, wrong: Claim) -> None:
        kind = domain(wrong.fact).kind
        self.made[slot.place] = Corruption(
            id=slot.id, clause=slot.clause, kind=kind, right=slot.said, wrong=wrong
        )


def _reworded(
    texts: Sequence[Text], made: Mapping[Place, Corruption], rng: np.random.Generator
) -> list[Text]:
    return [
        replace(
            text,
            clauses=tuple(
                _worded(clause, made[text.id, k], rng) if (text.id, k) in made else clause
                for k, clause in enumerate(text.clauses)
            ),
        )
        for text in texts
    ]


def _worded(clause: Clause, corruption: Corruption, rng: np.random.Generator) -> Clause:
    claims = tuple(corruption.wrong if c == corruption.right else c for c in clause.claims)
    return phrase(clause.scope, clause.field, claims, rng, evidence=clause.evidence)
