"""What goes in comes out: at the same place, to the last pixel, however it is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stubs import (
    ACQUISITION,
    CPU,
    ConstantNetwork,
    ThresholdNetwork,
    array_source,
    whole,
)

from sargeo.tiling.detections import Detections
from sargeo.tiling.sweep import Tiling, sweep

SHAPES = [(1, 1), (31, 31), (32, 32), (33, 33), (1001, 37), (1, 10_000), (70, 129)]


def run(network, source, tiling=None, **options):
    tiling = tiling or Tiling(patch=32, margin=4, batch_size=3)
    pairs = list(sweep(network, source, ACQUISITION, tiling, device=CPU, **options))
    return [r for r, _ in pairs], [s for _, s in pairs]


def blocky(rng: np.random.Generator, shape: tuple[int, int], stride: int) -> np.ndarray:
    """Cells of +1 and -1, so that a cell's mean says which."""
    cells = rng.choice([-1.0, 1.0], size=[-(-n // stride) for n in shape])
    return np.kron(cells, np.ones((stride, stride)))[: shape[0], : shape[1]]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("stride", [1, 4])
def test_a_constant_network_gives_a_constant_map(shape: tuple[int, int], stride: int) -> None:
    network = ConstantNetwork(output_stride=stride, alignment=stride)
    _, strips = run(network, array_source(np.zeros(shape)), keep_probabilities=True)
    assert whole(strips, "winner").shape == shape
    assert (whole(strips, "winner") == 1).all()
    assert set(np.unique(whole(strips, "probability"))) <= {62, 63}
    assert np.abs(whole(strips, "probabilities")[2].astype(int) - 25).max() <= 1
    assert whole(strips, "wanted").all()


@pytest.mark.parametrize("shape", SHAPES)
def test_cells_come_back_where_they_were(shape: tuple[int, int]) -> None:
    values = blocky(np.random.default_rng(0), shape, 1)
    _, strips = run(ThresholdNetwork(output_stride=1, alignment=1), array_source(values))
    np.testing.assert_array_equal(whole(strips, "winner"), values > 0)


@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    seed=st.integers(0, 1000),
    batch_size=st.integers(1, 9),
    patch=st.sampled_from([16, 32, 64, 128]),
)
@settings(max_examples=40, deadline=None)
def test_cutting_and_batching_change_nothing(
    shape: tuple[int, int], seed: int, batch_size: int, patch: int
) -> None:
    rng = np.random.default_rng(seed)
    values = blocky(rng, shape, 4)
    values[rng.random(shape) < 0.02] = 1000.0
    valid = rng.random(shape) < 0.7
    source = array_source(values, valid)
    network = ThresholdNetwork()
    one_results, one = run(network, source, Tiling(patch=512, margin=0, batch_size=1))
    results, many = run(network, source, Tiling(patch, margin=4, batch_size=batch_size))
    np.testing.assert_array_equal(whole(many, "wanted"), valid)
    for field in ("winner", "probability"):
        np.testing.assert_array_equal(
            whole(many, field)[valid], whole(one, field)[valid], err_msg=field
        )
    places = [
        sorted(zip(d.row.tolist(), d.col.tolist(), strict=True))
        for d in (
            Detections.concatenate([r.detections for r in results]),
            Detections.concatenate([r.detections for r in one_results]),
        )
    ]
    assert places[0] == places[1]


def test_interpolation_is_bilinear_between_cell_centres() -> None:
    values = np.repeat([[-1.0] * 8 + [1.0] * 8], 16, axis=0)
    _, strips = run(ThresholdNetwork(), array_source(values), keep_probabilities=True)
    row = whole(strips, "probabilities")[1, 8]
    left, right = 6.25, 93.75
    expected = np.interp(np.arange(16) + 0.5, [2, 6, 10, 14], [left, left, right, right])
    assert np.abs(row - expected).max() <= 0.51


def test_nodata_says_nothing_to_its_neighbours() -> None:
    values = np.full((40, 40), 1.0)
    valid = np.ones((40, 40), dtype=bool)
    values[:, 20:] = -1000.0
    valid[:, 20:] = False
    _, strips = run(ThresholdNetwork(), array_source(values, valid))
    assert (whole(strips, "winner")[:, :20] == 1).all()
    assert (whole(strips, "probability")[:, :20] == 94).all()
    assert not whole(strips, "wanted")[:, 20:].any()


def test_windows_without_data_never_reach_the_network() -> None:
    class Counting(ThresholdNetwork):
        seen = 0

        def infer(self, batch, acquisition):
            Counting.seen += len(batch.windows)
            return super().infer(batch, acquisition)

    valid = np.zeros((200, 200), dtype=bool)
    valid[150, 60] = True
    run(Counting(), array_source(np.ones((200, 200)), valid))
    assert 1 <= Counting.seen <= 4


def test_a_failing_read_reaches_the_caller() -> None:
    class Broken:
        shape = (100, 40)

        def read(self, block):
            raise OSError("tile 7 is damaged")

        def lonlat(self, rows, cols):
            return np.zeros((len(rows), 2), np.float32)

    with pytest.raises(OSError, match="tile 7"):
        run(ThresholdNetwork(), Broken())


def test_few_rows_at_a_time_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    source = array_source(blocky(rng, (70, 129), 4), rng.random((70, 129)) < 0.6)
    _, whole_strips = run(ThresholdNetwork(), source, keep_probabilities=True)
    monkeypatch.setattr("sargeo.tiling.pixels.MOST_VALUES", 129 * 2 * 3)
    _, strips = run(ThresholdNetwork(), source, keep_probabilities=True)
    for field in ("wanted", "winner", "probability", "probabilities"):
        np.testing.assert_array_equal(whole(strips, field), whole(whole_strips, field))
