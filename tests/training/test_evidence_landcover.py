"""Facts of land cover against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sargeo.legend import LAND_COVER, LAND_COVER_CODES
from sargeo_training.geovl.evidence.landcover import landcover_facts
from sargeo_training.geovl.facts import SECTORS, sector_of
from sargeo_training.sheet import NOT_WATER, UNKNOWN

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
    assert facts.shares == pytest.approx(
        {"trees": 1800 / 8100, "built-up": 100 / 8100, "open water": 6200 / 8100}
    )
    assert facts.sectors["trees"] == (1, 1, 0, 0, 0, 0, 0, 0, 0)
    assert facts.sectors["built-up"] == pytest.approx((*[0] * 8, 1 / 9))
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


def test_only_known_pixels_count_and_known_says_how_many() -> None:
    labels = np.full((60, 60), UNKNOWN, dtype=np.uint8)
    labels[:20] = NOT_WATER
    labels[40:, :30] = TREES
    valid = everywhere(labels)
    valid[:, 45:] = False
    facts = landcover_facts(labels, valid, "hand")
    assert facts is not None
    assert facts.shares == {"trees": 1.0}
    assert facts.known == pytest.approx(20 * 30 / (60 * 45))
    assert facts.sectors["trees"] == (0, 0, 0, 0, 0, 0, 1, 1, 0)  # nothing else is known


def test_what_is_not_valid_is_not_told() -> None:
    labels = np.full((30, 30), TREES, dtype=np.uint8)
    labels[:, 15:] = WATER
    valid = everywhere(labels)
    valid[:, 15:] = False
    facts = landcover_facts(labels, valid, "hand")
    assert facts is not None
    assert (facts.shares, facts.known) == ({"trees": 1.0}, 1.0)


@pytest.mark.parametrize("code", [UNKNOWN, NOT_WATER, 254])
def test_without_a_class_nothing_is_said(code: int) -> None:
    labels = np.full((9, 9), code, dtype=np.uint8)
    assert landcover_facts(labels, everywhere(labels), "hand") is None


@given(
    st.tuples(st.integers(3, 20), st.integers(3, 20)).flatmap(
        lambda shape: st.tuples(
            arrays(np.uint8, shape, elements=st.sampled_from((0, 1, *LAND_COVER_CODES))),
            arrays(np.bool_, shape),
        )
    )
)
def test_sectors_add_up_to_shares(chip: tuple[np.ndarray, np.ndarray]) -> None:
    labels, valid = chip
    facts = landcover_facts(labels, valid, "any")
    known = valid & np.isin(labels, LAND_COVER_CODES)
    if facts is None:
        assert not known.any()
        return
    rows, cols = np.indices(labels.shape)
    places = zip(
        ((rows + 0.5) / labels.shape[0]).ravel(),
        ((cols + 0.5) / labels.shape[1]).ravel(),
        strict=True,
    )
    sector = np.array([SECTORS.index(sector_of(*place)) for place in places]).reshape(labels.shape)
    weights = np.bincount(sector[known], minlength=9) / known.sum()
    assert sum(facts.shares.values()) == pytest.approx(1)
    assert facts.known == pytest.approx(known.sum() / valid.sum())
    for name, share in facts.shares.items():
        code = next(c.code for c in LAND_COVER if c.name == name)
        assert share == pytest.approx((known & (labels == code)).sum() / known.sum())
        assert np.dot(facts.sectors[name], weights) == pytest.approx(share)
