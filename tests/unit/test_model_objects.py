"""Objects read off hand-made maps."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torchvision.ops import batched_nms

from sargeo.model.objects import ObjectMaps, decode

STRIDE = 4


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def flat(height: int = 6, width: int = 8, kinds: int = 1, n: int = 1) -> ObjectMaps:
    """Maps without an object: offsets in the cells' middle, boxes of 1 by 1 by 1."""
    return ObjectMaps(
        heat=torch.full((n, kinds, height, width), logit(0.01)),
        offset=torch.full((n, 2, height, width), 0.5),
        size=torch.zeros(n, 3, height, width),
    )


def everywhere(maps: ObjectMaps) -> Tensor:
    n, _, height, width = maps.heat.shape
    return torch.ones(n, height * STRIDE, width * STRIDE, dtype=torch.bool)


def found(maps: ObjectMaps, valid: Tensor | None = None, **options: float) -> list[list[float]]:
    """The objects of the first window, without padding."""
    objects = decode(maps, STRIDE, everywhere(maps) if valid is None else valid, **options)[0]
    return [row.tolist() for row in objects if row[5] > 0]


def test_an_object_has_place_size_confidence_and_kind() -> None:
    maps = flat(kinds=2)
    maps.heat[0, 1, 2, 5] = logit(0.8)
    maps.offset[0, :, 2, 5] = torch.tensor([0.25, 0.75])
    maps.size[0, :, 2, 5] = torch.tensor([3.0, 8.0, 9.5]).log()
    expected = [(2 + 0.25) * 4, (5 + 0.75) * 4, 3.0, 8.0, 9.5, 0.8, 1.0]
    assert found(maps) == [pytest.approx(expected)]


def test_the_rest_is_padding() -> None:
    maps = flat(n=2)
    maps.heat[1, 0, 3, 3] = logit(0.9)
    objects = decode(maps, STRIDE, everywhere(maps), top=50)
    assert objects.shape == (2, 50, 7)
    assert objects.dtype == torch.float32
    assert not objects[0].any()
    assert not objects[1, 1:].any()


def test_more_room_than_cells_is_padded() -> None:
    assert decode(flat(1, 1), STRIDE, everywhere(flat(1, 1)), top=256).shape == (1, 256, 7)


def test_the_most_confident_come_first_and_equals_in_row_major_order() -> None:
    maps = flat()
    for row, col, p in [(4, 1, 0.5), (0, 6, 0.5), (2, 3, 0.9), (0, 0, 0.5)]:
        maps.heat[0, 0, row, col] = logit(p)
    cells = [(o[0] // STRIDE, o[1] // STRIDE) for o in found(maps)]
    assert cells == [(2, 3), (0, 0), (0, 6), (4, 1)]
    assert len(found(maps, top=2)) == 2


def test_a_neighbour_that_is_less_hot_is_no_object() -> None:
    maps = flat()
    maps.heat[0, 0, 2, 3], maps.heat[0, 0, 3, 4] = logit(0.9), logit(0.8)
    maps.heat[0, 0, 2, 5] = logit(0.7)  # two cells from the first, next to the second
    assert [o[5] for o in found(maps)] == [pytest.approx(0.9)]


def test_equally_hot_neighbours_are_one_object() -> None:
    maps = flat()
    maps.heat[0, 0, 1:3, 1:4] = logit(0.6)
    assert [(o[0] // STRIDE, o[1] // STRIDE) for o in found(maps)] == [(1, 1)]


def test_saturated_confidence_still_tells_peaks_apart() -> None:
    maps = flat()
    maps.heat[0, 0, 2, 2], maps.heat[0, 0, 2, 3] = 200.0, 201.0  # both have a sigmoid of 1
    assert [(o[0] // STRIDE, o[1] // STRIDE) for o in found(maps)] == [(2, 3)]


def test_kinds_do_not_outshine_each_other() -> None:
    maps = flat(kinds=2)
    maps.heat[0, 0, 2, 2], maps.heat[0, 1, 2, 3] = logit(0.6), logit(0.7)
    assert [o[6] for o in found(maps)] == [1.0, 0.0]


def test_what_is_under_the_floor_is_no_object() -> None:
    maps = flat()
    maps.heat[0, 0, 2, 2] = logit(0.3)
    assert len(found(maps, floor=0.29)) == 1
    assert found(maps, floor=0.31) == []


def test_invalid_cells_hold_no_object_and_hide_none() -> None:
    maps = flat()
    maps.heat[0, 0, 2, 3], maps.heat[0, 0, 2, 4] = logit(0.9), logit(0.6)
    valid = everywhere(maps)
    valid[:, :, : 4 * STRIDE] = False
    assert [o[5] for o in found(maps, valid)] == [pytest.approx(0.6)]
    valid[:, 2 * STRIDE, 4 * STRIDE - 1] = True  # one valid pixel makes the cell valid
    assert [o[5] for o in found(maps, valid)] == [pytest.approx(0.9)]


def test_sizes_stay_finite() -> None:
    maps = flat()
    maps.heat[0, 0, 2, 2] = logit(0.9)
    maps.size[:] = 1000.0
    assert all(math.isfinite(v) for v in found(maps)[0])


def two_peaks(side: float, **changes: int) -> ObjectMaps:
    """Two peaks four cells apart, the right one weaker, with boxes of a side in pixels."""
    maps = flat(**changes)
    maps.heat[0, 0, 2, 1] = logit(0.9)
    maps.heat[-1, -1, 2, 5] = logit(0.6)
    maps.size[:] = math.log(side)
    return maps


def test_two_peaks_of_one_long_object_are_one_object() -> None:
    assert [o[5] for o in found(two_peaks(40))] == [pytest.approx(0.9)]
    assert len(found(two_peaks(16))) == 2


def test_overlapping_objects_of_other_kinds_and_windows_stay() -> None:
    assert len(found(two_peaks(40, kinds=2))) == 2
    objects = decode(maps := two_peaks(40, n=2), STRIDE, everywhere(maps))
    assert (objects[:, :, 5] > 0).sum(1).tolist() == [1, 1]


def test_what_is_left_moves_up() -> None:
    maps = two_peaks(40)
    maps.heat[0, 0, 5, 7], maps.size[0, :, 5, 7] = logit(0.5), 0.0
    objects = decode(maps, STRIDE, everywhere(maps))[0]
    assert objects[:3, 5].tolist() == pytest.approx([0.9, 0.5, 0.0])


def test_what_overlaps_only_a_dropped_object_stays() -> None:
    maps = two_peaks(20)  # next ones share 43 % of their union, the outer ones 11 %
    maps.heat[0, 0, 2, 3] = logit(0.8)
    assert [o[5] for o in found(maps)] == pytest.approx([0.9, 0.6])


@pytest.mark.parametrize("side", [12, 20, 40])
def test_a_crowd_is_thinned_as_torchvision_does_it(
    side: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = torch.Generator().manual_seed(int(side))
    maps = flat(40, 50, kinds=2, n=3)
    maps.heat[:] = torch.randn(maps.heat.shape, generator=generator)
    maps.size[:] = math.log(side) + torch.randn(maps.size.shape, generator=generator) / 2
    kept = decode(maps, STRIDE, everywhere(maps))
    monkeypatch.setattr("sargeo.model.objects._MOST_OVERLAP", math.inf)
    for ours, crowd in zip(kept, decode(maps, STRIDE, everywhere(maps)), strict=True):
        assert (crowd[:, 5] > 0).all()
        middle, half, kind = crowd[:, [1, 0]], crowd[:, [3, 2]] / 2, crowd[:, 6].long()
        boxes = torch.cat([middle - half, middle + half], dim=1)
        expected = crowd[batched_nms(boxes, crowd[:, 5], kind, 0.3)]
        assert 1 < len(expected) < len(crowd)
        assert torch.equal(ours[: len(expected)], expected)
        assert not ours[len(expected) :].any()
