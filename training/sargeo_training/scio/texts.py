"""Texts as screening sees them: the clauses of a chip, with no word of which of them are wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sargeo_training.crops.text_batches import Span, keyword_spans
from sargeo_training.data.target_text import Clause, TargetText
from sargeo_training.text.domains import Value
from sargeo_training.text.grounded import caption

_MOST_VALUES = 64


@dataclass(frozen=True)
class Text:
    """What is said of one chip.

    Attributes
    ----------
    id : str
        Of the record.
    image : int
        Number of the chip.
    clauses : tuple of Clause
        In the order of the chain.
    """

    id: str
    image: int
    clauses: tuple[Clause, ...]

    def without(self, places: Collection[int]) -> Text:
        """Leave clauses out."""
        kept = (c for k, c in enumerate(self.clauses) if k not in places)
        return replace(self, clauses=tuple(kept))

    def with_clause(self, place: int, clause: Clause) -> Text:
        """Put another clause into a place."""
        clauses = (*self.clauses[:place], clause, *self.clauses[place + 1 :])
        return replace(self, clauses=clauses)

    def caption(self) -> str:
        """Return the detailed caption."""
        return caption(self.clauses, detailed=True)

    def start_of(self, place: int) -> int:
        """Return where a clause begins in the detailed caption."""
        before = caption(self.clauses[:place], detailed=True)
        return self.caption().index(self.clauses[place].text, len(before))

    def keyword_spans(self, place: int) -> tuple[Span, ...]:
        """Return where the keywords of a clause stand in the detailed caption."""
        clause, start = self.clauses[place], self.start_of(place)
        return tuple((start + a, start + b) for a, b in keyword_spans(clause.text, [clause]))

    def target_text(self, writer: str) -> TargetText:
        """Return what the clauses make, without questions, whose answers would tell more."""
        return TargetText(
            writer=writer,
            clauses=self.clauses,
            concise=caption(self.clauses, detailed=False),
            detailed=self.caption(),
        )


def domains(texts: Iterable[Text]) -> dict[str, tuple[Value, ...]]:
    """Return the values that the texts give each fact, the most frequent first.

    Of facts with very many values, such as lengths, the most frequent are taken.
    """
    counts: dict[str, Counter[Value]] = {}
    for text in texts:
        for clause in text.clauses:
            for claim in clause.claims:
                counts.setdefault(claim.fact, Counter())[claim.value] += 1
    return {
        fact: tuple(value for value, _ in values.most_common(_MOST_VALUES))
        for fact, values in counts.items()
    }


def pairs_of(texts: Sequence[Text]) -> tuple[list[int], list[str]]:
    """Return images and detailed captions, as scorers take them."""
    return [text.image for text in texts], [text.caption() for text in texts]
