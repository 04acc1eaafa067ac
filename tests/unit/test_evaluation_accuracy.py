"""Estimates of accuracy and area against a published example and cases that a hand can check."""

from __future__ import annotations

import numpy as np
import pytest

from sargeo.evaluation.accuracy import bootstrap_intervals, normal_intervals, stratified_accuracy

# Olofsson et al. (2014), section 5 and table 8: deforestation, forest gain, stable forest, stable
# non-forest. Areas in pixels of 30 m.
CONFUSION = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
PIXELS = np.array([200_000, 150_000, 3_200_000, 6_450_000], dtype=float)
HECTARES = 0.09


def test_olofssons_worked_example() -> None:
    found = stratified_accuracy(CONFUSION, PIXELS)
    assert found.overall == pytest.approx(0.95, abs=0.005)
    assert 1.96 * found.overall_error == pytest.approx(0.02, abs=0.005)
    np.testing.assert_allclose(found.users, [0.88, 0.73, 0.93, 0.96], atol=0.005)
    np.testing.assert_allclose(1.96 * found.users_error, [0.07, 0.10, 0.04, 0.02], atol=0.005)
    np.testing.assert_allclose(found.producers, [0.75, 0.85, 0.93, 0.96], atol=0.005)
    np.testing.assert_allclose(1.96 * found.producers_error[:2], [0.21, 0.25], atol=0.005)
    np.testing.assert_allclose(found.area * HECTARES, [21_158, 11_686, 285_770, 581_386], atol=0.5)
    np.testing.assert_allclose(
        1.96 * found.area_error * HECTARES, [6_158, 3_756, 15_510, 16_282], atol=0.5
    )


def test_a_perfect_map_is_certain() -> None:
    found = normal_intervals(np.diag([10, 20, 30]), np.array([1.0, 2.0, 3.0]))
    for estimate in (found.overall, *found.users, *found.producers):
        assert (estimate.value, estimate.low, estimate.high) == (1, 1, 1)
    assert [a.value for a in found.area] == pytest.approx([1, 2, 3])


def test_intervals_stay_within_what_is_possible() -> None:
    found = normal_intervals(np.array([[3, 1], [0, 4]]), np.array([1.0, 1.0]))
    for estimate in (found.overall, *found.users, *found.producers):
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert all(a.high <= 2 for a in found.area)


def test_a_class_without_samples_is_left_out() -> None:
    with_empty = stratified_accuracy(
        np.array([[8, 2, 0], [1, 9, 0], [0, 0, 0]]), np.array([1.0, 3.0, 5.0])
    )
    without = stratified_accuracy(np.array([[8, 2], [1, 9]]), np.array([1.0, 3.0]))
    assert with_empty.overall == pytest.approx(without.overall)
    assert with_empty.overall_error == pytest.approx(without.overall_error)
    np.testing.assert_allclose(with_empty.producers[:2], without.producers)
    np.testing.assert_allclose(with_empty.area[:2], without.area)
    assert np.isnan([with_empty.users[2], with_empty.producers[2]]).all()


def test_one_sample_tells_no_interval() -> None:
    found = normal_intervals(np.array([[1, 0], [1, 9]]), np.array([1.0, 1.0]))
    assert found.users[0].value == 1
    assert np.isnan(found.users[0].low)


def test_polygons_are_less_certain_than_their_pixels() -> None:
    """Whole polygons are right or wrong together: pixels taken as independent would look sure."""
    right, wrong = np.array([[100, 0], [0, 100]]), np.array([[0, 100], [100, 0]])
    clusters = np.stack([right] * 8 + [wrong] * 2)
    area = np.array([1.0, 1.0])
    apart = normal_intervals(clusters.sum(axis=0), area).overall
    together = bootstrap_intervals(clusters, area).overall
    assert together.value == pytest.approx(apart.value) == pytest.approx(0.8)
    # Of ten polygons, the share has a standard error of sqrt(0.8 * 0.2 / 10).
    assert together.high - together.low == pytest.approx(2 * 1.96 * 0.1265, rel=0.2)
    assert together.high - together.low > 5 * (apart.high - apart.low)


def test_the_bootstrap_is_repeatable() -> None:
    clusters = np.random.default_rng(0).integers(0, 9, (12, 3, 3))
    area = np.array([1.0, 2.0, 3.0])
    assert bootstrap_intervals(clusters, area) == bootstrap_intervals(clusters, area)


def test_a_class_that_the_map_nowhere_has_is_shown_by_nothing() -> None:
    """None of its ten samples: not unknown, but nought."""
    confusion = np.array([[20, 10], [0, 0]])
    found = normal_intervals(confusion, np.array([5.0, 0.0])).producers[1]
    assert (found.value, found.low, found.high) == (0, 0, 0)
    drawn = bootstrap_intervals(np.stack([confusion] * 4), np.array([5.0, 0.0])).producers[1]
    assert drawn.value == 0


def test_a_class_of_the_map_without_samples_stays_unknown() -> None:
    confusion = np.array([[20, 10], [0, 0]])
    assert np.isnan(stratified_accuracy(confusion, np.array([5.0, 5.0])).producers[1])
