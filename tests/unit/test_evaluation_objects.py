"""Precision and recall of objects."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod
from support.products import grid_at, ships_at, write_products

from sargeo.errors import ReferenceDataError, UsageError
from sargeo.evaluation.objects import assess_objects

EQUATOR_DEGREE_M = 111_319.49


def places(*lonlat: tuple[float, float], **columns: list[object]) -> gpd.GeoDataFrame:
    lon, lat = zip(*lonlat, strict=True)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def test_a_reference_agrees_with_itself() -> None:
    found = assess_objects(places((0, 0), (1, 1)), places((1, 1), (0, 0)), tolerance_m=10)
    assert (found.matched, found.missed, found.wrong, found.ignored) == (2, 0, 0, 0)
    assert (found.precision, found.recall, found.f1) == (1, 1, 1)
    assert found.median_distance_m == 0


def test_pairs_are_one_to_one_and_counted() -> None:
    # Two found beside one wanted, one wanted far from everything.
    found = assess_objects(
        places((0, 0), (5, 5)), places((0.0005, 0), (0.001, 0), (9, 9)), tolerance_m=200
    )
    assert (found.matched, found.missed, found.wrong) == (1, 1, 2)
    assert found.precision == pytest.approx(1 / 3)
    assert found.recall == 0.5
    assert found.f1 == pytest.approx(2 / 5)
    assert found.median_distance_m == pytest.approx(0.0005 * EQUATOR_DEGREE_M, rel=1e-4)


def test_the_more_confident_takes_its_turn_first() -> None:
    """Both are within reach of the first object, and only the eastern one of the second."""
    reference = places((0, 0), (0.0025, 0))
    for confidence, matched in (([0.9, 0.8], 2), ([0.8, 0.9], 1)):
        product = places((-0.0002, 0), (0.001, 0), confidence=confidence)
        found = assess_objects(reference, product, tolerance_m=120)
        assert (found.matched, found.wrong) == (1, 1), confidence
        found = assess_objects(reference, product, tolerance_m=170)
        assert (found.matched, found.wrong) == (matched, 2 - matched), confidence


def test_without_numbers_for_confidence_the_nearest_pair_comes_first() -> None:
    reference = places((0, 0), (0.0025, 0))
    for columns in ({}, {"confidence": ["high", "low"]}, {"confidence": [None, None]}):
        for lonlat in (((-0.0002, 0), (0.001, 0)), ((0.001, 0), (-0.0002, 0))):
            found = assess_objects(reference, places(*lonlat, **columns), tolerance_m=170)
            assert (found.matched, found.median_distance_m) == (2, pytest.approx(94.6, abs=0.5))


def test_what_lies_on_an_object_is_the_object() -> None:
    """A detection 167 m from the middle of a ship of 340 m, and one as far from a shorter one."""
    reference = places((0, 0), (1, 0), length_m=[340.0, 320.0])
    found = assess_objects(reference, places((0.0015, 0), (1.0015, 0)), tolerance_m=50)
    assert (found.matched, found.missed, found.wrong) == (1, 1, 1)
    unknown = places((0, 0), (1, 0), length_m=["long", None])
    assert assess_objects(unknown, places((0.0015, 0)), tolerance_m=50).matched == 0


def test_the_tolerance_is_geodesic_and_crosses_the_antimeridian() -> None:
    west, south, _ = Geod(ellps="WGS84").fwd(179.9999, 70, 60, 100)
    assert west < 0
    for tolerance_m, matched in ((99, 0), (101, 1)):
        found = assess_objects(places((179.9999, 70)), places((west, south)), tolerance_m)
        assert found.matched == matched


def test_doubtful_objects_are_ignored_either_way() -> None:
    reference = places((0, 0), (1, 0), (2, 0), uncertain=[False, True, True])
    # The first is found, the second too, the third is not.
    found = assess_objects(reference, places((0, 0), (1, 0)), tolerance_m=100)
    assert (found.matched, found.missed, found.wrong, found.ignored) == (1, 0, 0, 2)
    assert (found.precision, found.recall) == (1, 1)


def test_what_the_scene_did_not_see_is_not_missed(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (200, 200))
    codes = np.full(grid.shape, 80, np.uint8)
    codes[:, 100:] = 0
    ships = ships_at(np.array([20.0]), np.array([20.0]))
    paths = write_products(tmp_path, grid, codes, ships)
    xs, ys = grid.xy([20, 20, 20], [20, 180, 900])  # seen, nodata, outside
    reference = gpd.GeoDataFrame(geometry=gpd.points_from_xy(xs, ys), crs=grid.crs).to_crs(4326)
    found = assess_objects(reference, paths.objects, tolerance_m=50)
    assert (found.matched, found.missed, found.ignored) == (1, 0, 2)
    # A table in memory has no scene: all of the reference is asked for.
    alone = assess_objects(reference, gpd.read_file(paths.objects, layer="objects"), 50)
    assert (alone.matched, alone.missed, alone.ignored) == (1, 2, 0)


def test_nothing_against_nothing_says_nothing() -> None:
    empty = gpd.GeoDataFrame(geometry=[], crs=4326)
    facts = assess_objects(empty, empty).to_dict()
    assert (facts["precision"], facts["recall"], facts["f1"]) == (None, None, None)
    assert assess_objects(empty, places((0, 0))).precision == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(UsageError, match="tolerance"):
        assess_objects(places((0, 0)), places((0, 0)), tolerance_m=0)
    with pytest.raises(ReferenceDataError, match="no CRS"):
        assess_objects(places((0, 0)).set_crs(None, allow_override=True), places((0, 0)))
