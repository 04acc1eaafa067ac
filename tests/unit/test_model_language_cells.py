"""Cells in the space of texts: what they depend on, and how they are averaged."""

from __future__ import annotations

import pytest
import torch
from support.language import tiny_language_network
from torch import Tensor

from sargeo.model.context import SLOTS, Context
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import WEIGHT_LIMIT, Cells, known_cells, pool
from sargeo.model.vision import COARSEST_STRIDE, OUTPUT_STRIDE

RADIUS = 3 * (4 + 8 + 16 + 32) + 4 + COARSEST_STRIDE  # pixels on each side that a cell can see


@pytest.fixture(scope="module")
def network() -> SarKnowlip:
    return tiny_language_network()


def context(sensor: int = 0) -> Context:
    return Context(
        present=torch.tensor([[True, True, False, False]]),
        quantity=torch.zeros(1, SLOTS, dtype=torch.long),
        gsd_m=torch.full((1, 2), 10.0),
        incidence_deg=torch.full((1,), 38.0),
        lonlat=torch.tensor([[-118.0, 34.0]]),
        sensor=torch.tensor([sensor]),
    )


def pixels(side: int) -> Tensor:
    return torch.randn(1, SLOTS, side, side, generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def cells(
    network: SarKnowlip, x: Tensor, valid: Tensor | None = None, known: Context | None = None
) -> Cells:
    valid = torch.ones_like(x[:, 0], dtype=torch.bool) if valid is None else valid
    assert network.language is not None
    return network.language.cells(network.encode(x, valid, known or context()).decoded)


def maps(found: Cells) -> Tensor:
    return torch.cat([found.values, found.weight], dim=1)


def test_cells_are_unit_vectors_with_a_weight(network: SarKnowlip) -> None:
    found = cells(network, pixels(64))
    assert found.values.shape == (1, 8, 16, 16)
    assert found.weight.shape == (1, 1, 16, 16)
    torch.testing.assert_close(found.values.norm(dim=1), torch.ones(1, 16, 16))
    assert found.weight.abs().max() < WEIGHT_LIMIT


def test_a_cell_knows_its_neighbourhood_alone(network: SarKnowlip) -> None:
    x = pixels(2 * COARSEST_STRIDE * -(-RADIUS // COARSEST_STRIDE))
    before = maps(cells(network, x))
    x[:, :, :4, :4] += 100
    changed = (maps(cells(network, x)) != before).any(1)[0]
    far = RADIUS // OUTPUT_STRIDE
    assert changed[0, 0]
    assert not changed[far:].any()
    assert not changed[:, far:].any()


def test_a_shift_of_the_window_shifts_the_cells(network: SarKnowlip) -> None:
    side = 2 * RADIUS + 3 * COARSEST_STRIDE
    side -= side % COARSEST_STRIDE
    x, step = pixels(side + COARSEST_STRIDE), COARSEST_STRIDE // OUTPUT_STRIDE
    here = maps(cells(network, x[..., :side, :side]))
    there = maps(cells(network, x[..., COARSEST_STRIDE:, COARSEST_STRIDE:]))
    inner = slice(RADIUS // OUTPUT_STRIDE, (side - RADIUS) // OUTPUT_STRIDE - step)
    moved = slice(inner.start + step, inner.stop + step)
    assert inner.stop > inner.start
    torch.testing.assert_close(here[..., moved, moved], there[..., inner, inner])


def test_cells_stay_float32_where_the_tower_is_not(network: SarKnowlip) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        found = cells(network, pixels(64))
    assert (found.values.dtype, found.weight.dtype) == (torch.float32, torch.float32)
    torch.testing.assert_close(found.values.norm(dim=1), torch.ones(1, 16, 16))


def random_cells(n: int = 2) -> Cells:
    generator = torch.Generator().manual_seed(7)
    values = torch.randn(n, 8, 4, 4, generator=generator)
    weight = torch.randn(n, 1, 4, 4, generator=generator)
    return Cells(torch.nn.functional.normalize(values, dim=1), weight)


def test_pooling_is_the_mean_by_the_softmax_of_weights() -> None:
    found = random_cells()
    pooled = pool(found, torch.ones(2, 4, 4, dtype=torch.bool))
    share = found.weight.flatten(1).softmax(1)
    mean = (found.values.flatten(2) * share[:, None]).sum(2)
    torch.testing.assert_close(pooled, mean / mean.norm(dim=1, keepdim=True))


@pytest.mark.parametrize("junk", [1e6, float("nan")])
def test_unknown_cells_do_not_count(junk: float) -> None:
    found = random_cells()
    known = torch.ones(2, 4, 4, dtype=torch.bool)
    known[:, 1:] = False
    spoiled = Cells(found.values.clone(), found.weight.clone())
    spoiled.values[:, :, 1:] = junk
    spoiled.weight[:, :, 1:] = junk
    pooled = pool(spoiled, known)
    assert torch.equal(pooled, pool(found, known))
    assert not torch.allclose(pooled, pool(found, torch.ones_like(known)))


def test_a_window_without_a_known_cell_has_no_direction() -> None:
    found = random_cells()
    found.values.requires_grad_()
    pooled = pool(found, torch.zeros(2, 4, 4, dtype=torch.bool))
    assert not pooled.any()
    pooled.sum().backward()
    assert found.values.grad is not None
    assert found.values.grad.isfinite().all()


def test_a_cell_with_one_valid_pixel_is_known() -> None:
    valid = torch.zeros(1, 8, 8, dtype=torch.bool)
    valid[0, 3, 4] = True
    assert known_cells(valid).tolist() == [[[False, True], [False, False]]]


def test_sensors_are_told_apart_and_may_be_unknown(network: SarKnowlip) -> None:
    found = [maps(cells(network, pixels(64), known=context(sensor))) for sensor in range(3)]
    assert not any(torch.allclose(a, b) for a, b in zip(found, found[1:] + found[:1], strict=True))
    assert all(f.isfinite().all() for f in found)


def test_gradients_reach_the_temperature_and_both_towers() -> None:
    network = tiny_language_network()
    language = network.language
    assert language is not None
    x = pixels(64)
    valid = torch.ones_like(x[:, 0], dtype=torch.bool)
    found = language.cells(network.encode(x, valid, context()).decoded)
    image = pool(found, known_cells(valid))
    text = language.embed_text(language.tokeniser.encode(["open water"]))
    ((image * text).sum() / language.temperature).backward()
    for parameter in (language.warmth, network.tower.stem.conv.weight, language.text.words.weight):
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
        assert parameter.grad.any()
