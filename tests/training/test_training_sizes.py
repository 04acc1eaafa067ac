"""Sizes of models: what their files say, and that networks of them can be built."""

from __future__ import annotations

import pytest
import torch
from support.models import tiny_spec

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import read_spec
from sargeo.model.spec import ConvNextSpec, VitSpec
from sargeo.model.tokens import Tokeniser
from sargeo_training.settings.sizes import SIZES, SizeName, read_size

MILLION_WEIGHTS: dict[SizeName, float] = {"tiny": 3.2, "small": 49.5, "base": 256.8}


@pytest.mark.parametrize("name", SIZES)
def test_networks_have_the_weights_that_are_stated(name: SizeName) -> None:
    size = read_size(name)
    spec = tiny_spec().model_copy(update={"tower": size.tower, "language": size.language})
    tokeniser = Tokeniser.train(["two ships"] * 2, 200, size.language.max_tokens)
    with torch.device("meta"):  # no weights are drawn
        network = SarKnowlip.from_spec(spec, tokeniser)
    count = sum(p.numel() for p in network.parameters())
    assert count / 1e6 == pytest.approx(MILLION_WEIGHTS[name], abs=0.1)


def test_tiny_is_the_embedded_models_tower() -> None:
    assert read_size("tiny").tower == read_spec("sargeo-tiny").tower


def test_base_is_the_published_recipe() -> None:
    base = read_size("base")
    assert isinstance(base.tower, VitSpec)
    assert (base.tower.width, base.tower.depth, base.tower.heads) == (768, 12, 12)
    assert (base.language.width, base.language.depth, base.language.heads) == (768, 12, 12)
    assert (base.language.vocabulary, base.language.max_tokens) == (30524, 512)


def test_small_is_a_convnext() -> None:
    assert isinstance(read_size("small").tower, ConvNextSpec)
