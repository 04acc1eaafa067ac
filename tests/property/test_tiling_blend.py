"""Overlapping windows are blended with the weights of the documentation, computed here by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from support.stubs import ACQUISITION, CPU, array_source

from sargeo.tiling.batch import Acquisition, Batch, Outputs
from sargeo.tiling.plan import Window
from sargeo.tiling.sweep import Tiling, sweep_cells

STRIDE, PATCH, MARGIN = 4, 32, 8


@dataclass(frozen=True)
class IndexNetwork:
    """Answers every cell of a window with the window's index."""

    output_stride: int = STRIDE
    alignment: int = STRIDE
    channels: int = 1

    def infer(self, batch: Batch, acquisition: Acquisition) -> Outputs:
        side = batch.pixels.shape[-1] // STRIDE
        index = torch.tensor([float(window.index) for window in batch.windows])
        return Outputs(
            index[:, None, None, None].expand(-1, 1, side, side), torch.zeros(len(index), 0, 7)
        )


def blended(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return what comes of the network's answers, and the sums of weights, in cells."""
    source, tiling = array_source(np.zeros(shape)), Tiling(PATCH, MARGIN, batch_size=2)
    swept = sweep_cells(IndexNetwork(), source, ACQUISITION, tiling, device=CPU)
    sums = torch.cat([strip.sums for _, strip in swept], dim=1).numpy()
    return sums[0] / sums[1], sums[1]


def ramp(start: int, stop: int, end: int) -> np.ndarray:
    """Weights of a window's cells along an axis of a scene with so many pixels.

    From 0 at an edge that another window overlaps to 1 at twice the margin, at cells' centres; an
    edge of the scene is no such edge.
    """
    weights = np.zeros(end // STRIDE)
    for cell in range(start // STRIDE, stop // STRIDE):
        centre = (cell + 0.5) * STRIDE
        rise = (centre - start) / (2 * MARGIN) if start > 0 else 1.0
        fall = (stop - centre) / (2 * MARGIN) if stop < end else 1.0
        weights[cell] = min(1.0, rise, fall)
    return weights


def by_hand(shape: tuple[int, int], windows: tuple[Window, ...]) -> tuple[np.ndarray, np.ndarray]:
    total = np.zeros([n // STRIDE for n in shape])
    weight = np.zeros_like(total)
    for window in windows:
        read = window.read
        own = np.outer(
            ramp(read.row, read.row_stop, shape[0]), ramp(read.col, read.col_stop, shape[1])
        )
        total += own * window.index
        weight += own
    return total / weight, weight


def test_two_windows_are_blended_over_twice_the_margin() -> None:
    answer, weight = blended((32, 48))
    np.testing.assert_array_equal(weight, 1)
    expected = [0, 0, 0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1, 1, 1]
    np.testing.assert_allclose(answer, np.tile(expected, (8, 1)), atol=1e-6)


@pytest.mark.parametrize("shape", [(32, 32), (48, 64), (64, 56), (104, 92)])
def test_any_number_of_windows_is_blended_as_by_hand(shape: tuple[int, int]) -> None:
    stripes = Tiling(PATCH, MARGIN, batch_size=2).stripes(shape, IndexNetwork())
    windows = tuple(window for stripe in stripes for window in stripe.windows)
    for found, expected in zip(blended(shape), by_hand(shape, windows), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_weights_do_not_fall_towards_the_borders_of_the_scene() -> None:
    _, weight = blended((48, 64))
    for border in (weight[0], weight[-1], weight[:, 0], weight[:, -1]):
        np.testing.assert_allclose(border, 1, rtol=1e-6)
