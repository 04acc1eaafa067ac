"""The real data sets load, and what is held out is not trained on."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from sargeo.legend import LAND_COVER_CODES
from sargeo_training.data.sources.every import load_all
from sargeo_training.data.sources.sen1floods11 import HELD_OUT
from sargeo_training.images import UNKNOWN, LabelledImage, Source, Split

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope="module")
def sources(sargeo_data: Path) -> dict[str, Source]:
    return {s.name: s for s in load_all(sargeo_data)}


def test_no_pixel_is_known_to_two_splits(sources: dict[str, Source]) -> None:
    for source in sources.values():
        for image, other in combinations(source.images, 2):
            if image.name == other.name:
                assert not ((image.labels != UNKNOWN) & (other.labels != UNKNOWN)).any()
                assert not (image.searched & other.searched).any()


def test_los_angeles_validates_on_every_class_and_on_ships(sources: dict[str, Source]) -> None:
    for split in get_args(Split):
        images = sources["los_angeles"].of_split(split)
        codes = {int(code) for s in images for code in np.unique(s.labels)}
        assert codes == {UNKNOWN, *LAND_COVER_CODES}
        assert sum(len(s.ships) for s in images) >= 2


def test_los_angeles_is_dense_on_training_ground_alone(sources: dict[str, Source]) -> None:
    for image in sources["los_angeles"].images:
        labelled = (image.labels[image.valid] != UNKNOWN).mean()
        assert (labelled > 0.4) == (image.split == "train")


def test_whole_chips_and_tiles_are_held_out(sources: dict[str, Source]) -> None:
    chips = sources["sen1floods11"]
    assert {s.name for s in chips.of_split("holdout")} == HELD_OUT
    assert not {s.name for s in chips.of_split("train")} & HELD_OUT
    terramind = sources["terramind"]
    assert terramind.weight == 0
    assert not terramind.of_split("train")


def test_ssdd_is_complete(sources: dict[str, Source]) -> None:
    ssdd = sources["ssdd"]
    assert len(ssdd.images) == 928
    assert 100 < len(ssdd.of_split("holdout")) < 180
    assert all(len(s.ships) for s in ssdd.images)


def test_every_sheet_to_train_on_teaches_something(sources: dict[str, Source]) -> None:
    def teaches(image: LabelledImage) -> bool:
        return bool((image.labels[image.valid] != UNKNOWN).any() or image.searched.any())

    idle = [s.name for src in sources.values() for s in src.of_split("train") if not teaches(s)]
    assert idle == []


def test_ships_lie_on_searched_ground(sources: dict[str, Source]) -> None:
    for name in ("ssdd", "opensarship", "simulated"):
        for image in sources[name].images:
            rows, cols = (
                np.clip(image.ships[:, k].astype(int), 0, n - 1) for k, n in enumerate(image.shape)
            )
            assert image.searched[rows, cols].all(), image.name
