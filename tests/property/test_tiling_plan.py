"""Reads cover the scene, cores partition it, whatever the sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sargeo.tiling.plan import count_windows, plan_stripes, plan_windows

SIZES = st.one_of(st.integers(1, 200), st.sampled_from([31, 32, 33, 1001, 10_000]))


@st.composite
def plans(draw: st.DrawFn) -> tuple[tuple[int, int], int, int, int]:
    stride = draw(st.sampled_from([1, 2, 4]))
    patch = draw(st.integers(2, 10)) * stride
    margin = draw(st.integers(0, (patch // stride - 1) // 2)) * stride
    rows = draw(SIZES)
    cols = draw(st.integers(1, 200 if rows <= 200 else 20))  # not a million windows
    return (rows, cols), patch, margin, stride


@given(plans())
@settings(max_examples=60, deadline=None)
def test_reads_cover_and_cores_partition(plan: tuple[tuple[int, int], int, int, int]) -> None:
    shape, patch, margin, stride = plan
    windows = plan_windows(shape, patch=patch, margin=margin, output_stride=stride)
    owners = np.zeros(shape, dtype=int)
    for window in windows:
        owners[window.core.slices()] += 1
        assert window.read.row <= window.core.row
        assert window.core.row_stop <= window.read.row_stop
        assert window.read.col <= window.core.col
        assert window.core.col_stop <= window.read.col_stop
        assert window.read.row % stride == window.read.col % stride == 0
        assert window.read.row_stop < shape[0] + stride
        assert window.read.col_stop < shape[1] + stride
        assert window.read.height <= patch
        assert window.read.width <= patch
    assert (owners == 1).all()
    assert [w.index for w in windows] == list(range(len(windows)))
    assert len({(w.read.height, w.read.width) for w in windows}) == 1


@given(plans())
@settings(max_examples=30, deadline=None)
def test_inner_borders_keep_their_margin(plan: tuple[tuple[int, int], int, int, int]) -> None:
    shape, patch, margin, stride = plan
    for window in plan_windows(shape, patch=patch, margin=margin, output_stride=stride):
        if window.read.row > 0:
            assert window.core.row - window.read.row >= margin
        if window.read.row_stop < shape[0]:
            assert window.read.row_stop - window.core.row_stop >= margin


@given(plans())
@settings(max_examples=30, deadline=None)
def test_stripes_hold_all_windows_in_order(plan: tuple[tuple[int, int], int, int, int]) -> None:
    shape, patch, margin, stride = plan
    windows = plan_windows(shape, patch=patch, margin=margin, output_stride=stride)
    stripes = plan_stripes(windows)
    down, across = count_windows(shape, patch=patch, margin=margin, output_stride=stride)
    assert [len(stripe.windows) for stripe in stripes] == [across] * down
    assert tuple(w for s in stripes for w in s.windows) == windows
    assert [s.index for s in stripes] == list(range(len(stripes)))


def test_the_published_rule() -> None:
    n, patch, margin = 1001, 256, 32
    starts = [*range(0, n - patch, patch - 2 * margin), n - patch]
    cuts = [0, *(s + margin for s in starts[1:]), n]
    windows = plan_windows((1, n), patch=patch, margin=margin)
    assert [w.read.col for w in windows] == starts
    assert [w.core.col for w in windows] == cuts[:-1]
    assert [w.core.col_stop for w in windows] == cuts[1:]


@pytest.mark.parametrize(
    ("shape", "patch", "margin", "stride"),
    [((0, 5), 8, 0, 1), ((5, 5), 8, 4, 1), ((5, 5), 8, -1, 1), ((5, 5), 10, 0, 4)],
)
def test_impossible_plans_are_refused(
    shape: tuple[int, int], patch: int, margin: int, stride: int
) -> None:
    with pytest.raises(ValueError):
        plan_windows(shape, patch=patch, margin=margin, output_stride=stride)
