"""Vectors of cells: unit length, eight bits, likeness to texts."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from sargeo.language.vectors import VectorStrip, cells_with
from sargeo.products.embedding import EMBEDDING_NODATA
from sargeo.tiling.mosaic import CellStrip

CPU = torch.device("cpu")


def blend(dimensions: int = 16, shape: tuple[int, int] = (6, 9), seed: int = 0) -> CellStrip:
    """Blended values of any length, weights up to 6, and sums of weights other than 1."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(dimensions, *shape, generator=generator)
    weight = 3 * torch.randn(1, *shape, generator=generator).clamp(-2, 2)
    total = 0.25 + torch.rand(1, *shape, generator=generator)
    sums = torch.cat([torch.cat([values, weight]) * total, total])
    return CellStrip(4, sums, np.ones((4 * shape[0], 4 * shape[1]), dtype=bool))


def mean_direction(vectors: torch.Tensor, log_weight: torch.Tensor) -> torch.Tensor:
    return functional.normalize((vectors * log_weight.exp()).sum((1, 2)), dim=0)


def test_means_point_where_those_of_the_values_do() -> None:
    strip = blend()
    values, weight = (strip.sums[:-1] / strip.sums[-1]).split([16, 1])
    made = VectorStrip.of_blend(strip, 4)
    torch.testing.assert_close(made.vectors.norm(dim=0), torch.ones(6, 9))
    torch.testing.assert_close(
        mean_direction(made.vectors, made.log_weight), mean_direction(values, weight[0])
    )


def test_eight_bits_keep_direction_and_weight() -> None:
    made = VectorStrip.of_blend(blend(64, (40, 40)), 4)
    codes = made.codes()
    assert codes.dtype == np.int8
    assert codes.min() >= -127
    read = VectorStrip.of_codes(4, codes, made.wanted, CPU)
    cosine = (read.vectors * made.vectors).sum(0)
    assert cosine.min() > 0.9999
    assert (read.log_weight - made.log_weight).abs().max() <= 1 / 32 + 1e-6
    assert read.known.all()


def test_cells_without_wanted_pixels_or_weight_are_unknown() -> None:
    strip = blend()
    strip.wanted[:8, :8] = False
    strip.wanted[5, 6] = True  # in the cell of row 1 and column 1
    strip.sums[:, 3, 3] = 0
    made = VectorStrip.of_blend(strip, 4)
    unknown = {(0, 0), (0, 1), (1, 0), (3, 3)}
    assert {(int(i), int(j)) for i, j in (~made.known).nonzero()} == unknown
    assert (made.codes()[:, 3, 3] == EMBEDDING_NODATA).all()
    assert not VectorStrip.of_codes(0, made.codes(), strip.wanted, CPU).known[0, 1]
    assert torch.isfinite(made.vectors).all()


def test_cells_at_the_far_edge_have_fewer_pixels() -> None:
    wanted = np.zeros((5, 6), dtype=bool)
    wanted[4, 5] = True
    cells = cells_with(wanted, 4, torch.zeros(2, 2))
    assert cells.tolist() == [[False, False], [False, True]]
    assert cells_with(np.zeros((0, 6), dtype=bool), 4, torch.zeros(0, 2)).shape == (0, 2)


def test_the_likelier_text_wins() -> None:
    vectors = torch.eye(3)[:, None, :]  # cells 0, 1, 2 point along the axes
    known = torch.tensor([[True, True, False]])
    strip = VectorStrip(0, vectors, torch.zeros(1, 3), known, np.ones((4, 12), dtype=bool))
    texts = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    sums = strip.probabilities(texts, temperature=0.5).sums
    expected = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(sums[0, 0, :2], [expected, 1 - expected], rtol=1e-6)
    assert sums[2].tolist() == [[1.0, 1.0, 0.0]]
    assert sums[:, 0, 2].tolist() == [0.0, 0.0, 0.0]
