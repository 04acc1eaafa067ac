"""Records of made-up ground, whose truth is at hand: every kind of fact known, in part or not."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from sargeo.legend import LAND_COVER_CODES
from sargeo.scene.bands import Polarisation
from sargeo_training.data.chip import BandRecord, Place, Record
from sargeo_training.data.chips.evidence.landcover import landcover_facts
from sargeo_training.data.facts import (
    SECTORS,
    Facts,
    NamedFact,
    ObjectFact,
    ObjectFacts,
    TerrainFacts,
    VectorFacts,
)

SIDE = 36
PLATFORMS = ("Sentinel-1", "TerraSAR-X", "AIRSAR", "simulated", None)


def ground(seed: int, *, hidden: float = 0.0) -> NDArray[np.uint8]:
    """Return made-up labels, shape (36, 36), with about a share of them unknown (0)."""
    rng = np.random.default_rng(seed)
    labels = np.full((SIDE, SIDE), rng.choice(LAND_COVER_CODES), dtype=np.uint8)
    for _ in range(rng.integers(0, 7)):
        row, col, height, width = rng.integers(0, SIDE, size=4)
        labels[row : row + height + 1, col : col + width + 1] = rng.choice(LAND_COVER_CODES)
    labels[rng.random(labels.shape) < hidden] = 0
    return labels


def record_of(facts: Facts, **changes: Any) -> Record:
    """Return a record of a chip of Sentinel-1."""
    bands = tuple(
        BandRecord(polarisation=p, quantity="sigma0", scale="linear")
        for p in changes.pop("polarisations", ("VV", "VH"))
    )
    given = {
        "id": "made",
        "source": "made",
        "scene": "made",
        "licence": "none",
        "split": "train",
        "platform": "Sentinel-1",
        "bands": bands,
        "shape": (SIDE, SIDE),
        "facts": facts,
        "references": (1.0,) * len(bands),
    }
    return Record(**{**given, **changes})


def covered(labels: NDArray[np.uint8], **changes: Any) -> Record:
    """Return a record of which the land cover alone is known."""
    cover = landcover_facts(labels, np.ones(labels.shape, dtype=bool), "a map")
    return record_of(Facts(landcover=cover), **changes)


def shipping(*places: tuple[float, float], searched: float = 1.0, **attributes: Any) -> ObjectFacts:
    """Return facts of ships at places of the chip, all of them alike."""
    items = (ObjectFact(kind="ship", row=row, col=col, **attributes) for row, col in places)
    return ObjectFacts(layer="a table of ships", searched=searched, items=tuple(items))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return values that may not be known."""
    return st.none() | values


unit = st.floats(0, 1)
ships = st.builds(
    ObjectFact,
    kind=st.just("ship"),
    row=unit,
    col=unit,
    length_m=maybe(st.floats(5, 400)),
    length_px=maybe(st.floats(1, 200)),
    category=maybe(st.sampled_from(["Cargo", "Crude Oil Tanker", "NA", "Tug", "Research vessel"])),
)
objects = st.builds(
    ObjectFacts,
    layer=st.just("a table of ships"),
    searched=st.sampled_from([0.4, 1.0, 1.0]),
    items=st.lists(ships, max_size=30).map(tuple),
)
vectors = st.builds(
    VectorFacts,
    layer=st.just("a vector map"),
    road_km=maybe(st.floats(0, 300)),
    road_km_per_km2=maybe(st.floats(0, 30)),
    buildings=maybe(st.integers(0, 30000)),
    building_share=maybe(unit),
    rail_km=maybe(st.floats(0, 80)),
    water_km=maybe(st.floats(0, 50)),
    water_share=maybe(unit),
    named=st.lists(
        st.builds(
            NamedFact,
            kind=st.sampled_from(["port", "airport", "river", "water body"]),
            name=st.sampled_from(["Aa [north]", "Port of Be", "Ceva"]),
            sector=st.sampled_from(SECTORS),
        ),
        max_size=4,
    ).map(tuple),
)
terrains = st.tuples(*[st.floats(-30, 3000)] * 3, st.floats(0, 40)).map(
    lambda told: TerrainFacts(
        layer="a terrain model",
        **dict(zip(("lowest_m", "mean_m", "highest_m"), sorted(told[:3]), strict=True)),
        slope_deg=told[3],
    )
)
covers = st.builds(
    lambda seed, hidden: landcover_facts(
        ground(seed, hidden=hidden), np.ones((SIDE, SIDE), dtype=bool), "a land cover map"
    ),
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.0, 0.0005, 0.02, 0.3, 0.9]),
)
places = st.builds(
    Place,
    name=st.sampled_from(["Long Beach", "Ås"]),
    state=maybe(st.just("California")),
    country=st.just("United States"),
    distance_km=st.floats(0, 60),
    climate=st.sampled_from(["Csb", "ET", None]),
)
records = st.builds(
    record_of,
    st.builds(
        Facts,
        landcover=maybe(covers),
        objects=maybe(objects),
        vectors=maybe(vectors),
        terrain=maybe(terrains),
    ),
    platform=st.sampled_from(PLATFORMS),
    polarisations=st.lists(
        st.sampled_from(get_args(Polarisation)), min_size=1, max_size=4, unique=True
    ).map(tuple),
    place=maybe(places),
    incidence_deg=maybe(st.floats(20, 50)),
    gsd_m=maybe(st.tuples(st.floats(1, 40), st.floats(1, 40))),
    extent_m=maybe(st.floats(200, 20000)),
)
"""Records of which anything may be known or not."""
