"""Precision and recall of objects."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from support.products import grid_at, ships_at, write_products

from sargeo.errors import ReferenceDataError, UsageError
from sargeo.evaluation.matching import assess_objects, match

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


def test_as_many_pairs_as_possible_come_before_short_ones() -> None:
    """The middle one could take its nearest neighbour, and leave the other two alone."""
    lonlat = np.array([[0.0, 0.0], [0.0015, 0.0]])
    shifted = np.array([[0.001, 0.0], [0.0025, 0.0]])
    pairs, _ = match(lonlat, shifted, 150)
    assert sorted(map(tuple, pairs.tolist())) == [(0, 0), (1, 1)]


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


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 9))
def test_numbers_add_up(m: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    reference, product = rng.uniform(0, 0.02, (m, 2)), rng.uniform(0, 0.02, (n, 2))
    pairs, distances = match(reference, product, 300)
    assert len(set(pairs[:, 0])) == len(set(pairs[:, 1])) == len(pairs) == len(distances)
    assert (distances <= 300).all()
    back, _ = match(product, reference, 300)
    assert len(back) == len(pairs)


def test_bad_input_is_refused() -> None:
    with pytest.raises(UsageError, match="tolerance"):
        assess_objects(places((0, 0)), places((0, 0)), tolerance_m=0)
    with pytest.raises(ReferenceDataError, match="no CRS"):
        assess_objects(places((0, 0)).set_crs(None, allow_override=True), places((0, 0)))
