"""The log of finished texts: taken up again after a stop, never a mixture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.told_chips import SHIP_COUNT, WATER, told_chip

from sargeo.errors import UsageError
from sargeo_training.data.target_text import TargetText
from sargeo_training.text.answers import Statement
from sargeo_training.text.checking import Tally
from sargeo_training.text.endpoint_settings import WriterSettings
from sargeo_training.text.model_writer import Written
from sargeo_training.text.text_log import TextLog, digest_of


def settings(**call: Any) -> WriterSettings:
    parts = {"answers": call.pop("answers", {}), "limits": call.pop("limits", {})}
    return WriterSettings.model_validate(
        {"endpoint": {"base_url": "http://host/v1", "model": "fake", **call}, **parts}
    )


def written(text: dict[str, Any] = WATER) -> Written:
    clause = Statement.model_validate(text).clause("geoscience", ("class raster",))
    writing = TargetText(
        writer="model:fake", clauses=(clause,), concise=clause.text, detailed=clause.text
    )
    return Written(writing, Tally(clauses=1, not_written={"calibration": 1}))


def opened(folder: Path, **call: Any) -> TextLog:
    return TextLog(folder / "texts.jsonl", {"a": "1", "b": "2"}, settings(**call))


def test_a_log_is_taken_up_again(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.add("a", written())
    log.add("b", Written(None, Tally(contradicted=3)))
    again = opened(tmp_path)
    assert again.done == {"a", "b"}
    assert again.target_texts == {"a": written().target_text} == log.target_texts
    assert again.tally == log.tally
    assert again.tally == Tally(clauses=1, contradicted=3, not_written={"calibration": 1})


@pytest.mark.parametrize("lost", [1, 40, 200])
def test_a_line_that_a_killed_run_left_is_cut_off(lost: int, tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.add("a", written())
    log.add("b", written(SHIP_COUNT))
    log.path.write_bytes(log.path.read_bytes()[:-lost])
    again = opened(tmp_path)
    assert again.done == {"a"}
    again.add("b", written(SHIP_COUNT))
    assert opened(tmp_path).target_texts == log.target_texts


def test_a_run_killed_before_its_first_line_was_whole_begins_anew(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.path.write_bytes(log.path.read_bytes()[:-5])
    opened(tmp_path).add("a", written())
    assert opened(tmp_path).done == {"a"}


@pytest.mark.parametrize(
    "change",
    [{"model": "other"}, {"base_url": "http://other/v1"}, {"answers": {"temperature": 1.0}}],
)
def test_one_log_holds_no_mixture(change: dict[str, Any], tmp_path: Path) -> None:
    opened(tmp_path)
    with pytest.raises(UsageError, match="another model or other settings"):
        opened(tmp_path, **change)


def test_patience_and_pace_may_change(tmp_path: Path) -> None:
    opened(tmp_path).add("a", written())
    patient = opened(
        tmp_path, timeout_s=500, retries=9, limits={"concurrency": 9}, answers={"attempts": 9}
    )
    assert patient.done == {"a"}


def test_texts_of_records_that_changed_or_went_do_not_count(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.add("a", written())
    log.add("b", written())
    changed = TextLog(log.path, {"a": "9", "c": "3"}, settings())
    assert not changed.done
    assert not changed.target_texts
    assert changed.tally == Tally()
    changed.add("a", written(SHIP_COUNT))
    assert TextLog(log.path, {"a": "9"}, settings()).target_texts == changed.target_texts


def test_the_digest_of_a_record_is_that_of_what_is_known_of_it() -> None:
    chip = told_chip()
    told = chip.record.model_copy(update={"target_texts": (written().target_text,)})
    assert digest_of(told) == digest_of(chip.record)
    assert digest_of(told_chip(ships=None).record) != digest_of(chip.record)


@pytest.mark.parametrize("text", ["hello\n", '{"id": "a"}\n'])
def test_what_is_no_log_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"texts\.jsonl is not a log"):
        opened(tmp_path)
