"""The network: what its outputs may depend on, and what they may not."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
import torch
from support.models import tiny_spec
from torch import Tensor

from sargeo.model.context import SLOTS, Context
from sargeo.model.knowlip import RawOutputs, SarKnowlip
from sargeo.model.vision import COARSEST_STRIDE, OUTPUT_STRIDE
from sargeo.scene.bands import POLARISATIONS

SUBSETS = [s for n in range(1, SLOTS + 1) for s in combinations(range(SLOTS), n)]
UNKNOWN = float("nan")

# Pixels on each side that a cell of tiny_spec() can see: one block with a 7 by 7 kernel per stage
# (3 cells at strides 4 to 32), two 3 by 3 kernels at stride 4, and the largest cell itself.
RADIUS = 3 * (4 + 8 + 16 + 32) + 2 * 4 + COARSEST_STRIDE


@pytest.fixture(scope="module")
def network() -> SarKnowlip:
    torch.manual_seed(1)
    return SarKnowlip.from_spec(tiny_spec()).eval()


def context(n: int = 1, slots: tuple[int, ...] = (0, 1)) -> Context:
    present = torch.zeros(n, SLOTS, dtype=torch.bool)
    present[:, list(slots)] = True
    return Context(
        present=present,
        quantity=torch.zeros(n, SLOTS, dtype=torch.long),
        gsd_m=torch.full((n, 2), 10.0),
        incidence_deg=torch.full((n,), 38.0),
        lonlat=torch.tensor([[-118.0, 34.0]]).repeat(n, 1),
        sensor=torch.zeros(n, dtype=torch.int64),
    )


def pixels(n: int = 1, side: int = 64) -> Tensor:
    return torch.randn(n, SLOTS, side, side, generator=torch.Generator().manual_seed(2))


def everywhere(x: Tensor) -> Tensor:
    return torch.ones(x.shape[0], *x.shape[2:], dtype=torch.bool)


@torch.inference_mode()
def run(network: SarKnowlip, x: Tensor, known: Context, valid: Tensor | None = None) -> RawOutputs:
    return network(x, everywhere(x) if valid is None else valid, known)


def maps(raw: RawOutputs) -> Tensor:
    return torch.cat([raw.landcover, raw.heat, raw.offset, raw.size], dim=1)


@pytest.mark.parametrize("slots", SUBSETS)
def test_any_subset_of_polarisations_gives_all_maps(
    network: SarKnowlip, slots: tuple[int, ...]
) -> None:
    raw = run(network, pixels(2), context(2, slots))
    cells = (64 // OUTPUT_STRIDE, 64 // OUTPUT_STRIDE)
    assert raw.landcover.shape == (2, 5, *cells)
    assert raw.heat.shape == (2, 1, *cells)
    assert raw.offset.shape == (2, 2, *cells)
    assert raw.size.shape == (2, 3, *cells)
    assert maps(raw).isfinite().all()


def test_windows_need_not_be_square(network: SarKnowlip) -> None:
    x = torch.randn(1, SLOTS, 32, 96)
    assert run(network, x, context()).landcover.shape[2:] == (8, 24)


@pytest.mark.parametrize("junk", [1e6, UNKNOWN, float("inf")])
def test_what_stands_in_absent_slots_does_not_matter(network: SarKnowlip, junk: float) -> None:
    x, spoiled = pixels(), pixels()
    spoiled[:, 2:] = junk
    assert torch.equal(maps(run(network, x, context())), maps(run(network, spoiled, context())))


@pytest.mark.parametrize("junk", [1e6, UNKNOWN, float("inf")])
def test_what_stands_in_invalid_pixels_does_not_matter(network: SarKnowlip, junk: float) -> None:
    x, spoiled = pixels(), pixels()
    valid = everywhere(x)
    valid[:, 20:50, 5:37] = False
    spoiled.masked_fill_(~valid[:, None], junk)
    expected = maps(run(network, x, context(), valid))
    assert torch.equal(expected, maps(run(network, spoiled, context(), valid)))
    assert not torch.equal(expected, maps(run(network, x, context())))


def test_a_window_without_a_valid_pixel_is_finite(network: SarKnowlip) -> None:
    x = pixels()
    assert maps(run(network, x, context(), ~everywhere(x))).isfinite().all()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("present", torch.tensor([[True, False, False, False]])),
        ("quantity", torch.ones(1, SLOTS, dtype=torch.long)),
        ("gsd_m", torch.tensor([[10.0, 20.0]])),
        ("gsd_m", torch.full((1, 2), UNKNOWN)),
        ("incidence_deg", torch.tensor([25.0])),
        ("incidence_deg", torch.tensor([UNKNOWN])),
        ("lonlat", torch.tensor([[10.0, 55.0]])),
        ("lonlat", torch.full((1, 2), UNKNOWN)),
    ],
)
def test_all_that_is_known_reaches_the_maps(network: SarKnowlip, field: str, value: Tensor) -> None:
    other = maps(run(network, pixels(), replace(context(), **{field: value})))
    assert other.isfinite().all()
    assert not torch.allclose(other, maps(run(network, pixels(), context())))


def test_half_known_spacing_or_place_counts_as_unknown(network: SarKnowlip) -> None:
    for field in ("gsd_m", "lonlat"):
        half = replace(context(), **{field: torch.tensor([[UNKNOWN, 10.0]])})
        none = replace(context(), **{field: torch.full((1, 2), UNKNOWN)})
        assert torch.equal(maps(run(network, pixels(), half)), maps(run(network, pixels(), none)))


def test_the_antimeridian_is_no_border(network: SarKnowlip) -> None:
    west, east = (replace(context(), lonlat=torch.tensor([[lon, 52.0]])) for lon in (-180.0, 180.0))
    torch.testing.assert_close(
        maps(run(network, pixels(), west)), maps(run(network, pixels(), east))
    )


def test_a_window_says_the_same_alone_and_in_company(network: SarKnowlip) -> None:
    x = pixels(3)
    x[1] *= 100  # loud company
    together = maps(run(network, x, context(3)))
    alone = torch.cat([maps(run(network, part, context())) for part in x.split(1)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


def test_nothing_pools_over_the_window(network: SarKnowlip) -> None:
    side = 2 * COARSEST_STRIDE * -(-RADIUS // COARSEST_STRIDE)
    x = pixels(side=side)
    before = maps(run(network, x, context()))
    x[:, :, :4, :4] += 100
    changed = (maps(run(network, x, context())) != before).any(1)[0]
    far = RADIUS // OUTPUT_STRIDE
    assert changed[0, 0]
    assert not changed[far:].any()
    assert not changed[:, far:].any()


def test_a_shift_by_the_coarsest_stride_shifts_the_maps(network: SarKnowlip) -> None:
    side = 2 * RADIUS + 3 * COARSEST_STRIDE
    side -= side % COARSEST_STRIDE
    x = pixels(side=side + COARSEST_STRIDE)
    whole, step = slice(None), COARSEST_STRIDE // OUTPUT_STRIDE
    here = maps(run(network, x[..., :side, :side], context()))
    there = maps(run(network, x[..., COARSEST_STRIDE:, COARSEST_STRIDE:], context()))
    inner = slice(RADIUS // OUTPUT_STRIDE, (side - RADIUS) // OUTPUT_STRIDE - step)
    moved = slice(inner.start + step, inner.stop + step)
    assert inner.stop > inner.start
    torch.testing.assert_close(here[whole, whole, moved, moved], there[whole, whole, inner, inner])


def test_gradients_are_finite_where_everything_is_unknown(network: SarKnowlip) -> None:
    blind = Context(
        present=context().present,
        quantity=context().quantity,
        gsd_m=torch.full((1, 2), UNKNOWN),
        incidence_deg=torch.full((1,), UNKNOWN),
        lonlat=torch.full((1, 2), UNKNOWN),
        sensor=torch.zeros(1, dtype=torch.int64),
    )
    x = pixels()
    maps(network(x, everywhere(x), blind)).square().mean().backward()
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    network.zero_grad()
    assert gradients
    assert all(g.isfinite().all() for g in gradients)


def test_training_starts_from_a_prior_of_one_in_a_hundred(network: SarKnowlip) -> None:
    raw = run(network, pixels(), context())
    assert raw.heat.sigmoid().mean().item() == pytest.approx(0.01, rel=0.2)
    assert ((raw.offset > 0) & (raw.offset < 1)).all()


def test_slots_are_the_polarisations_of_the_scene_room() -> None:
    assert len(POLARISATIONS) == SLOTS
