"""Objects read off any map."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from sargeo.model.objects import ObjectMaps, decode

STRIDE = 4


@st.composite
def heat_maps(draw: st.DrawFn) -> torch.Tensor:
    """Heat in few levels, so that ties are common."""
    shape = draw(st.integers(1, 2)), draw(st.integers(1, 6)), draw(st.integers(1, 6))
    size = shape[0] * shape[1] * shape[2]
    levels = draw(st.lists(st.integers(-4, 4), min_size=size, max_size=size))
    return torch.tensor(levels, dtype=torch.float32).view(1, *shape)


def objects_of(heat: torch.Tensor) -> torch.Tensor:
    n, _, height, width = heat.shape
    maps = ObjectMaps(
        heat, torch.full((n, 2, height, width), 0.5), torch.zeros(n, 3, height, width)
    )
    valid = torch.ones(n, height * STRIDE, width * STRIDE, dtype=torch.bool)
    objects = decode(maps, STRIDE, valid)[0]
    return objects[objects[:, 5] > 0]


@given(heat_maps())
def test_objects_are_local_maxima_apart_from_each_other(heat: torch.Tensor) -> None:
    objects = objects_of(heat)
    cells = [(int(o[6]), int(o[0] // STRIDE), int(o[1] // STRIDE)) for o in objects]
    for kind, row, col in cells:
        around = heat[0, kind, max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2]
        assert heat[0, kind, row, col] == around.max()
        near = [(r, c) for k, r, c in cells if k == kind and max(abs(r - row), abs(c - col)) == 1]
        assert near == []


@given(heat_maps())
def test_the_hottest_cell_of_all_is_the_first_object(heat: torch.Tensor) -> None:
    objects = objects_of(heat)
    if heat.max().sigmoid() >= 0.05:
        assert objects[0, 5] == heat.max().sigmoid()
    confidence = objects[:, 5]
    assert (confidence[1:] <= confidence[:-1]).all()
