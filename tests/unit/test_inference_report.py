"""What reports have in common, and the order of their keys in JSON, which programs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from sargeo.inference.report import Effort, RunReport
from sargeo.language.classification import ClassificationReport
from sargeo.language.embedding import EmbeddingReport
from sargeo.language.retrieval import SearchReport
from sargeo.mapping import MapReport
from sargeo.mapping import RunReport as FormerName

EFFORT: Effort = {
    "model": "stub",
    "device": "cpu",
    "seconds": {"read": 0.5},
    "mpx_per_s": 1.5,
    "peak_memory_bytes": 7,
}
AREAS: dict[str, Any] = {
    "products": (Path("a.tif"), Path("b.gpkg")),
    "valid_share": 0.5,
    "class_shares": {"trees": 1.0},
    "class_areas_km2": {"trees": 2.0},
}


@pytest.mark.parametrize(
    ("report", "keys"),
    [
        (
            MapReport(
                objects=3, objects_proposed=9, objects_dropped={"outside": 6}, **AREAS, **EFFORT
            ),
            "products objects objects_proposed objects_dropped valid_share class_shares "
            "class_areas_km2",
        ),
        (
            EmbeddingReport(products=AREAS["products"], dimensions=8, valid_share=1.0, **EFFORT),
            "products dimensions valid_share",
        ),
        (
            ClassificationReport(**AREAS, **EFFORT),
            "products valid_share class_shares class_areas_km2",
        ),
    ],
    ids=["map", "embed", "classify"],
)
def test_what_was_found_comes_before_what_it_took(report: RunReport, keys: str) -> None:
    facts = report.to_dict()
    assert list(facts) == [*keys.split(), *EFFORT]
    assert facts["products"] == ["a.tif", "b.gpkg"]
    assert {name: facts[name] for name in EFFORT} == EFFORT
    assert json.loads(json.dumps(facts)) == facts


@pytest.mark.parametrize("output", [None, Path("places.gpkg")])
def test_places_are_told_without_their_outlines(output: Path | None) -> None:
    places = gpd.GeoDataFrame({"text": ["ships"], "rank": [1]}, geometry=[box(0, 0, 1, 1)])
    facts = SearchReport(places=places, output=output, **EFFORT).to_dict()
    assert list(facts) == ["places", "output", *EFFORT]
    assert facts["places"] == [{"text": "ships", "rank": 1}]
    assert facts["output"] == (None if output is None else "places.gpkg")


def test_the_report_of_a_map_keeps_the_name_that_users_know() -> None:
    assert FormerName is MapReport
