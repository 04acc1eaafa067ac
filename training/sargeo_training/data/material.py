"""Labelled images and chips, side by side: what a run can learn from and be measured on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sargeo.errors import ReferenceDataError
from sargeo_training.data.chip import Record
from sargeo_training.data.shards import Shards, left_out
from sargeo_training.data.target_text import TargetText, any_informative, last_informative
from sargeo_training.images import SYNTHETIC, Source, Split

Say = Callable[[str], None]


@dataclass(frozen=True)
class Material:
    """What there is to learn from.

    Attributes
    ----------
    sources : sequence of Source
        With labels.
    shards : Shards or None
    target_texts : mapping of str to TargetText, or None
        By id; in place of those in the shards. Chips that are not named have no text.
    records : mapping of int to Record
        Of the chips that can be read, by number.
    """

    sources: Sequence[Source] = ()
    shards: Shards | None = None
    target_texts: Mapping[str, TargetText] | None = None
    records: Mapping[int, Record] = field(default_factory=dict)

    @property
    def chips(self) -> Shards:
        """The shards.

        Raises
        ------
        ValueError
            If there are none.
        """
        if self.shards is None:
            raise ValueError("there are no chips")
        return self.shards

    def real(self, split: Split) -> Material:
        """Leave all but the real chips of a split out."""
        records = {
            k: record
            for k, record in self.records.items()
            if record.split == split and record.source != SYNTHETIC
        }
        return replace(self, records=records)

    def texts_of(self, number: int) -> tuple[TargetText, ...]:
        """Return what was written about a chip."""
        record = self.records[number]
        if self.target_texts is None:
            return record.target_texts
        text = self.target_texts.get(record.id)
        return () if text is None else (text,)

    def text_of(self, number: int) -> TargetText:
        """Return the text that counts, of a chip that has one; see `last_informative`."""
        return last_informative(self.texts_of(number))

    def numbers(self, split: Split, *, with_text: bool) -> list[int]:
        """Return the numbers of chips of a split, or of those alone that a text describes."""
        return [
            k
            for k, record in self.records.items()
            if record.split == split and (not with_text or any_informative(self.texts_of(k)))
        ]


def gather_chips(shards: Path, sources: Sequence[Source], *, say: Say) -> Material:
    """Open chips beside labelled sources.

    Every chip is read once: what is missing or damaged is left out here, aloud, and not met in the
    middle of a training. What is left depends on the folder alone, so that processes that read the
    same chips agree.
    """
    opened = Shards(shards)
    return Material(sources, opened, None, _readable(opened, say))


def _readable(shards: Shards, say: Say) -> dict[int, Record]:
    """Read all records; chips that are broken, be it their arrays, are left out and told."""
    records, broken = {}, []
    for number, name in enumerate(shards.ids):
        try:
            records[number] = shards.check(number)
        except ReferenceDataError:
            broken.append(name)
    if broken:
        say(left_out(broken, len(shards)))
    return records
