"""Chips with known ground, what the grounded writer says of them, and a model that knows it all."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sargeo.legend import LAND_COVER_CODES
from sargeo_training.data.chip import BandRecord, Record
from sargeo_training.data.chips.evidence.landcover import landcover_facts
from sargeo_training.data.facts import Facts, ObjectFact, ObjectFacts
from sargeo_training.data.target_text import Claim, Clause
from sargeo_training.scio.texts import Text
from sargeo_training.text.claims import Findings, findings, verdict
from sargeo_training.text.grounded import phrase, write

_SIDE = 36
_LENGTHS_M = (15.0, 60.0, 220.0)


def records(number: int, seed: int = 0) -> dict[str, Record]:
    """Return records of made-up ground, with ships in two thirds of them."""
    rng = np.random.default_rng(seed)
    return {f"chip-{k}": _record(f"chip-{k}", rng) for k in range(number)}


def texts_of(known: Mapping[str, Record], seed: int = 0) -> list[Text]:
    """Return what the grounded writer says, all of it true."""
    rng = np.random.default_rng(seed)
    return [
        Text(name, k, write(record, rng).clauses) for k, (name, record) in enumerate(known.items())
    ]


def _record(name: str, rng: np.random.Generator) -> Record:
    labels = np.full((_SIDE, _SIDE), rng.choice(LAND_COVER_CODES), dtype=np.uint8)
    for _ in range(rng.integers(1, 5)):
        row, col, height, width = rng.integers(2, _SIDE, size=4)
        labels[row : row + height, col : col + width] = rng.choice(LAND_COVER_CODES)
    cover = landcover_facts(labels, np.ones(labels.shape, dtype=bool), "made up")
    return Record(
        id=name,
        source="made",
        scene="made",
        licence="none",
        split="train",
        bands=(BandRecord(polarisation="VV", quantity="sigma0", scale="linear"),),
        shape=labels.shape,
        facts=Facts(landcover=cover, objects=_ships(rng)),
        references=(1.0,),
    )


def _ships(rng: np.random.Generator) -> ObjectFacts:
    items = tuple(
        ObjectFact(kind="ship", row=row, col=col, length_m=rng.choice(_LENGTHS_M))
        for row, col in rng.random((rng.integers(0, 4), 2))
    )
    return ObjectFacts(layer="made up", searched=1.0, items=items)


class OracleScorer:
    """Knows what is true of each chip, and adds noise of a given strength to every score.

    It reads the sentences that it was taught: those of texts, and those worded by its `phrase`.
    """

    def __init__(self, known: Sequence[Record], texts: Iterable[Text], noise: float = 0.0) -> None:
        self.calls = 0
        self._known: list[Findings] = [findings(record) for record in known]
        self._claims: dict[str, tuple[Claim, ...]] = {}
        self._noise = noise
        for text in texts:
            for clause in text.clauses:
                self._claims[clause.text] = clause.claims

    def phrase(self, *args: Any, **options: Any) -> Clause:
        """Word claims as the grounded writer does, and remember the sentence."""
        clause = phrase(*args, **options)
        self._claims[clause.text] = clause.claims
        return clause

    def contrast(self, images: Sequence[int], texts: Sequence[str]) -> np.ndarray:
        return self._agreement("contrast", images, texts)

    def matching(self, images: Sequence[int], texts: Sequence[str]) -> np.ndarray:
        return 5 * self._agreement("matching", images, texts)

    def likelihood(
        self, images: Sequence[int], texts: Sequence[str], spans: Sequence[Sequence[tuple]]
    ) -> np.ndarray:
        assert all(
            text[a:b].strip() for text, them in zip(texts, spans, strict=True) for a, b in them
        )
        return self._agreement("likelihood", images, texts) - 2

    def _agreement(self, what: str, images: Sequence[int], texts: Sequence[str]) -> np.ndarray:
        self.calls += len(texts)
        return np.array([self._of(what, i, t) for i, t in zip(images, texts, strict=True)])

    def _of(self, what: str, image: int, text: str) -> float:
        sentences = re.split(r"(?<=\.) ", text)
        wrong = [
            any(verdict(claim, self._known[image]) == "false" for claim in self._claims[sentence])
            for sentence in sentences
        ]
        rng = np.random.default_rng(zlib.crc32(f"{what} {image} {text}".encode()))
        return 1 - 2 * float(np.mean(wrong)) + self._noise * rng.standard_normal()
