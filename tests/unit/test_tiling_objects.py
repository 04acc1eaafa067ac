"""Duplicates at seams are merged; neighbours are not."""

from __future__ import annotations

import numpy as np

from sargeo.tiling.detections import Detections
from sargeo.tiling.objects import merge_across_seams


def table(*rows: tuple[float, float, float, float]) -> Detections:
    """Rows of (row, col, length, confidence)."""
    row, col, length, confidence = (np.array(c, dtype=float) for c in zip(*rows, strict=True))
    sides = [length.astype(np.float32)] * 3
    kind = np.zeros(len(row), dtype=np.int64)
    return Detections(row, col, *sides, confidence.astype(np.float32), kind)


def merge(detections: Detections, owner: list[int], spacing=(1.0, 1.0)) -> list[float]:
    merged = merge_across_seams(detections, np.array(owner), spacing)
    return [round(float(c), 3) for c in merged.confidence]


def test_the_weaker_of_two_windows_is_dropped() -> None:
    assert merge(table((10, 99.5, 12, 0.4), (10, 100.5, 12, 0.9)), [0, 1]) == [0.9]


def test_one_window_is_trusted_to_tell_neighbours_apart() -> None:
    assert merge(table((10, 99.5, 12, 0.4), (10, 100.5, 12, 0.9)), [3, 3]) == [0.9, 0.4]


def test_ships_further_apart_than_half_a_length_stay_two() -> None:
    assert merge(table((10, 90, 12, 0.4), (10, 97, 12, 0.9)), [0, 1]) == [0.9, 0.4]


def test_distances_are_measured_on_the_ground() -> None:
    close_in_rows = table((10, 50, 20, 0.4), (17, 50, 20, 0.9))
    assert merge(close_in_rows, [0, 1], spacing=(1.0, 1.0)) == [0.9]
    assert merge(close_in_rows, [0, 1], spacing=(4.0, 0.25)) == [0.9, 0.4]


def test_a_dropped_detection_drops_no_other() -> None:
    chain = table((0, 0, 12, 0.9), (0, 5, 12, 0.8), (0, 10, 12, 0.7))
    assert merge(chain, [0, 1, 2]) == [0.9, 0.7]


def test_order_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    rows = rng.random((50, 4)) * [40, 40, 10, 1]
    owner = rng.integers(0, 4, 50)
    shuffled = rng.permutation(50)
    straight = merge_across_seams(table(*rows), owner, (1, 1))
    other = merge_across_seams(table(*rows[shuffled]), owner[shuffled], (1, 1))
    np.testing.assert_array_equal(straight.row, other.row)


def test_no_objects() -> None:
    assert len(merge_across_seams(Detections.empty(), np.zeros(0, np.int64), (1, 1))) == 0


def test_neighbours_of_one_window_stay_two_whatever_another_window_saw() -> None:
    found = table((10, 99.5, 12, 0.4), (10, 100.5, 12, 0.9), (300, 300, 12, 0.7))
    assert merge(found, [3, 3, 4]) == [0.9, 0.7, 0.4]
