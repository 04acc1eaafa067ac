"""Intervals cover the truth as often as they say, and are left out where there is too little."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from sargeo.evaluation.accuracy import bootstrap_intervals, stratified_accuracy
from sargeo.evaluation.intervals import bootstrap, poisson_interval


def mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    found = [bootstrap(list(rng.normal(0, 1, 40)), mean) for _ in range(60)]
    assert 50 <= sum(f.low <= 0 <= f.high for f in found) <= 60


def test_two_groups_are_too_few_for_an_interval() -> None:
    found = bootstrap([1.0, 2.0, 3.0, 4.0], mean, np.array([0, 1, 0, 1]))
    assert found.value == 2.5
    assert np.isnan([found.low, found.high]).all()


def test_groups_are_drawn_whole() -> None:
    alike = [0.0] * 10 + [1.0] * 10 + [2.0] * 10
    groups = np.repeat([0, 1, 2], 10)
    together, apart = bootstrap(alike, mean, groups), bootstrap(alike, mean)
    assert (together.low, together.high) == (0, 2)
    assert apart.high - apart.low < 0.7


def test_draws_that_say_nothing_are_left_out() -> None:
    def right(counts: list[tuple[int, int]]) -> float:
        hits, asked = np.sum(counts, axis=0)
        return hits / asked if asked else math.nan

    found = bootstrap([(1, 1)] * 3 + [(0, 0)] * 20, right)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    nothing = bootstrap([(0, 0)] * 5, right)
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()


def test_two_images_that_say_anything_are_too_few_among_many() -> None:
    """Ships in two of 22 images: percentiles would be those of two."""
    ships = [[1.0], [0.0], *[[]] * 20]
    found = bootstrap(ships, lambda v: mean(np.concatenate(v)) if any(v) else math.nan)
    assert found.value == 0.5
    assert np.isnan([found.low, found.high]).all()


def test_accuracy_of_polygons_has_the_intervals_of_the_bootstrap() -> None:
    clusters = np.random.default_rng(1).integers(0, 9, (12, 3, 3))
    area = np.array([1.0, 2.0, 3.0])
    in_one_go = bootstrap_intervals(clusters, area)
    one = bootstrap(list(clusters), lambda c: stratified_accuracy(np.sum(c, axis=0), area).overall)
    assert in_one_go.overall == one
    last = bootstrap(list(clusters), lambda c: stratified_accuracy(np.sum(c, axis=0), area).area[2])
    assert in_one_go.area[2] == last


def test_a_class_of_two_polygons_has_no_interval() -> None:
    clusters = np.zeros((9, 2, 2), dtype=np.int64)
    clusters[:, 0, 0] = 10
    clusters[:2, 1, 1] = 5
    clusters[2, 0, 1] = 5
    found = bootstrap_intervals(clusters, np.array([1.0, 2.0]))
    assert np.isfinite([found.users[0].low, found.producers[0].low, found.overall.low]).all()
    assert math.isnan(found.users[1].low)  # the map has the second class in two polygons
    assert math.isfinite(found.producers[1].low)  # and the reference in three


@pytest.mark.parametrize("polygons", [1, 2])
def test_accuracy_of_one_or_two_polygons_has_no_interval(polygons: int) -> None:
    clusters = np.random.default_rng(1).integers(1, 9, (polygons, 3, 3))
    found = bootstrap_intervals(clusters, np.array([1.0, 2.0, 3.0]))
    for estimate in (found.overall, *found.users, *found.producers, *found.area):
        assert math.isfinite(estimate.value)
        assert np.isnan([estimate.low, estimate.high]).all()


def test_poisson_interval_is_that_of_the_tables() -> None:
    none, ten = poisson_interval(0), poisson_interval(10)
    assert (none.value, none.low, none.high) == pytest.approx((0, 0, 3.689), abs=1e-3)
    assert (ten.value, ten.low, ten.high) == pytest.approx((10, 4.795, 18.390), abs=1e-3)
