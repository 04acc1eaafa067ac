"""Our stages of a ConvNeXt against those of timm, bit by bit."""

from __future__ import annotations

import pytest
import torch
from timm.layers import LayerNorm2d as TimmNorm
from timm.models.convnext import ConvNeXt

from sargeo.model.convnext import LayerNorm2d, convnext_stages

DEPTHS, DIMS = (2, 1, 3, 1), (8, 16, 12, 24)
FORMATS = (torch.contiguous_format, torch.channels_last)


def timm_stages() -> torch.nn.Module:
    return ConvNeXt(num_classes=0, depths=DEPTHS, dims=DIMS, ls_init_value=None).stages


def shuffled(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Draw all anew, norms and biases too, which start as ones and zeros."""
    return {name: torch.randn(value.shape) for name, value in state.items()}


def test_weights_have_the_names_and_shapes_of_timm() -> None:
    theirs, ours = timm_stages().state_dict(), convnext_stages(DEPTHS, DIMS).state_dict()
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in theirs.items()}
    assert list(ours) == list(theirs)


@pytest.mark.parametrize("layout", FORMATS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_features_are_those_of_timm_to_the_bit(layout: torch.memory_format, dtype) -> None:
    torch.manual_seed(3)
    theirs, ours = timm_stages(), convnext_stages(DEPTHS, DIMS)
    ours.load_state_dict(shuffled(ours.state_dict()))
    theirs.load_state_dict(ours.state_dict())
    for network in (theirs, ours):
        network.to(dtype=dtype, memory_format=layout)
    expected = found = torch.randn(2, DIMS[0], 32, 48).to(dtype=dtype, memory_format=layout)
    for their_stage, our_stage in zip(theirs, ours, strict=True):
        expected = their_stage(expected)
        found = our_stage(found, None, torch.ones((), dtype=dtype))
        assert torch.equal(found, expected)
        assert found.stride() == expected.stride()  # else the next layer may round otherwise


@pytest.mark.parametrize("layout", FORMATS)
def test_the_norm_is_that_of_timm_to_the_bit(layout: torch.memory_format) -> None:
    torch.manual_seed(4)
    theirs, ours = TimmNorm(12), LayerNorm2d(12)
    ours.load_state_dict(shuffled(ours.state_dict()))
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 12, 8, 10).to(memory_format=layout)
    assert torch.equal(ours(x), theirs(x))


def test_biases_start_at_zero() -> None:
    state = convnext_stages(DEPTHS, DIMS).state_dict()
    biases = [value for name, value in state.items() if name.endswith("bias")]
    assert biases
    assert not any(bias.any() for bias in biases)
    assert all(value.any() for name, value in state.items() if name.endswith("weight"))
