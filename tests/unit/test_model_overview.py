"""What the overview counts, against maps of which it is known what they hold."""

from __future__ import annotations

import math

import pytest
import torch
from support.language import TEXTS, tiny_language_network, tiny_language_spec, tiny_tokeniser
from support.models import tiny_spec
from torch import Tensor

from sargeo.model.context import Context
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import LanguagePart
from sargeo.model.objects import ObjectMaps
from sargeo.model.overview import PLACES, survey

SIDE = 24  # cells
PIXELS = 4 * SIDE
SHARES, VALID, NUMBERS, MEAN, LONGEST, SPACING = slice(0, 2), 2, slice(3, 6), 6, 7, slice(8, 10)
UPPER_LEFT, CENTRE, LOWER_RIGHT = 1, 5, 9


def nothing() -> ObjectMaps:
    return ObjectMaps(
        heat=torch.full((1, 1, SIDE, SIDE), -20.0),
        offset=torch.full((1, 2, SIDE, SIDE), 0.5),
        size=torch.full((1, 3, SIDE, SIDE), math.log(8)),
    )


def put(maps: ObjectMaps, row: int, col: int, confidence: float, length: float) -> None:
    maps.heat[0, 0, row, col] = math.log(confidence / (1 - confidence))
    maps.size[0, 2, row, col] = math.log(length)


def water_to_the_left(columns: int) -> Tensor:
    logits = torch.zeros(1, 2, SIDE, SIDE)
    logits[:, 0, :, :columns] = 30
    logits[:, 1, :, columns:] = 30
    return logits


def everywhere() -> Tensor:
    return torch.ones(1, PIXELS, PIXELS, dtype=torch.bool)


def told(
    maps: ObjectMaps | None = None, valid: Tensor | None = None, gsd_m: float = 10.0
) -> Tensor:
    found = survey(
        water_to_the_left(8),
        maps or nothing(),
        everywhere() if valid is None else valid,
        torch.full((1, 2), gsd_m),
    )
    assert found.shape == (1, PLACES, 10)
    return found[0]


def test_shares_of_the_whole_and_of_its_parts() -> None:
    found = told()[:, SHARES]
    torch.testing.assert_close(found[0], torch.tensor([1 / 3, 2 / 3]))
    for part in range(1, PLACES):
        wanted = [1.0, 0.0] if part in (1, 4, 7) else [0.0, 1.0]
        torch.testing.assert_close(found[part], torch.tensor(wanted))


def test_objects_are_counted_where_they_lie_and_by_how_sure_they_are() -> None:
    maps = nothing()
    put(maps, 2, 2, 0.9, 20)
    put(maps, 5, 6, 0.4, 5)
    put(maps, 20, 21, 0.2, 40)
    found = told(maps)
    assert found[0, NUMBERS].expm1().round().tolist() == [3, 2, 1]
    assert found[UPPER_LEFT, NUMBERS].expm1().round().tolist() == [2, 2, 1]
    assert found[LOWER_RIGHT, NUMBERS].expm1().round().tolist() == [1, 0, 0]
    assert found[CENTRE, NUMBERS].tolist() == [0, 0, 0]
    # The doubtful one of 40 pixels says nothing of lengths.
    assert found[0, LONGEST].exp() == pytest.approx(20)
    assert found[UPPER_LEFT, MEAN].exp() == pytest.approx(10)
    assert found[CENTRE, [MEAN, LONGEST]].tolist() == [0, 0]


def test_parts_are_those_of_the_rectangle_that_is_valid() -> None:
    valid = everywhere()
    valid[:, 3 * 12 :] = False  # 9 of 24 rows of cells are left
    maps = nothing()
    put(maps, 7, 20, 0.9, 8)  # below the middle of them
    found = told(maps, valid)
    assert found[LOWER_RIGHT, NUMBERS].expm1().round().tolist() == [1, 1, 1]
    torch.testing.assert_close(found[0, SHARES], torch.tensor([1 / 3, 2 / 3]))
    torch.testing.assert_close(found[:, VALID], torch.ones(PLACES))


def test_what_is_not_valid_holds_nothing() -> None:
    maps = nothing()
    put(maps, 7, 20, 0.9, 8)
    found = told(maps, torch.zeros_like(everywhere()))
    assert found[:, : SPACING.start].eq(0).all()


def test_holes_count_as_unknown() -> None:
    valid = everywhere()
    valid[:, 32:64, 32:64] = False
    found = told(valid=valid)
    torch.testing.assert_close(found[0, VALID], torch.tensor(8 / 9))
    assert found[CENTRE, VALID] == 0
    torch.testing.assert_close(found[0, SHARES], torch.tensor([3 / 8, 5 / 8]))


@pytest.mark.parametrize(("gsd_m", "wanted"), [(10.0, (math.log(10), 1.0)), (math.nan, (0.0, 0.0))])
def test_the_spacing_may_be_unknown(gsd_m: float, wanted: tuple[float, float]) -> None:
    torch.testing.assert_close(
        told(gsd_m=gsd_m)[:, SPACING], torch.tensor([wanted]).expand(PLACES, -1)
    )


def context() -> Context:
    return Context(
        present=torch.tensor([[True, False, False, False]]),
        quantity=torch.zeros(1, 4, dtype=torch.int64),
        gsd_m=torch.full((1, 2), 10.0),
        incidence_deg=torch.tensor([torch.nan]),
        lonlat=torch.full((1, 2), torch.nan),
        sensor=torch.zeros(1, dtype=torch.int64),
    )


def test_it_comes_before_the_cells_and_maps_learn_nothing_from_it() -> None:
    network = tiny_language_network()
    assert network.language is not None
    decoded = torch.randn(1, 8, SIDE, SIDE, requires_grad=True)
    tokens = network.visual_tokens(decoded, everywhere(), context())
    torch.testing.assert_close(tokens[:, 1:], network.language.visual_tokens(decoded))
    torch.autograd.backward(tokens[:, 0].square().sum())
    assert decoded.grad is not None
    assert decoded.grad.eq(0).all()
    assert network.landcover.classify.weight.grad is None
    assert network.overview is not None
    assert network.overview.mix[0].weight.grad.abs().sum() > 0


@torch.no_grad()
def test_each_token_of_a_text_is_told_but_where_the_spec_has_none() -> None:
    for overview in (True, False):
        spec = tiny_language_spec()
        language = spec.language.model_copy(update={"overview": overview})
        part = LanguagePart(language, 8, tiny_tokeniser())
        for layer in part.text.layers:  # nobody looks at the image
            layer.cross_attention.join.weight.zero_()
        tokens = part.tokeniser.encode(TEXTS[:1])
        image = torch.randn(1, 5, language.width)
        other = torch.cat([torch.randn(1, 1, language.width), image[:, 1:]], 1)
        one, two = (part.text(tokens, visual=visual) for visual in (image, other))
        assert torch.allclose(one, two) == (not overview)


def test_a_network_without_language_has_none() -> None:
    network = SarKnowlip.from_spec(tiny_spec())
    assert network.overview is None
    with pytest.raises(ValueError, match="without language"):
        network.visual_tokens(torch.zeros(1, 8, 8, 8), everywhere(), context())
