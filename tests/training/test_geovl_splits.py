"""No ground has neighbours on two sides of a split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chips import made_record

from sargeo.geo.grid import geodesic_distance_m
from sargeo_training.data.chip import Record
from sargeo_training.data.chips.config import SplitSettings
from sargeo_training.data.chips.splits import GUARD, assign_splits, cell_of, ground_groups
from sargeo_training.images import Split

SETTINGS = SplitSettings(holdout=0.3, validation=0.2, cell_km=20, gap_m=500)


def lattice(
    rows: int, cols: int, *, lon: float = 12.0, lat: float = 42.0, step: float = 0.03
) -> np.ndarray:
    """Boxes of a few kilometres, side by side."""
    row, col = (i.ravel() for i in np.indices((rows, cols)))
    west, south = lon + col * step, lat + row * step
    return np.stack([west, south, west + step, south + step], axis=1)


def apart_m(one: np.ndarray, other: np.ndarray) -> float:
    """Least distance between two boxes: where they overlap in one axis, along the other."""
    lon = [
        (one[2], other[0] + k) if one[2] < other[0] + k else (one[0], other[2] + k)
        for k in (-360, 0, 360)
        if one[2] < other[0] + k or other[2] + k < one[0]
    ]
    lat = (one[3], other[1]) if one[3] < other[1] else (other[3], one[1])
    high = max(one[3], other[3])
    across = min(
        (
            float(geodesic_distance_m(*map(np.array, (a, high, b, high))))
            for a, b in (lon if len(lon) == 3 else [])
        ),
        default=0.0,
    )
    down = float(geodesic_distance_m(*map(np.array, (0.0, lat[0], 0.0, lat[1]))))
    return max(across, down if lat[1] > lat[0] else 0.0)


@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-80, 80),
    seed=st.integers(0, 10_000),
    fixed=st.lists(st.sampled_from([None, None, None, *GUARD]), min_size=20, max_size=20),
)
def test_no_neighbours_lie_on_two_sides(
    lon: float, lat: float, seed: int, fixed: list[Split | None]
) -> None:
    rng = np.random.default_rng(seed)
    corners = np.stack([lon + rng.uniform(0, 0.8, 20), lat + rng.uniform(0, 0.5, 20)], axis=1)
    boxes = np.concatenate([corners, corners + rng.uniform(0.01, 0.06, (20, 2))], axis=1)
    splits = assign_splits(boxes, fixed, SETTINGS)
    for i, one in enumerate(splits):
        for j, other in enumerate(splits[:i]):
            if one and other and one != other:
                assert apart_m(boxes[i], boxes[j]) >= SETTINGS.gap_m
    for told, split in zip(fixed, splits, strict=True):
        assert told is None or split in (told, None)


def test_what_data_sets_held_out_stays_held_out() -> None:
    boxes = lattice(1, 4)
    fixed: list[Split | None] = ["train", "train", "holdout", "validation"]
    assert assign_splits(boxes, fixed, SETTINGS) == ["train", None, "holdout", None]


def test_a_small_area_goes_to_one_split_as_a_whole() -> None:
    for lon in np.linspace(-170, 170, 30):
        splits = assign_splits(lattice(4, 4, lon=lon), [None] * 16, SETTINGS)
        assert len(set(splits)) == 1
        assert splits[0] is not None


def test_free_ground_joins_the_split_of_its_neighbours() -> None:
    for split in GUARD:
        assert assign_splits(lattice(2, 2), [split, None, None, None], SETTINGS) == [split] * 4


def test_a_large_area_is_split_by_cells_of_about_the_asked_shares() -> None:
    boxes = lattice(100, 100)
    splits = assign_splits(boxes, [None] * len(boxes), SETTINGS)
    kept = [s for s in splits if s]
    assert len(kept) > 0.6 * len(splits)
    assert 0.18 < kept.count("holdout") / len(kept) < 0.42
    assert set(kept) == set(GUARD)


def test_the_antimeridian_separates_nothing() -> None:
    west = np.array([179.96, -17.0, 179.999, -16.96])
    east = np.array([-179.999, -17.0, -179.96, -16.96])
    across = np.array([179.99, -16.9, 180.03, -16.86])
    fixed: list[Split | None] = ["holdout", "train", None]
    splits = assign_splits(np.stack([west, east, across]), fixed, SETTINGS)
    assert splits[:2] == ["holdout", None]


def test_chips_without_place_keep_their_split() -> None:
    boxes = np.concatenate([np.full((2, 4), np.nan), lattice(1, 1)])
    assert assign_splits(boxes, ["train", "holdout", "validation"], SETTINGS) == [
        "train",
        "holdout",
        "validation",
    ]
    with pytest.raises(ValueError, match="without place"):
        assign_splits(boxes, [None, "holdout", "train"], SETTINGS)


def shown(west: float, south: float, side: float, **changes: object) -> Record:
    corners = ((west, south), (west + side, south), (west + side, south + side))
    ring = (*corners, (west, south + side))
    return made_record(**{"footprint": ring, "centre": None, "extent_m": None, **changes})


def test_chips_that_nest_or_touch_are_one_group() -> None:
    whole = shown(15.0, 45.0, 0.04)
    quarters = [shown(15 + col, 45 + row, 0.02) for row in (0, 0.02) for col in (0, 0.02)]
    beside, apart = shown(15.04, 45.0, 0.01), shown(15.06, 45.0, 0.01)
    again = shown(15.045, 45.005, 0.01, scene="of another day")
    found = ground_groups([apart, *quarters, whole, beside, again])
    assert found.tolist() == [0, 1, 1, 1, 1, 1, 1, 1]


def test_ground_across_the_antimeridian_is_one_group() -> None:
    east, west = shown(179.99, -17.0, 0.02), shown(-179.995, -17.0, 0.01)
    assert ground_groups([east, west]).tolist() == [0, 0]


def test_squares_of_unknown_outline_lie_around_their_centre() -> None:
    given = {"footprint": None, "extent_m": 1000.0}
    near, far = (shown(0, 0, 0, **given, centre=(15.0 + east, 45.0)) for east in (0.01, 0.1))
    assert ground_groups([shown(0, 0, 0, **given, centre=(15.0, 45.0)), near, far]).tolist() == [
        0,
        0,
        1,
    ]


def test_chips_without_place_are_grouped_by_scene() -> None:
    lost = [made_record(footprint=None, centre=None, scene=name) for name in ("a", "b", "a")]
    assert ground_groups(lost).tolist() == [0, 1, 0]
    other = made_record(footprint=None, centre=None, scene="a", source="other")
    assert ground_groups([*lost, shown(15, 45, 0.1, scene="a"), other]).tolist() == [0, 1, 0, 2, 3]
    assert ground_groups([]).tolist() == []


@given(st.floats(-180, 180), st.floats(-89, 89))
def test_cells_are_neither_narrow_nor_wide(lon: float, lat: float) -> None:
    row, col = cell_of(lon, lat, 50)
    assert row >= 0
    assert col >= 0
    metres = np.linspace(-60_000, 60_000, 241)
    along = [cell_of(lon, lat + m / 111_195, 50) for m in metres if abs(lat + m / 111_195) < 90]
    assert 2 <= len({r for r, _ in along}) <= 4
