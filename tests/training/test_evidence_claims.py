"""Whatever evidence finds, the claims made of it are true, also of what it could not see."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sargeo.legend import LAND_COVER_CODES, OPEN_WATER
from sargeo_training.data.chip import BandRecord, Place, Record
from sargeo_training.data.chips.evidence.layers import facts_of
from sargeo_training.data.facts import (
    SECTORS,
    Facts,
    NamedFact,
    TerrainFacts,
    VectorFacts,
)
from sargeo_training.data.target_text import Claim
from sargeo_training.images import NOT_WATER, UNKNOWN
from sargeo_training.text.claims import domain, findings, judge, truths

SIDE = 30
"""Shares of so many pixels often lie just on a limit."""
VALID = np.ones((SIDE, SIDE), dtype=bool)


def record(facts: Facts, **known: Any) -> Record:
    band = BandRecord(polarisation="VV", quantity="sigma0", scale="linear")
    given = {
        "id": "x",
        "source": "made",
        "scene": "x",
        "licence": "none",
        "split": "train",
        "bands": (band,),
        "shape": (SIDE, SIDE),
        "facts": facts,
        "references": (1.0,),
    }
    return Record(**{**given, **known})


@st.composite
def covers(draw: st.DrawFn) -> np.ndarray:
    """Draw the full truth of a chip: blocks of classes, some rare, with single pixels among."""
    blocks = draw(arrays(np.uint8, (5, 5), elements=st.sampled_from(LAND_COVER_CODES)))
    labels = np.kron(blocks, np.ones((7, 7), dtype=np.uint8))[:SIDE, :SIDE]
    pixels = st.tuples(
        st.integers(0, SIDE - 1), st.integers(0, SIDE - 1), st.sampled_from(LAND_COVER_CODES)
    )
    for row, col, code in draw(st.lists(pixels, max_size=12)):
        labels[row, col] = code
    return labels


@st.composite
def gaps(draw: st.DrawFn) -> np.ndarray:
    """Draw what is hidden: a window from a pixel to nearly all."""
    low, high = (draw(st.tuples(*[st.integers(0, SIDE - 1)] * 2)) for _ in range(2))
    hidden = np.zeros((SIDE, SIDE), dtype=bool)
    rows, cols = (slice(min(a, b), max(a, b) + 1) for a, b in zip(low, high, strict=True))
    hidden[rows, cols] = True
    return hidden


ships = st.lists(
    st.tuples(
        *[st.floats(0, SIDE - 0.125, width=32)] * 2,
        *[st.floats(1, 20, width=32)] * 2,
        st.one_of(st.just(float("nan")), st.floats(1, 60, width=32)),
    ),
    max_size=30,
).map(lambda rows: np.array(rows, dtype=np.float32).reshape(-1, 5))

categories = st.sampled_from([None, "cargo", "Tanker", "law enforcement", ""])
amount = st.one_of(st.none(), st.floats(0, 500))
share = st.one_of(st.none(), st.floats(0, 1))

vectors = st.builds(
    VectorFacts,
    layer=st.just("OpenStreetMap"),
    road_km=amount,
    road_km_per_km2=amount,
    buildings=st.one_of(st.none(), st.integers(0, 5000)),
    building_share=share,
    rail_km=amount,
    water_km=amount,
    water_share=share,
    named=st.lists(
        st.builds(
            NamedFact,
            kind=st.sampled_from(["port", "airport", "river", "lake", "water body"]),
            name=st.sampled_from(["A", "B", "C"]),
            sector=st.sampled_from(SECTORS),
        ),
        max_size=5,
    ).map(tuple),
)


@st.composite
def terrains(draw: st.DrawFn) -> TerrainFacts:
    lowest, mean, highest = sorted(draw(st.tuples(*[st.floats(-400, 8000)] * 3)))
    slope = draw(st.floats(0, 60))
    return TerrainFacts(
        layer="DEM", lowest_m=lowest, mean_m=mean, highest_m=highest, slope_deg=slope
    )


places = st.builds(
    Place,
    name=st.just("Long Beach"),
    state=st.sampled_from([None, "California"]),
    country=st.just("United States"),
    distance_km=st.floats(0, 100),
    climate=st.sampled_from(["Csa", "BSk", None]),
)


def of_chip(labels: np.ndarray, boats: np.ndarray, searched: np.ndarray, told: tuple) -> Facts:
    return facts_of(None, labels, VALID, boats, searched, gsd_m=(10.0, 10.0), categories=told)


@given(st.data())
def test_every_claim_that_facts_support_is_judged_true(data: st.DataObject) -> None:
    labels = np.where(data.draw(gaps()), np.uint8(UNKNOWN), data.draw(covers()))
    boats = data.draw(ships)
    told = tuple(data.draw(categories) for _ in boats)
    searched = VALID if data.draw(st.booleans()) else ~data.draw(gaps())
    facts = of_chip(labels, boats, searched, told).model_copy(
        update={
            "vectors": data.draw(st.one_of(st.none(), vectors)),
            "terrain": data.draw(st.one_of(st.none(), terrains())),
        }
    )
    made = record(
        facts,
        place=data.draw(st.one_of(st.none(), places)),
        platform=data.draw(st.sampled_from([None, "Sentinel-1", "AIRSAR", "simulated"])),
        incidence_deg=data.draw(st.one_of(st.none(), st.floats(0, 90))),
        gsd_m=data.draw(st.one_of(st.none(), st.just((10.0, 9.5)))),
        extent_m=data.draw(st.one_of(st.none(), st.floats(1, 50_000))),
    )
    verdicts = {key: (claim, judge(claim, made)) for key, claim in truths(made).items()}
    assert {key: v for key, v in verdicts.items() if v[1] != "true"} == {}


@given(covers(), gaps(), gaps(), ships)
def test_claims_of_a_map_in_part_are_true_of_the_whole(
    labels: np.ndarray, hidden: np.ndarray, dry: np.ndarray, boats: np.ndarray
) -> None:
    """A part of the map is hidden, and of a part it only says that there is no water."""
    partial = np.where(dry & (labels != OPEN_WATER.code), np.uint8(NOT_WATER), labels)
    partial[hidden] = UNKNOWN
    whole, seen = (record(of_chip(each, boats, VALID, ())) for each in (labels, partial))
    verdicts = {key: (claim, judge(claim, whole)) for key, claim in truths(seen).items()}
    assert {key: v for key, v in verdicts.items() if v[1] != "true"} == {}


@pytest.mark.slow
@given(covers(), gaps(), gaps(), ships, st.randoms())
def test_what_a_map_in_part_calls_false_is_not_true_of_the_whole(
    labels: np.ndarray, hidden: np.ndarray, dry: np.ndarray, boats: np.ndarray, random: Random
) -> None:
    partial = np.where(dry & (labels != OPEN_WATER.code), np.uint8(NOT_WATER), labels)
    partial[hidden] = UNKNOWN
    whole, seen = (record(of_chip(each, boats, VALID, ())) for each in (labels, partial))
    claims = [Claim(fact=key, value=random.choice(domain(key).values)) for key in findings(seen)]
    wrong = [c for c in claims if judge(c, seen) == "false" and judge(c, whole) == "true"]
    assert wrong == []


def water_only(rows: str) -> Record:
    """Make a record of sectors of water (w), of no water (-), and of nothing known (?)."""
    codes = {"w": OPEN_WATER.code, "-": NOT_WATER, "?": UNKNOWN}
    grid = np.array([[codes[c] for c in row] for row in rows.split()], dtype=np.uint8)
    labels = np.kron(grid, np.ones((10, 10), dtype=np.uint8))
    boat = np.array([[15, 15, 2, 2, 2]], dtype=np.float32)
    return record(of_chip(labels, boat, VALID, (None,)))


def test_a_map_of_water_alone_tells_of_the_coast() -> None:
    told = {key: claim.value for key, claim in truths(water_only("www ww- ---")).items()}
    assert told["landcover.share:open water"] == 55
    assert told["landcover.main"] == "open water"
    assert told["landcover.side:open water"] == "upper third"
    assert told["landcover.where:open water"] == "upper left"
    assert (told["landcover.shore"], told["landcover.surface"]) == ("yes", "water")
    assert told["landcover.patches:open water"] == 1
    assert told["objects.region:ship"] == "open water"
    unsaid = {f"landcover.{family}" for family in ("second", "classes")}
    assert not unsaid & told.keys()
    assert not [key for key in told if key.startswith("landcover.") and "trees" in key]


def test_without_water_there_is_no_coast() -> None:
    told = {key: claim.value for key, claim in truths(water_only("--- --- ---")).items()}
    assert told["landcover.present:open water"] == "no"
    assert (told["landcover.shore"], told["landcover.surface"]) == ("no", "land")
    assert (
        judge(Claim(fact="objects.region:ship", value="open water"), water_only("--- --- ---"))
        == "false"
    )


def test_land_leads_where_too_little_is_left_for_water() -> None:
    told = truths(water_only("--- --- ???"))
    assert [key for key in told if key.startswith("landcover.")] == ["landcover.surface"]
    assert told["landcover.surface"].value == "land"
    assert "landcover.surface" not in truths(water_only("--- -?? ???"))


def test_a_hidden_sector_may_hold_more_than_the_fullest_one() -> None:
    """The centre is water by half, with the ship in it; what lies left of it decides."""
    labels = np.full((SIDE, SIDE), NOT_WATER, dtype=np.uint8)
    labels[10:15, 10:20] = OPEN_WATER.code
    boat = np.array([[12, 15, 2, 2, 2]], dtype=np.float32)
    told = truths(record(of_chip(labels, boat, VALID, (None,))))
    assert told["landcover.where:open water"].value == "centre"
    assert told["objects.region:ship"].value == "shore"
    labels[10:20, :10] = UNKNOWN
    told = truths(record(of_chip(labels, boat, VALID, (None,))))
    assert "landcover.where:open water" not in told
    labels[15:20, 10:20] = UNKNOWN
    seen = record(of_chip(labels, boat, VALID, (None,)))
    assert not {"landcover.where:open water", "objects.region:ship"} & truths(seen).keys()
    for region in ("shore", "open water"):
        assert judge(Claim(fact="objects.region:ship", value=region), seen) == "unknown"


def test_a_flood_map_tells_no_more_than_it_holds() -> None:
    told = {key: claim.value for key, claim in truths(water_only("w?? ??? ???")).items()}
    land = {key: value for key, value in told.items() if key.startswith("landcover.")}
    assert land == {
        "landcover.present:open water": "yes",
        "landcover.among:1": "open water",
        "landcover.sector:upper left": "open water",
    }


@given(ships, gaps())
def test_ships_that_were_not_looked_for_make_no_claim_false(
    boats: np.ndarray, unsearched: np.ndarray
) -> None:
    none = np.full((SIDE, SIDE), UNKNOWN, dtype=np.uint8)
    rows, cols = boats[:, 0].astype(int), boats[:, 1].astype(int)
    found = boats[~unsearched[rows, cols]]
    whole = record(of_chip(none, boats, VALID, ()))
    seen = record(of_chip(none, found, ~unsearched, ()))
    false = {k: c for k, c in truths(seen).items() if judge(c, whole) == "false"}
    assert false == {}
