"""Choosing among candidates: splits by place, no near-duplicates, and where each chip lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sargeo.errors import UsageError
from sargeo_training.data.chip import Place
from sargeo_training.data.chips.candidates import Candidates
from sargeo_training.data.chips.config import BuildConfig
from sargeo_training.data.chips.duplicates import find_duplicates
from sargeo_training.data.chips.places import places_of
from sargeo_training.data.chips.planning import PlannedChip
from sargeo_training.data.chips.splits import GUARD, assign_splits, boxes_of

TOUCHES_TWO = "The chip touches the ground of two splits."
DUPLICATE = "The chip is a near-duplicate of another."


def choose(
    found: Mapping[str, Candidates], config: BuildConfig
) -> tuple[dict[str, list[PlannedChip]], Counter[str]]:
    """Choose among the candidates of all units, by name of the unit.

    Returns
    -------
    dict of str to list of PlannedChip
        By name of the unit, in the order of the candidates; each with its split and its place.
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
    units = [name for name, unit in found.items() for _ in unit.chips]
    chips = [chip for unit in found.values() for chip in unit.chips]
    fingerprints = [each for unit in found.values() for each in unit.fingerprints]
    _refuse_equal_ids(chips)
    boxes = boxes_of(chips)
    splits = assign_splits(boxes, [chip.split for chip in chips], config.splits)
    rank = {split: i for i, split in enumerate(GUARD)}
    kept = [i for i, split in enumerate(splits) if split is not None]
    duplicates = find_duplicates(
        fingerprints,
        [chip.level for chip in chips],
        boxes,
        sorted(kept, key=lambda i: rank[splits[i] or "train"]),
        config.duplicates,
    )
    skipped[TOUCHES_TWO] += len(chips) - len(kept)
    skipped[DUPLICATE] += len(duplicates)
    places = _places(chips)
    chosen: dict[str, list[PlannedChip]] = {name: [] for name in found}
    for i in kept:
        if i not in duplicates:
            settled = {"split": splits[i], "place": places[i]}
            chosen[units[i]].append(chips[i].model_copy(update=settled))
    return chosen, +skipped


def _refuse_equal_ids(chips: Sequence[PlannedChip]) -> None:
    for name, times in Counter(chip.id for chip in chips).items():
        if times > 1:
            raise UsageError(
                f"{times} chips have the id {name}.", "Give each scene a name of its own."
            )


def _places(chips: Sequence[PlannedChip]) -> list[Place | None]:
    """Look up all places at once."""
    known = {i: chip.centre for i, chip in enumerate(chips) if chip.centre is not None}
    places: list[Place | None] = [None] * len(chips)
    if known:
        lon, lat = zip(*known.values(), strict=True)
        for i, place in zip(known, places_of(lon, lat), strict=True):
            places[i] = place
    return places
