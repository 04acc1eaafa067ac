"""Objects and what was dropped of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sargeo.mapping.candidates import CandidateCounter
from sargeo.mapping.object_filters import Sifting
from sargeo.tiling.detections import Detections
from sargeo.tiling.mosaic import StripeResult
from sargeo.tiling.objects import merge_across_seams


def result(rows: list[tuple[float, float, int]], outside: list[float]) -> StripeResult:
    """A stripe of objects by (column, confidence, owner), 12 pixels long, and others outside."""
    col = np.array([r[0] for r in rows], dtype=float)
    confidence = np.array([r[1] for r in rows], dtype=np.float32)
    size = np.full(len(rows), 12, dtype=np.float32)
    kind = np.zeros(len(rows), dtype=np.int64)
    detections = Detections(np.zeros(len(rows)), col, size, size, size, confidence, kind)
    owner = np.array([r[2] for r in rows], dtype=np.int64)
    nothing = np.zeros((0, 0), dtype=bool)
    return StripeResult(None, None, 0, nothing, detections, owner, np.array(outside, np.float32))


def test_every_object_is_accounted_for() -> None:
    counter = CandidateCounter(0.5)
    counter.add(result([(0, 0.9, 1), (3, 0.8, 2), (100, 0.2, 2)], [0.6, 0.1]))
    counter.add(result([(50, 0.5, 3)], []))
    found = counter.merge((1, 1))
    assert found.proposed == 6
    assert found.dropped == {"below_confidence": 2, "outside": 1, "seen_twice": 1}
    assert sorted(found.detections.col) == [0, 50]


def test_no_stripe_is_no_object() -> None:
    found = CandidateCounter(0.5).merge((1, 1))
    assert (len(found.detections), found.proposed, sum(found.dropped.values())) == (0, 0, 0)


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 99), st.integers(0, 3)),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 99),
)
def test_the_threshold_may_come_before_merging(
    rows: list[tuple[int, int, int]], least: int
) -> None:
    stripe = result([(c, p / 100, o) for c, p, o in rows], [])
    counter = CandidateCounter(least / 100)
    counter.add(stripe)
    early = counter.merge((1, 1))
    merged = merge_across_seams(stripe.detections, stripe.owner, (1, 1))
    late = merged.take(merged.confidence >= least / 100)
    np.testing.assert_array_equal(early.detections.col, late.col)
    assert early.proposed - sum(early.dropped.values()) == len(late)


def test_a_filter_counts_only_what_the_others_left() -> None:
    sifting = Sifting.of(4)
    sifting.drop("shorter", np.array([True, True, False, False]))
    sifting.drop("excluded", np.array([True, False, True, False]))
    sifting.drop("on_land", np.zeros(4, dtype=bool))
    assert sifting.dropped == {"shorter": 2, "excluded": 1, "on_land": 0}
    assert sifting.kept.tolist() == [False, False, False, True]


@pytest.mark.parametrize("count", [0, 3])
def test_without_a_filter_all_is_kept(count: int) -> None:
    assert Sifting.of(count).kept.sum() == count
