"""Facts of land cover against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sargeo.legend import LAND_COVER, LAND_COVER_CODES
from sargeo_training.data.chips.evidence.landcover import landcover_facts
from sargeo_training.data.facts import SECTORS, sector_of
from sargeo_training.images import NOT_WATER, UNKNOWN

TREES, BUILT, WATER = 10, 50, 80


def everywhere(labels: np.ndarray) -> np.ndarray:
    return np.ones(labels.shape, dtype=bool)


def test_shares_sectors_and_patches_are_those_counted_by_hand() -> None:
    labels = np.full((90, 90), WATER, dtype=np.uint8)
    labels[:30, :60] = TREES  # upper left and top
    labels[80:, 80:] = BUILT  # 100 of the lower right's 900 pixels
    facts = landcover_facts(labels, everywhere(labels), "hand")
    assert facts is not None
    assert (facts.layer, facts.known) == ("hand", 1.0)
    shares = {"trees": 1800 / 8100, "built-up": 100 / 8100, "open water": 6200 / 8100}
    assert facts.shares == {name: (share, share) for name, share in shares.items()}
    assert [b.lowest for b in facts.sectors["trees"]] == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert facts.sectors["built-up"] == (*[(0, 0)] * 8, (1 / 9, 1 / 9))
    assert facts.patches == {"trees": 1, "built-up": 1, "open water": 1}


def test_patches_are_larger_than_half_a_percent_and_connect_at_corners() -> None:
    labels = np.full((100, 100), WATER, dtype=np.uint8)
    labels[0, :50] = TREES  # 50 pixels: not over the limit
    labels[10, :51] = TREES  # over it
    labels[range(20, 80), range(60)] = BUILT  # a diagonal of 60
    facts = landcover_facts(labels, everywhere(labels), "hand")
    assert facts is not None
    assert facts.patches["trees"] == 1
    assert facts.patches["built-up"] == 1


def test_what_is_known_in_part_bounds_every_share() -> None:
    labels = np.full((60, 60), UNKNOWN, dtype=np.uint8)
    labels[:20] = NOT_WATER
    labels[40:, :30] = TREES
    valid = everywhere(labels)
    valid[:, 40:] = False
    facts = landcover_facts(labels, valid, "hand")
    assert facts is not None
    assert facts.known == 20 * 30 / (60 * 40)
    assert facts.shares["trees"] == (0.25, 1)
    assert facts.shares["bare"] == (0, 0.75)
    assert facts.shares["open water"] == (0, 1000 / 2400)
    top, middle, gone = [(0, 0)] * 2, [(0, 1)] * 2, [(0, 0)]
    water = facts.sectors["open water"]
    assert water == (*top, *gone, *middle, *gone, (0, 0), (0, 0.5), *gone)
    assert facts.sectors["trees"][6:] == ((1, 1), (0.5, 1), (0, 0))


def test_ground_known_not_to_be_water_rules_water_out() -> None:
    labels = np.full((30, 30), NOT_WATER, dtype=np.uint8)
    facts = landcover_facts(labels, everywhere(labels), "sea masks")
    assert facts is not None
    assert facts.known == 0
    assert "open water" not in facts.shares
    assert set(facts.shares.values()) == {(0, 1)}


def test_what_is_not_valid_is_not_told() -> None:
    labels = np.full((30, 30), TREES, dtype=np.uint8)
    labels[:, 15:] = WATER
    valid = everywhere(labels)
    valid[:, 15:] = False
    facts = landcover_facts(labels, valid, "hand")
    assert facts is not None
    assert (facts.shares, facts.known) == ({"trees": (1, 1)}, 1)


@pytest.mark.parametrize("code", [UNKNOWN, 254])
def test_where_nothing_is_known_there_are_no_facts(code: int) -> None:
    labels = np.full((9, 9), code, dtype=np.uint8)
    assert landcover_facts(labels, everywhere(labels), "hand") is None


@given(
    st.tuples(st.integers(3, 20), st.integers(3, 20)).flatmap(
        lambda shape: st.tuples(
            arrays(np.uint8, shape, elements=st.sampled_from((0, 1, *LAND_COVER_CODES))),
            arrays(np.bool_, shape),
            arrays(np.uint8, shape, elements=st.sampled_from(LAND_COVER_CODES)),
        )
    )
)
def test_bounds_hold_whatever_the_unknown_pixels_are(chip: tuple[np.ndarray, ...]) -> None:
    labels, valid, filling = chip
    facts = landcover_facts(labels, valid, "any")
    if facts is None:
        assert not (valid & (labels != UNKNOWN)).any()
        return
    land = np.where(filling == WATER, TREES, filling)
    full = np.select([labels == UNKNOWN, labels == NOT_WATER], [filling, land], labels)
    rows, cols = np.indices(labels.shape)
    places = zip(
        ((rows + 0.5) / labels.shape[0]).ravel(),
        ((cols + 0.5) / labels.shape[1]).ravel(),
        strict=True,
    )
    sector = np.array([SECTORS.index(sector_of(*place)) for place in places]).reshape(labels.shape)
    grounds = [valid, *(valid & (sector == i) for i in range(9))]
    for each in LAND_COVER:
        told = facts.shares.get(each.name, (0, 0)), *facts.sectors.get(each.name, [(0, 0)] * 9)
        for (lowest, highest), ground in zip(told, grounds, strict=True):
            share = (full[ground] == each.code).mean() if ground.any() else 0
            assert lowest <= share <= highest
            if np.isin(labels[ground], LAND_COVER_CODES).all():
                assert lowest == highest
