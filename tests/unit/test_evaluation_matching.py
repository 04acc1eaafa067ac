"""Detections are matched one to one, by confidence and then by distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sargeo.evaluation.matching import (
    ObjectCounts,
    Pairs,
    match,
    near_on_earth,
    near_on_grid,
    overlapping,
    reach,
)

NOWHERE = np.zeros((0, 2))


def pairs_of(found: Pairs) -> set[tuple[int, int]]:
    return set(zip(found.detections.tolist(), found.objects.tolist(), strict=True))


def test_the_nearest_free_object_is_taken_by_falling_confidence() -> None:
    detections, objects = np.array([[0.0, 4], [0, 1]]), np.array([[0.0, 2], [0, 9]])
    near = near_on_grid(detections, objects, reach(5.0, np.array([np.nan, np.nan])))
    assert pairs_of(near) == {(0, 0), (0, 1), (1, 0)}
    # The second is nearer to the first object; the first may have it all the same, being surer.
    assert pairs_of(match(near, np.array([0.9, 0.8]))) == {(0, 0)}
    assert pairs_of(match(near, np.array([0.8, 0.9]))) == {(0, 1), (1, 0)}
    assert pairs_of(match(near, np.array([0.5, 0.5]))) == {(0, 1), (1, 0)}


def test_reach_is_the_tolerance_or_half_the_length() -> None:
    assert reach(6.0, np.array([40.0, 4.0, np.nan])).tolist() == [20, 6, 6]


def test_boxes_are_near_by_what_they_share() -> None:
    # Shifted by a quarter of their height: 6 of 10 rows are common.
    boxes = np.array([[10.0, 10, 8, 8]])
    shifted = np.array([[12.0, 10, 8, 8], [40, 40, 8, 8]])
    found = overlapping(shifted, boxes, 0.6)
    assert pairs_of(found) == {(0, 0)}
    assert found.distance == pytest.approx([0.4])
    assert not pairs_of(overlapping(shifted, boxes, 0.61))


def test_nothing_is_near_nothing() -> None:
    for near in (
        near_on_grid(NOWHERE, np.zeros((2, 2)), np.ones(2)),
        near_on_earth(np.zeros((2, 2)), NOWHERE, np.ones(0)),
        overlapping(np.zeros((0, 4)), np.ones((2, 4)), 0.5),
    ):
        assert not pairs_of(match(near, np.zeros(2)))


def test_counts_by_hand() -> None:
    both = ObjectCounts(1, 2, 1) + ObjectCounts(0, 0, 1)
    assert both == ObjectCounts(matched=1, wrong=2, missed=2)
    assert both.precision == pytest.approx(1 / 3)
    assert both.recall == pytest.approx(1 / 3)
    assert both.f1 == pytest.approx(2 / 6)
    assert np.isnan([ObjectCounts().precision, ObjectCounts().recall, ObjectCounts().f1]).all()


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 9))
def test_matches_are_one_to_one_and_of_any_order(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    detections, objects = rng.uniform(0, 0.02, (n, 2)), rng.uniform(0, 0.02, (m, 2))
    confidence = rng.integers(0, 3, n) / 2  # many are equal
    found = match(near_on_earth(detections, objects, np.full(m, 300.0)), confidence)
    pairs = pairs_of(found)
    assert len(set(found.detections)) == len(set(found.objects)) == len(pairs)
    assert (found.distance <= 300).all()
    left = near_on_earth(detections, objects, np.full(m, 300.0))
    free = ~np.isin(left.detections, found.detections) & ~np.isin(left.objects, found.objects)
    assert not free.any()
    turned, mixed = rng.permutation(n), rng.permutation(m)
    other = match(
        near_on_earth(detections[turned], objects[mixed], np.full(m, 300.0)), confidence[turned]
    )
    back = {(int(turned[d]), int(mixed[o])) for d, o in pairs_of(other)}
    assert back == pairs


@given(st.integers(0, 9))
def test_a_threshold_cuts_the_matches_off(seed: int) -> None:
    """What is less confident changes nothing: thresholds are points of one curve."""
    rng = np.random.default_rng(seed)
    detections, objects = rng.uniform(0, 30, (25, 2)), rng.uniform(0, 30, (15, 2))
    confidence = rng.random(25)
    near = near_on_grid(detections, objects, np.full(15, 6.0))
    whole = match(near, confidence)
    for least in (0.25, 0.5, 0.75):
        above = near.take(confidence[near.detections] >= least)
        kept = {(d, o) for d, o in pairs_of(whole) if confidence[d] >= least}
        assert pairs_of(match(above, confidence)) == kept
