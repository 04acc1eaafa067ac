"""Texts from facts about a whole folder: what is damaged is skipped and told."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.chips import all_records
from support.damage import flip_arrays, flip_record
from support.told_chips import told_chip
from support.training import write_chips

from sargeo.errors import OutputNotWritableError, ReferenceDataError, UsageError
from sargeo_training.data.shards import SHARDS, Shards
from sargeo_training.text.write_facts import write_facts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chips(tmp_path / "chips", [told_chip(f"told_{k}", seed=k) for k in range(5)])


def test_every_chip_of_which_something_is_known_gets_a_text(folder: Path, tmp_path: Path) -> None:
    said: list[str] = []
    assert write_facts(folder, tmp_path / "out", 0, say=said.append) == 5
    assert [len(record.target_texts) for record in all_records(Shards(tmp_path / "out"))] == [1] * 5
    assert said == []


def test_damaged_chips_are_skipped_and_told(folder: Path, tmp_path: Path) -> None:
    broken = flip_record(folder, 1), flip_arrays(folder, 3)
    said: list[str] = []
    assert write_facts(folder, tmp_path / "out", 0, say=said.append) == 3
    out = Shards(tmp_path / "out")
    assert out.ids == ("told_0", "told_2", "told_4")
    assert [chip.record.target_texts[0].writer for chip in out] == ["grounded"] * 3
    (line,) = said
    assert line.startswith("2 of 5 chips ")
    assert line.endswith(f": {', '.join(broken)}.")


def test_of_many_damaged_chips_the_first_are_named(tmp_path: Path) -> None:
    folder = write_chips(tmp_path / "chips", [told_chip(f"told_{k}", seed=k) for k in range(8)])
    for number in range(7):
        flip_arrays(folder, number)
    said: list[str] = []
    assert write_facts(folder, tmp_path / "out", 0, say=said.append) == 1
    assert said[0].startswith("7 of 8 chips ")
    assert said[0].endswith(": told_0, told_1, told_2, told_3, told_4 and 2 more.")


def test_a_folder_of_which_nothing_can_be_read_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / SHARDS / "chips.tar").unlink()
    with pytest.raises(ReferenceDataError, match="None of the chips"):
        write_facts(folder, tmp_path / "out", 0, say=print)
    assert not (tmp_path / "out" / "index.parquet").exists()


def test_chips_are_not_overwritten(folder: Path) -> None:
    with pytest.raises(UsageError, match="holds the chips"):
        write_facts(folder, folder, 0, say=print)


def test_a_folder_that_cannot_be_made_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputNotWritableError):
        write_facts(folder, tmp_path / "file" / "out", 0, say=print)
