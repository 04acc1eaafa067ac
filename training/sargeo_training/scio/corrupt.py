"""Texts with known errors: some clauses get a wrong count, class, place or size.

Wrong values are exchanged between chips: two clauses that claim the same fact swap their values
where each is false of the other's chip. So every value of every fact occurs exactly as often as
before, and a value gives nothing away by being rare. Both clauses are worded anew by the writer of
the right ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sargeo_training.hcot.claims import Findings, findings, verdict
from sargeo_training.hcot.domains import Kind, Value, domain
from sargeo_training.hcot.grounded import phrase
from sargeo_training.hcot.writing import Claim, Clause
from sargeo_training.scio.screen import Place
from sargeo_training.scio.texts import Text
from sargeo_training.scio.truth import Corruption, HiddenTruth

if TYPE_CHECKING:
    from sargeo_training.geovl.record import Record

KINDS: tuple[Kind, ...] = ("count", "class", "place", "size")
SHARE = 0.2

_PARTNERS_TRIED = 64
_MOST_OF_A_FACT = 0.5


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

    They are spread over these kinds as the clauses are.

    Equal numbers of each kind would make most of the rare kinds' clauses wrong, and whoever
    suspected just those would be right. For the same reason no fact is wrong more often than right.
    A kind of which there are too few pairs to swap is made up for by the others.

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
    slots = _slots(texts, rng)
    swaps = _Swaps({text.id: findings(records[text.id]) for text in texts}, slots, rng)
    clauses = {kind: {slot.place for slot in found} for kind, found in slots.items()}
    wanted = round(share * len(set().union(*clauses.values())))
    claims = sum(map(len, clauses.values()))
    for kind in KINDS:
        swaps.take(kind, round(wanted * len(clauses[kind]) / max(claims, 1)))
    for kind in KINDS:
        swaps.take(kind, wanted - len(swaps.made))
    return _reworded(texts, swaps.made, rng), HiddenTruth(corruptions=tuple(swaps.made.values()))


def _slots(texts: Iterable[Text], rng: np.random.Generator) -> dict[Kind, list[_Slot]]:
    """Return what can be made wrong, by kind and in random order."""
    slots: dict[Kind, list[_Slot]] = {kind: [] for kind in KINDS}
    for text in texts:
        for k, clause in enumerate(text.clauses):
            for claim in clause.claims:
                kind = domain(claim.fact).kind
                if kind in slots:
                    beside = frozenset(c.value for c in clause.claims if c != claim)
                    slots[kind].append(_Slot(text.id, k, claim, beside))
    return {kind: [found[i] for i in rng.permutation(len(found))] for kind, found in slots.items()}


class _Swaps:
    """Finds pairs of claims that are false of each other's chips."""

    def __init__(
        self,
        known: Mapping[str, Findings],
        slots: Mapping[Kind, Sequence[_Slot]],
        rng: np.random.Generator,
    ) -> None:
        self.made: dict[Place, Corruption] = {}
        self._known, self._slots, self._rng = known, slots, rng

    def take(self, kind: Kind, number: int) -> None:
        """Swap claims of a kind until so many clauses are wrong, or no pair is left."""
        goal = len(self.made) + number
        facts: dict[str, list[_Slot]] = {}
        for slot in self._slots[kind]:
            facts.setdefault(slot.said.fact, []).append(slot)
        wrong = Counter(corruption.right.fact for corruption in self.made.values())
        for slot in self._slots[kind]:
            fact, others = slot.said.fact, facts[slot.said.fact]
            if len(self.made) + 2 > goal:
                return
            if slot.place in self.made or wrong[fact] + 2 > _MOST_OF_A_FACT * len(others):
                continue
            partner = self._partner(slot, others)
            if partner:
                self._record(kind, slot, partner.said)
                self._record(kind, partner, slot.said)
                wrong[fact] += 2

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

    def _record(self, kind: Kind, slot: _Slot, wrong: Claim) -> None:
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
