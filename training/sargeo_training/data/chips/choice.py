"""Choosing among candidates: splits by place, no near-duplicates, and where each chip lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sargeo.errors import UsageError
from sargeo_training.data.chips.candidates import Candidate, Candidates
from sargeo_training.data.chips.config import BuildConfig
from sargeo_training.data.chips.duplicates import find_duplicates
from sargeo_training.data.chips.places import places_of
from sargeo_training.data.chips.splits import GUARD, Boxes, assign_splits
from sargeo_training.data.record import Place
from sargeo_training.images import Split

TOUCHES_TWO = "The chip touches the ground of two splits."
DUPLICATE = "The chip is a near-duplicate of another."


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate to be cut, the name of its unit, its split and its place."""

    candidate: Candidate
    unit: str
    split: Split
    place: Place | None


def choose(
    found: Mapping[str, Candidates], config: BuildConfig
) -> tuple[list[Chosen], Counter[str]]:
    """Choose among the candidates of all units, by name of the unit.

    Returns
    -------
    list of Chosen
        In the order of the candidates.
    Counter
        Why others are left out, to how many.

    Raises
    ------
    sargeo.errors.UsageError
        If two chips have one id.
    """
    skipped = Counter[str]()
    for unit in found.values():
        skipped.update(unit.skipped)
    named = [(name, chip) for name, unit in found.items() for chip in unit.chips]
    chips = [chip for _, chip in named]
    _refuse_equal_ids(chips)
    boxes = _boxes(chips)
    splits = assign_splits(boxes, [chip.split for chip in chips], config.splits)
    rank = {split: i for i, split in enumerate(GUARD)}
    kept = [i for i, split in enumerate(splits) if split is not None]
    duplicates = find_duplicates(
        [bytes.fromhex(chip.hash) for chip in chips],
        [chip.digest for chip in chips],
        [chip.level for chip in chips],
        boxes,
        sorted(kept, key=lambda i: rank[splits[i] or "train"]),
        config.duplicates,
    )
    skipped[TOUCHES_TWO] += len(chips) - len(kept)
    skipped[DUPLICATE] += len(duplicates)
    places = _places(chips)
    chosen = [
        Chosen(named[i][1], named[i][0], split, places[i])
        for i, split in enumerate(splits)
        if split is not None and i not in duplicates
    ]
    return chosen, +skipped


def _refuse_equal_ids(chips: list[Candidate]) -> None:
    for name, times in Counter(chip.id for chip in chips).items():
        if times > 1:
            raise UsageError(
                f"{times} chips have the id {name}.", "Give each scene a name of its own."
            )


def _boxes(chips: list[Candidate]) -> Boxes:
    nowhere = (np.nan,) * 4
    return np.array([chip.box or nowhere for chip in chips], dtype=np.float64).reshape(-1, 4)


def _places(chips: list[Candidate]) -> list[Place | None]:
    """Look up all places at once."""
    known = {i: chip.centre for i, chip in enumerate(chips) if chip.centre is not None}
    places: list[Place | None] = [None] * len(chips)
    if known:
        lon, lat = zip(*known.values(), strict=True)
        for i, place in zip(known, places_of(lon, lat), strict=True):
            places[i] = place
    return places
