"""Chips with facts to tell, and a language model of the test that tells them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from support.fake_endpoint import Answer, Request, text_of

from sargeo_training.data.chip import BandRecord, Chip, Place, Record
from sargeo_training.data.facts import Bounds, Facts, LandCoverFacts, ObjectFact, ObjectFacts
from sargeo_training.images import NO_SHIPS

SHARES = {"open water": 0.7, "built-up": 0.2, "trees": 0.1}
LAND_COVER = LandCoverFacts(
    layer="class raster",
    known=1,
    shares={name: Bounds(share, share) for name, share in SHARES.items()},
    sectors={name: (Bounds(share, share),) * 9 for name, share in SHARES.items()},
    patches=dict.fromkeys(SHARES, 1),
)
SHIPS = ObjectFacts(
    layer="boxes",
    searched=1,
    items=(
        ObjectFact(kind="ship", row=0.1, col=0.1, length_m=120, category="cargo"),
        ObjectFact(kind="ship", row=0.2, col=0.2, length_m=180),
    ),
)

Statement = dict[str, Any]


def told_chip(name: str = "told_1", seed: int = 0, *, ships: ObjectFacts | None = SHIPS) -> Chip:
    """A dual-pol chip at a harbour with two ships."""
    bands = tuple(
        BandRecord(polarisation=p, quantity="sigma0", scale="linear") for p in ("VV", "VH")
    )
    record = Record(
        id=name,
        source="test",
        scene="harbour",
        licence="of the test",
        split="train",
        platform="Sentinel-1",
        bands=bands,
        gsd_m=(10.0, 10.0),
        extent_m=320.0,
        incidence_deg=38.0,
        shape=(32, 32),
        centre=(-118.2, 33.7),
        place=Place(
            name="Long Beach",
            state="California",
            country="United States",
            distance_km=4.0,
            climate="Csb",
        ),
        facts=Facts(landcover=LAND_COVER, objects=ships),
        references=(1.0, 1.0),
    )
    rng = np.random.default_rng(seed)
    return Chip(
        record=record,
        values=rng.gamma(4, 0.25, (2, 32, 32)).astype(np.float32),
        valid=np.ones((32, 32), dtype=np.bool_),
        labels=np.zeros((32, 32), dtype=np.uint8),
        searched=np.ones((32, 32), dtype=np.bool_),
        ships=NO_SHIPS,
    )


def statement(text: str, fact: str, value: str | int, **changes: Any) -> Statement:
    """One sentence of an answer with one claim, its value the keyword where the text holds it."""
    keywords = [str(value)] if str(value) in text else []
    claims = [{"fact": fact, "value": value}]
    whole = {"scope": "land", "field": "Terrain", "text": text, "claims": claims}
    return {**whole, "keywords": keywords, **changes}


WATER = statement("Most of it is open water.", "landcover.main", "open water")
PORT = statement("It is a waterfront.", "land.use", "waterfront", field="Functionality")
RADAR = statement("It was seen in C band.", "sar.band", "C", scope="target", field="Feature")
SHIP_COUNT = statement("There are 2 ships.", "objects.count:ship", 2, scope="target", field="Count")
WRONG_COUNT = statement(
    "There are 5 ships.", "objects.count:ship", 5, scope="target", field="Count"
)
QUESTION = {
    "application": "counting",
    "question": "How many ships are there?",
    "answer": "2",
    "claims": SHIP_COUNT["claims"],
}

GOOD: Mapping[int, Any] = {
    1: {"clauses": [WATER]},
    2: {"clauses": [PORT]},
    3: {"clauses": [RADAR]},
    4: {"clauses": [SHIP_COUNT]},
    5: {"keep": [1, 2, 3, 4], "questions": [QUESTION]},
}
"""What a model that makes no mistake answers at each level."""


def level_of(request: Request) -> int:
    """The level of the chain that a call is of."""
    found = re.search(r"^Level (\d)", text_of(request), re.MULTILINE)
    assert found is not None
    return int(found.group(1))


def telling(**answers: Any) -> Callable[[Request, int], Answer]:
    """A model that answers well, but at some levels (``level4=...``) as told, text or JSON."""

    def answer(request: Request, _count: int) -> Answer:
        level = level_of(request)
        content = answers.get(f"level{level}", GOOD[level])
        if callable(content):
            content = content(request)
        if isinstance(content, Answer):
            return content
        return Answer(content if isinstance(content, str) else json.dumps(content))

    return answer
