"""Cells are drawn to the texts of what lies there."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sargeo.legend import LAND_COVER, OPEN_WATER
from sargeo_training.crops.batches import TargetMaps
from sargeo_training.crops.targets import IGNORE, WATER_INDEX
from sargeo_training.objectives.alignment import alignment_loss, draw_names

NAMES = len(LAND_COVER) + 1
TEXTS = torch.eye(NAMES)
WARM = torch.tensor(0.1)
SHIP = NAMES - 1


def truth(size: int = 8) -> TargetMaps:
    plane = torch.zeros(1, size, size)
    landcover = torch.full((1, size, size), IGNORE)
    landcover[0, : size // 2] = WATER_INDEX
    landcover[0, size // 2 :] = 0
    centre = torch.zeros(1, size, size, dtype=torch.bool)
    centre[0, 1, 1::2] = True
    return TargetMaps(
        landcover=landcover,
        heat=torch.where(centre, 1.0, plane),
        searched=torch.ones(1, size, size, dtype=torch.bool),
        centre=centre,
        offset=torch.zeros(1, 2, size, size),
        size=torch.zeros(1, 3, size, size),
    )


def cells_of(maps: TargetMaps) -> Tensor:
    index = torch.where(maps.centre, SHIP, maps.landcover.clamp(min=0))
    return TEXTS[index].movedim(-1, 1).contiguous()


def test_cells_at_their_own_texts_cost_least() -> None:
    maps = truth()
    maps.landcover[maps.centre] = IGNORE
    right = alignment_loss(cells_of(maps), TEXTS, WARM, maps)
    turned = alignment_loss(cells_of(maps).flip(2), TEXTS, WARM, maps)
    assert right < 0.01
    assert turned > 2


def test_ships_that_are_missed_and_ships_that_are_not_there_cost() -> None:
    maps = truth()
    maps.landcover[:] = IGNORE
    none = maps.landcover.new_zeros(1, 8, 8)
    water = TEXTS[none + WATER_INDEX].movedim(-1, 1)
    ships = TEXTS[none + SHIP].movedim(-1, 1)
    assert alignment_loss(water, TEXTS, WARM, maps) > 1
    assert alignment_loss(ships, TEXTS, WARM, maps) > 5
    maps.searched[:] = False
    maps.centre[:] = False
    assert alignment_loss(ships, TEXTS, WARM, maps) == 0


def test_texts_name_every_class_in_many_words() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_names(rng) for _ in range(200)]
    assert {len(names) for names in drawn} == {NAMES}
    water = {names[LAND_COVER.index(OPEN_WATER)] for names in drawn}
    assert {"open water", "sea", "an area of lake"} <= water
    assert all("ship" in n[-1] or "vessel" in n[-1] or "boat" in n[-1] for n in drawn)


def test_gradient_reaches_cells_and_texts() -> None:
    cells = (0.4 * torch.randn(1, NAMES, 8, 8)).requires_grad_()
    names = TEXTS.clone().requires_grad_()
    alignment_loss(cells, names, WARM, truth()).backward()
    assert cells.grad is not None
    assert names.grad is not None
    assert cells.grad.abs().sum() > 0
    assert names.grad[SHIP].abs().sum() > 0
    assert names.grad[WATER_INDEX].abs().sum() > 0
