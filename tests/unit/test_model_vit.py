"""The vision transformer: the same contract as the ConvNeXt, but for what attention costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from support.models import tiny_spec
from torch import Tensor

from sargeo.model.context import SLOTS, Context
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.spec import ConvNextSpec, ModelSpec, VitSpec
from sargeo.model.vit import VitTower

SHAPE = VitSpec(width=16, depth=2, heads=2, grid=4, decoder_dim=8)


@pytest.fixture(scope="module")
def tower() -> VitTower:
    torch.manual_seed(1)
    return VitTower(SHAPE).eval()


def context(n: int = 1) -> Context:
    return Context(
        present=torch.tensor([[True, True, False, False]]).repeat(n, 1),
        quantity=torch.zeros(n, SLOTS, dtype=torch.long),
        gsd_m=torch.full((n, 2), 10.0),
        incidence_deg=torch.full((n,), 38.0),
        lonlat=torch.tensor([[-118.0, 34.0]]).repeat(n, 1),
        sensor=torch.zeros(n, dtype=torch.int64),
    )


def pixels(n: int = 1, height: int = 64, width: int = 64) -> Tensor:
    return torch.randn(n, SLOTS, height, width, generator=torch.Generator().manual_seed(2))


def everywhere(x: Tensor) -> Tensor:
    return torch.ones_like(x[:, 0], dtype=torch.bool)


@torch.no_grad()
def decoded(
    tower: VitTower, x: Tensor, valid: Tensor | None = None, known: Context | None = None
) -> Tensor:
    valid = everywhere(x) if valid is None else valid
    return tower(x, valid, known or context(len(x))).decoded


@pytest.mark.parametrize(("height", "width"), [(64, 64), (32, 96)])
def test_features_are_those_that_heads_expect(tower: VitTower, height: int, width: int) -> None:
    x = pixels(2, height, width)
    with torch.no_grad():
        features = tower(x, everywhere(x), context(2))
    strides = [height // level.shape[2] for level in features.pyramid]
    assert strides == [4, 8, 16, 32]
    assert [level.shape[1] for level in features.pyramid] == [4, 8, 16, 16]
    assert features.decoded.shape == (2, 8, height // 4, width // 4)


@pytest.mark.parametrize("junk", [1e6, float("nan")])
def test_what_is_absent_or_invalid_does_not_matter(tower: VitTower, junk: float) -> None:
    x, spoiled = pixels(), pixels()
    valid = everywhere(x)
    valid[:, 10:40, 20:50] = False
    spoiled.masked_fill_(~valid[:, None], junk)
    spoiled[:, 2:] = junk
    assert torch.equal(decoded(tower, x, valid), decoded(tower, spoiled, valid))


def test_patches_without_a_valid_pixel_are_attended_to_by_none(tower: VitTower) -> None:
    x = pixels(1, 64, 64)
    valid = everywhere(x)
    valid[:, :, 32:] = False
    with torch.no_grad():
        expected = tower(x, valid, context()).pyramid[2][..., :2]
        # Were they attended to, their positions would be felt.
        positions = tower.positions.clone()
        places = tower.positions[1:].view(4, 4, -1)
        places[:, 2:] += 5
        found = tower(x, valid, context()).pyramid[2][..., :2]
        tower.positions.copy_(positions)
    torch.testing.assert_close(found, expected)


def test_a_window_without_a_valid_pixel_is_finite(tower: VitTower) -> None:
    x = pixels()
    assert decoded(tower, x, ~everywhere(x)).isfinite().all()


def test_context_and_pixels_reach_the_features(tower: VitTower) -> None:
    here = decoded(tower, pixels())
    elsewhere = replace(context(), lonlat=torch.tensor([[10.0, 55.0]]))
    assert not torch.allclose(here, decoded(tower, pixels(), known=elsewhere))
    assert not torch.allclose(here, decoded(tower, pixels().flip(2)))


def test_a_network_may_stand_on_it() -> None:
    spec = tiny_spec().model_copy(update={"tower": SHAPE, "sensors": ("Sentinel-1",)})
    network = SarKnowlip.from_spec(spec)
    x = pixels(2)
    raw = network(x, everywhere(x), context(2))
    assert raw.landcover.shape == (2, 5, 16, 16)
    raw.landcover.square().mean().backward()
    assert network.tower.context.sensor.weight.grad[0].any()


def test_specs_of_both_kinds_are_told_apart() -> None:
    plain = tiny_spec().model_dump()
    assert ModelSpec.model_validate(plain | {"tower": SHAPE.model_dump()}).tower == SHAPE
    del plain["tower"]["kind"]  # as specs were written before there were two
    assert isinstance(ModelSpec.model_validate(plain).tower, ConvNextSpec)


@pytest.mark.parametrize("changes", [{"heads": 3}, {"kind": "resnet"}, {"grid": 0}])
def test_nonsense_is_refused(changes: dict[str, object]) -> None:
    content = tiny_spec().model_dump() | {"tower": SHAPE.model_dump() | changes}
    with pytest.raises(ValueError, match="tower"):
        ModelSpec.model_validate(content)
