"""Candidates: chips that could be cut, with what decides whether they will be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sargeo.errors import InputError
from sargeo_training.data.chips.config import ChipSettings
from sargeo_training.data.chips.cutting import average
from sargeo_training.data.chips.duplicates import Fingerprint
from sargeo_training.data.chips.planning import PlannedChip, plan_chips
from sargeo_training.data.chips.source_images import SourceImage, Unit, source_images

TOO_LITTLE_VALID = "Too little of the chip is valid."
NOTHING_FITS = "No chip of any level fits the picture."


class Candidates(BaseModel):
    """The chips that a unit could give, and why others were left out.

    Attributes
    ----------
    chips
    fingerprints
        Of each chip.
    skipped
        Why others were left out, to how many.
    """

    model_config = ConfigDict(frozen=True)

    chips: tuple[PlannedChip, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    skipped: dict[str, int] = {}


def find_candidates(unit: Unit, base: Path, settings: ChipSettings) -> Candidates:
    """Look at every chip that a unit could give.

    What is refused or damaged is left out and counted, and so is a unit that cannot be opened.
    """
    try:
        images = source_images(unit, base)
    except InputError as error:
        return Candidates(skipped={error.problem: 1})
    if not images:
        return Candidates(skipped={f"{unit.title} holds no picture.": 1})
    chips: list[PlannedChip] = []
    fingerprints: list[Fingerprint] = []
    skipped: Counter[str] = Counter()
    for index, image in enumerate(images):
        planned = plan_chips(image, settings, index=index)
        skipped[NOTHING_FITS] += not planned
        for chip in planned:
            try:
                fingerprint = _fingerprint(image, chip, settings.min_valid)
            except (InputError, ValidationError) as error:
                skipped[reason_of(error)] += 1
                continue
            if fingerprint is None:
                skipped[TOO_LITTLE_VALID] += 1
                continue
            chips.append(chip)
            fingerprints.append(fingerprint)
    return Candidates(chips=tuple(chips), fingerprints=tuple(fingerprints), skipped=dict(+skipped))


def reason_of(error: InputError | ValidationError) -> str:
    """Return in a sentence why something was left out."""
    return error.problem if isinstance(error, InputError) else error.errors()[0]["msg"]


def _fingerprint(image: SourceImage, chip: PlannedChip, min_valid: float) -> Fingerprint | None:
    """Return the fingerprint of a chip; None where too little of it is valid."""
    pixels = image.read(chip.block)
    if not pixels.valid.any() or pixels.valid.mean() < min_valid:
        return None
    return Fingerprint.of(average(pixels, image.bands, chip.factor), image.bands)
