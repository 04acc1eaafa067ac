"""What rounds are posed: texts, and which of their clauses were made wrong to measure by."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sargeo.errors import UsageError
from sargeo_training.data.chip import Record
from sargeo_training.data.chips.splits import ground_groups
from sargeo_training.data.material import Material
from sargeo_training.data.target_text import Claim
from sargeo_training.scio.corrupt import SHARE, corrupt
from sargeo_training.scio.measures import Groups, Tally, tallies
from sargeo_training.scio.screen import Place
from sargeo_training.scio.texts import Text
from sargeo_training.scio.thresholds import Calibration
from sargeo_training.scio.truth import HiddenTruth
from sargeo_training.text.grounded import write

CALIBRATION_SHARE = 0.2

_NOTHING = HiddenTruth(corruptions=())


@dataclass(frozen=True)
class CorruptedTexts:
    """Texts to clean.

    Attributes
    ----------
    texts : list of Text
    truth : HiddenTruth
        What was made wrong in them.
    calibration : Calibration
        The part of it that thresholds are chosen by.
    records : mapping of str to Record
        Of the chips, by id.
    true : mapping of str to Text
        By id, texts to learn once thresholds are chosen, see `sargeo_training.scio.rounds.Rounds`.
    """

    texts: list[Text]
    truth: HiddenTruth
    calibration: Calibration
    records: Mapping[str, Record]
    true: Mapping[str, Text]

    def tallies(
        self, suspects: Collection[Place], refilled: Mapping[Place, Sequence[Claim]]
    ) -> list[Tally]:
        """Count clauses of the chips that thresholds were not chosen by."""
        return tallies(self.measured, suspects, refilled, self.records, self.truth)

    @cached_property
    def measured(self) -> list[Text]:
        """Texts about chips that thresholds were not chosen by."""
        return [text for text in self.texts if text.id not in self.calibration.ids]

    @cached_property
    def groups(self) -> Groups:
        """Which of these chips are no independent examples."""
        return ground_groups([self.records[text.id] for text in self.measured])


def pose(material: Material, noise: float | None, seed: int) -> CorruptedTexts:
    """Choose what is judged: the same for the same chips, share and seed.

    Raises
    ------
    UsageError
        If nothing was written about any chip.
    """
    numbers = material.numbers("train", with_text=True)
    order = np.random.default_rng(seed).permutation(numbers)
    calibrating = frozenset(order[: round(CALIBRATION_SHARE * len(numbers))].tolist())
    anew = calibrating if noise is None else frozenset(numbers)
    texts = [_text(material, k, seed if k in anew else None) for k in numbers]
    texts = [text for text in texts if text.clauses]
    if not texts:
        raise UsageError(
            "There is no chip with a text to train on.", "Write texts by `sargeo train texts`."
        )
    true = [text for text in texts if text.image in anew]
    records = _records_of(material, texts)
    wrong, truth = corrupt(true, records, share=SHARE if noise is None else noise, seed=seed)
    changed = {text.id: text for text in wrong}
    return CorruptedTexts(
        [changed.get(text.id, text) for text in texts],
        truth,
        truth.reveal([text.id for text in true if text.image in calibrating]),
        records,
        {text.id: text for text in true} if noise is None else {},
    )


def pose_held_out(material: Material, noise: float, seed: int) -> CorruptedTexts:
    """Pose texts about held-out chips, of which a share of what can be wrong is; none to train on.

    Their tower may have learnt the labels of the other chips.
    """
    numbers = material.numbers("holdout", with_text=True)
    true = [true_text(material.records[k], k, seed) for k in numbers]
    records = _records_of(material, true)
    wrong, truth = corrupt(true, records, share=noise, seed=seed) if true else ([], _NOTHING)
    return CorruptedTexts(list(wrong), truth, truth.reveal(()), records, {})


def _records_of(material: Material, texts: Sequence[Text]) -> dict[str, Record]:
    return {text.id: material.records[text.image] for text in texts}


def _text(material: Material, number: int, seed: int | None) -> Text:
    """Return what was written last about a chip, or with a seed a true text from its facts."""
    record = material.records[number]
    if seed is not None:
        return true_text(record, number, seed)
    return Text(record.id, number, material.text_of(number).clauses)


def true_text(record: Record, number: int, seed: int) -> Text:
    """Return what the facts of a chip say of it; the seed is of the wording."""
    rng = np.random.default_rng((seed, zlib.crc32(record.id.encode())))
    return Text(record.id, number, write(record, rng).clauses)
