"""Places: where they lie, how they are pooled, and which are listed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from sargeo.language.places import LEAST_KNOWN, PlacePlan, PlacePooler, best_places
from sargeo.language.vectors import VectorStrip
from sargeo.model.language import Cells, pool

SHAPE = (23, 31)


def cells_of(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    vectors = functional.normalize(torch.randn(8, *SHAPE, generator=generator), dim=0)
    known = torch.rand(SHAPE, generator=generator) < 0.8
    known[:8, :9] = False
    return vectors, 2 * torch.randn(SHAPE, generator=generator), known


def pooled(plan: PlacePlan, texts: torch.Tensor, cuts: list[int]) -> np.ndarray:
    vectors, weight, known = cells_of()
    pooler = PlacePooler(plan, texts)
    for low, high in zip([0, *cuts], [*cuts, SHAPE[0]], strict=True):
        rows = slice(low, high)
        wanted = np.ones((4 * (high - low), 4 * SHAPE[1]), dtype=bool)
        pooler.add(VectorStrip(low, vectors[:, rows], weight[rows], known[rows], wanted))
    return pooler.scores


@given(n=st.tuples(st.integers(1, 80), st.integers(1, 80)), extent=st.floats(1, 3000))
def test_places_cover_the_scene_and_step_by_half(n: tuple[int, int], extent: float) -> None:
    plan = PlacePlan.of(n, (40.0, 20.0), extent)
    for starts, side, length in ((plan.rows, plan.height, n[0]), (plan.cols, plan.width, n[1])):
        assert starts[0] == 0
        assert starts[-1] + side == length
        assert max(np.diff(starts), default=0) <= max(1, side // 2)


def test_places_have_their_extent_on_the_ground() -> None:
    plan = PlacePlan.of((200, 200), (40.0, 20.0), 1000)
    assert (plan.height, plan.width) == (25, 50)


@pytest.mark.parametrize("cuts", [[], [0, 1, 7, 7, 22], [11]])
def test_places_are_pooled_as_the_model_pools_a_window(cuts: list[int]) -> None:
    texts = functional.normalize(torch.randn(3, 8, generator=torch.Generator().manual_seed(1)))
    plan = PlacePlan.of(SHAPE, (1.0, 1.0), 10)
    scores = pooled(plan, texts, cuts)
    vectors, weight, known = cells_of()
    for i in range(len(plan.rows)):
        for j in range(len(plan.cols)):
            rows, cols = plan.block(i, j).slices()
            cells = Cells(vectors[None, :, rows, cols], weight[None, None, rows, cols])
            expected = pool(cells, known[None, rows, cols])[0] @ texts.T
            if known[rows, cols].float().mean() < LEAST_KNOWN:
                assert np.isnan(scores[:, i, j]).all()
            else:
                np.testing.assert_allclose(scores[:, i, j], expected, atol=1e-5)
    assert np.isnan(scores[:, 0, 0]).all()


def test_neighbours_of_a_hit_are_left_out() -> None:
    plan = PlacePlan.of((40, 60), (1.0, 1.0), 10)
    rng = np.random.default_rng(0)
    scores = rng.random((len(plan.rows), len(plan.cols))).astype(np.float32)
    scores[2, 3], scores[2, 4], scores[0, 0] = 3.0, 2.0, np.nan
    found = list(best_places(scores, plan, 1000))
    values = [score for score, _ in found]
    assert values[0] == 3.0
    assert 2.0 not in values
    assert values == sorted(values, reverse=True)
    blocks = [block for _, block in found]
    for i, one in enumerate(blocks):
        assert all(one.intersection(other) is None for other in blocks[:i])
    assert plan.block(0, 0) not in blocks
    assert len(list(best_places(scores, plan, 3))) == 3
