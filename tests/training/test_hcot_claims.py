"""What facts let one say is true of them, and of whatever the unknown ground may be."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hcot_records import SIDE, covered, ground, record_of, records, shipping

from sargeo.legend import LAND_COVER_CODES
from sargeo_training.data.chip import Place, Record
from sargeo_training.data.facts import Facts, NamedFact, TerrainFacts, VectorFacts
from sargeo_training.data.target_text import Claim
from sargeo_training.text import domains
from sargeo_training.text.claims import domain, findings, judge, truths
from sargeo_training.text.findings import Measure, reaches
from sargeo_training.text.grounded import write
from sargeo_training.text.object_findings import category_of

COUNT = "objects.count:ship"


def verdict(record: Record, fact: str, value: str | float) -> str:
    return judge(Claim(fact=fact, value=value), record)


def blocks(rows: str) -> Record:
    """Land cover by sectors: three words of letters, one letter a sector."""
    codes = {"w": 80, "t": 10, "b": 50, "l": 30, "s": 60, "-": 0}
    grid = np.array([[codes[c] for c in row] for row in rows.split()], dtype=np.uint8)
    return covered(np.kron(grid, np.ones((12, 12), dtype=np.uint8)))


@given(records)
def test_all_that_can_be_said_is_true_and_of_its_domain(record: Record) -> None:
    for fact, claim in truths(record).items():
        assert claim.fact == fact
        assert judge(claim, record) == "true"
        values = domain(fact).values
        if isinstance(claim.value, str) and values:
            assert claim.value in values


@given(st.integers(0, 10_000), st.sampled_from([0.0005, 0.05, 0.4]), st.integers(0, 10_000))
def test_claims_hold_whatever_the_unknown_ground_is(seed: int, hidden: float, filling: int) -> None:
    labels = ground(seed, hidden=hidden)
    rng = np.random.default_rng(filling)
    one_class = np.full(labels.shape, rng.choice(LAND_COVER_CODES), dtype=np.uint8)
    mixed = rng.choice(LAND_COVER_CODES, labels.shape).astype(np.uint8)
    some, several = (covered(np.where(labels == 0, fill, labels)) for fill in (one_class, mixed))
    known = covered(labels)
    for fact, claim in truths(known).items():
        assert judge(claim, some) == "true", fact
        assert judge(claim, several) == "true", fact


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_what_is_false_in_part_is_false_as_a_whole(seed: int, draw: int) -> None:
    labels = ground(seed)
    known = covered(np.where(np.random.default_rng(seed).random(labels.shape) < 0.2, 0, labels))
    whole = covered(labels)
    rng = np.random.default_rng(draw)
    for fact in findings(known):
        values = domain(fact).values
        claim = Claim(fact=fact, value=values[rng.integers(len(values))])
        if judge(claim, known) == "false":
            assert judge(claim, whole) != "true", claim


def test_nothing_is_said_of_what_no_layer_tells() -> None:
    record = record_of(Facts())
    assert set(truths(record)) == {"sar.band", "sar.polarisation"}
    for fact in (COUNT, "landcover.main", "land.use", "roads.density", "no.such:fact"):
        assert verdict(record, fact, "trees") == "unknown"


@pytest.mark.parametrize("number", [0, 1, 2, 20])
def test_counts_up_to_twenty_are_exact(number: int) -> None:
    record = record_of(Facts(objects=shipping(*[(0.5, 0.5)] * number)))
    assert truths(record)[COUNT].value == number
    verdicts = {n: verdict(record, COUNT, n) for n in range(25)}
    assert [n for n, told in verdicts.items() if told == "true"] == [number]
    assert "unknown" not in verdicts.values()


def test_larger_counts_are_told_to_a_tenth() -> None:
    record = record_of(Facts(objects=shipping(*[(0.5, 0.5)] * 40)))
    verdicts = {n: verdict(record, COUNT, n) for n in (35, 36, 40, 44, 45)}
    assert verdicts == {35: "false", 36: "true", 40: "true", 44: "true", 45: "false"}


def test_no_ships_only_where_the_whole_chip_was_searched() -> None:
    empty, part = (record_of(Facts(objects=shipping(searched=s))) for s in (1.0, 0.9))
    assert truths(empty)[COUNT].value == 0
    assert truths(empty)["objects.present:ship"].value == "no"
    assert not [fact for fact in truths(part) if "ship" in fact]
    assert verdict(part, "objects.present:ship", "no") == "unknown"


def test_a_search_in_part_tells_how_many_there_are_at_least() -> None:
    record = record_of(Facts(objects=shipping((0.1, 0.1), (0.2, 0.2), searched=0.5)))
    assert truths(record)["objects.least:ship"].value == 2
    assert [verdict(record, COUNT, n) for n in (1, 2, 9)] == ["false", "unknown", "unknown"]
    assert "objects.where:ship" not in truths(record)


def test_an_object_at_the_border_of_sectors_lies_in_both() -> None:
    record = record_of(Facts(objects=shipping((0.34, 0.1))))
    assert truths(record)["objects.at:ship"].value == "left"
    told = {s: verdict(record, "objects.at:ship", s) for s in ("left", "upper left", "top")}
    assert told == {"left": "true", "upper left": "true", "top": "false"}
    inside = [verdict(record, "objects.in_sector:ship@upper left", n) for n in (0, 1, 2)]
    assert inside == ["true", "true", "false"]


def test_the_fullest_sector_has_to_be_the_only_one() -> None:
    tie, clear = (
        record_of(Facts(objects=shipping((0.1, 0.1), (0.9, 0.9), *more)))
        for more in ((), ((0.8, 0.8),))
    )
    assert "objects.where:ship" not in truths(tie)
    assert truths(clear)["objects.where:ship"].value == "lower right"


def test_lengths_are_told_in_metres_where_they_are_known() -> None:
    metres = truths(record_of(Facts(objects=shipping((0.5, 0.5), length_m=183.0, length_px=18.3))))
    assert metres["objects.longest:ship"].value == 180
    assert metres["objects.size:ship"].value == "large"
    assert metres["objects.look:ship"].value == "streaks"
    pixels = truths(record_of(Facts(objects=shipping((0.5, 0.5), length_px=10.0))))
    assert pixels["objects.size_px:ship"].value == "small"
    assert not {"objects.longest:ship", "objects.size:ship"} & pixels.keys()


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Bulk Carrier", "cargo"),
        ("Oil/Chemical Tanker", "tanker"),
        ("Ro-Ro/Passenger Ship", "passenger"),
        ("Law Enforce", "other"),
        ("NA", None),
        (None, None),
    ],
)
def test_categories_of_tables(name: str | None, category: str | None) -> None:
    assert category_of(name) == category


def test_the_cover_of_a_coast() -> None:
    record = blocks("www wbb ttb")
    told = {fact: claim.value for fact, claim in truths(record).items()}
    assert told["landcover.main"] == "open water"
    assert told["landcover.share:open water"] == 45
    assert told["landcover.side:open water"] == "upper third"
    assert told["landcover.sector:right"] == "built-up"
    assert told["landcover.pattern"] == "mixed"
    assert told["landcover.shore"] == "yes"
    assert told["land.use"] == "waterfront"
    assert told["landcover.present:bare"] == "no"
    assert told["sar.contrast:trees@open water"] == "brighter"
    assert told["landcover.second"] == "built-up"
    shares = {v: verdict(record, "landcover.share:open water", v) for v in (39, 40, 49, 50)}
    assert shares == {39: "false", 40: "true", 49: "true", 50: "false"}
    assert "landcover.second" not in truths(blocks("www wwb ttb"))  # as large as each other


def test_a_part_of_the_ground_tells_what_is_there_and_little_more() -> None:
    told = truths(blocks("w-- -t- ---"))
    assert {told[f"landcover.among:{rank}"].value for rank in (1, 2)} == {"open water", "trees"}
    assert not [f for f in told if f.startswith(("landcover.main", "landcover.share", "land.use"))]
    assert verdict(blocks("w-- -t- ---"), "landcover.share:trees", 95) == "false"


def test_regions_come_from_the_cover_around_the_ships() -> None:
    at_sea, at_quay = (
        blocks(rows).facts.model_copy(update={"objects": shipping((0.5, 0.5))})
        for rows in ("www www www", "www bwb bbb")
    )
    assert truths(record_of(at_sea))["objects.region:ship"].value == "open water"
    assert truths(record_of(at_quay))["objects.region:ship"].value == "open water"
    mixed = ground(0)
    mixed[:], mixed[SIDE // 2 :] = 80, 50
    facts = covered(mixed).facts.model_copy(update={"objects": shipping((0.45, 0.5))})
    region = "objects.region:ship"
    assert truths(record_of(facts))[region].value == "built-up shore"
    assert verdict(record_of(facts), region, "shore") == "true"
    assert verdict(record_of(facts), region, "open water") == "false"


def test_maps_and_terrain() -> None:
    named = (
        NamedFact(kind="port", name="Aa", sector="top"),
        NamedFact(kind="river", name="Bo", sector="left"),
    )
    vectors = VectorFacts(
        layer="v", road_km_per_km2=3.0, rail_km=4.2, buildings=0, water_share=0.21, named=named
    )
    terrain = TerrainFacts(layer="t", lowest_m=0, mean_m=204, highest_m=900, slope_deg=14)
    told = truths(record_of(Facts(vectors=vectors, terrain=terrain)))
    values = {fact: claim.value for fact, claim in told.items()}
    assert values["land.use"] == "port"
    assert values["named.where:port"] == "top"
    assert "named.where:river" not in values
    assert values["roads.density"] == "moderate"
    assert values["buildings.number"] == 0
    assert (values["rail.length"], values["water.share"]) == (4, 20)
    assert values["terrain.relief"] == "mountainous"
    assert values["terrain.height"] == 200
    assert values["sar.slopes"] == "foreshortened"
    assert not [fact for fact in values if fact.startswith(("roads.length", "water.length"))]


def test_the_sea_has_no_climate() -> None:
    place = Place(name="A", state=None, country="B", distance_km=3, climate=None)
    assert "place.climate" not in truths(record_of(Facts(), place=place))


def test_numbers_on_a_limit_reach_it_however_they_were_computed() -> None:
    assert reaches(0.3, 0.1 + 0.2)
    assert not reaches(0.3, 0.301)
    share = Measure(("a map",), 30, 100 * 0.29, 100 * 0.29, 5)
    assert [share.verdict(v) for v in (23, 24, 34, 35)] == ["false", "true", "true", "false"]


def test_a_distant_place_tells_only_the_climate() -> None:
    place = Place(name="A", state=None, country="B", distance_km=80, climate="ET")
    told = truths(record_of(Facts(), place=place))
    assert [fact for fact in told if fact.startswith("place.")] == ["place.climate"]


def test_physics_holds_for_the_band_and_the_channels() -> None:
    labels = np.where(np.arange(SIDE)[:, None] < SIDE // 2, 10, 30).repeat(SIDE, 1).astype(np.uint8)
    pair = "sar.contrast:trees@low vegetation"
    cross, like = (covered(labels, polarisations=p) for p in (("VV", "VH"), ("VV",)))
    assert truths(cross)[pair].value == "brighter"
    assert pair not in truths(like)
    assert pair not in truths(covered(labels, platform="TerraSAR-X"))
    deep = truths(covered(labels, platform="AIRSAR"))["sar.scatterers:trees"].value
    assert deep == "branches and trunks"
    assert "sar.scatterers:trees" not in truths(covered(labels, platform=None))
    assert verdict(cross, "sar.mechanism:open water", "mirror reflection") == "false"


def test_nothing_is_said_of_polarisations_that_nobody_told() -> None:
    labels = np.full((SIDE, SIDE), 10, dtype=np.uint8)
    labels[: SIDE // 2] = 30
    record = covered(labels, polarisation_known=False)
    told = truths(record)
    assert told["sar.band"].value == "C"
    assert "sar.polarisation" not in told
    assert "sar.contrast:trees@low vegetation" not in told
    # Should a language model name them, its sentence is dropped.
    assert verdict(record, "sar.polarisation", "VV and VH") == "false"
    text = " ".join(write(record, np.random.default_rng(seed)).detailed for seed in range(10))
    assert not re.search(r"\b(VV|VH|HH|HV)\b|polari", text)


def test_the_table_of_facts_names_every_family_with_its_kind() -> None:
    rows = re.findall(r"^([a-z]+\.[a-z_]+)\S* +(\w+) ", domains.__doc__ or "", re.MULTILINE)
    assert dict(rows) == {family: domain(family).kind for family in domains.FAMILIES}


def test_a_fact_of_no_family_is_unknown() -> None:
    with pytest.raises(KeyError):
        domain("no.such")
