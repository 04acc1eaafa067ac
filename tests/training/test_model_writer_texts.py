"""Texts of a whole folder: kept as they come, taken up again, ended cleanly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from support.chips import all_records
from support.damage import flip_arrays, flip_record
from support.fake_endpoint import Answer, FakeEndpoint, Request, serving
from support.told_chips import GOOD, WRONG_COUNT, level_of, telling, told_chip

from sargeo.errors import OutputNotWritableError, UsageError
from sargeo_training.data.shards import SHARDS, Shards, encode, write_index, write_shard
from sargeo_training.data.target_text import TargetText
from sargeo_training.text.endpoint import EndpointError
from sargeo_training.text.endpoint_settings import WriterSettings
from sargeo_training.text.write_texts import TextsReport, write_all, write_texts

CHIPS = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six chips of different pixels; each has a text by another writer."""
    folder = tmp_path / "chips"
    (folder / SHARDS).mkdir(parents=True)
    before = TargetText(writer="grounded", clauses=(), concise="", detailed="")
    chips = []
    for number in range(CHIPS):
        chip = told_chip(f"told_{number}", seed=number)
        record = chip.record.model_copy(update={"target_texts": (before,)})
        chips.append(encode(replace(chip, record=record)))
    write_shard(folder / SHARDS / "000.tar", chips[:4])
    write_shard(folder / SHARDS / "001.tar", chips[4:])
    write_index(folder)
    return folder


def settings(fake: FakeEndpoint, **parts: Any) -> WriterSettings:
    call = {"base_url": fake.base_url, "model": "fake", "retries": 0, **parts.pop("endpoint", {})}
    limits = {"concurrency": 1, **parts.pop("limits", {})}
    return WriterSettings.model_validate({"endpoint": call, "limits": limits, **parts})


def writers(folder: Path) -> list[list[str]]:
    return [[text.writer for text in record.target_texts] for record in all_records(Shards(folder))]


def but(
    bad: Callable[[Request, int], Answer | None], good: Callable[[Request, int], Answer]
) -> Callable[[Request, int], Answer]:
    return lambda request, count: bad(request, count) or good(request, count)


def test_every_chip_gets_a_text_beside_those_it_had(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with serving(telling()) as fake:
        report = write_all(folder, settings(fake), out)
    assert writers(out) == [["grounded", "model:fake"]] * CHIPS
    assert Shards(out).ids == Shards(folder).ids
    assert (report.records, report.with_text, report.unfinished) == (CHIPS, CHIPS, 0)
    assert (report.calls, report.failed_calls, report.retries) == (5 * CHIPS, 0, 0)
    assert (report.tally.clauses, report.tally.questions) == (4 * CHIPS, CHIPS)
    assert report.cost is None
    kept = (out / "texts.json").read_text(encoding="utf-8")
    assert TextsReport.model_validate_json(kept) == report
    assert "6 of 6 records have texts" in report.lines()[0]


def test_settings_come_from_a_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "endpoint.yaml"
    with serving(telling()) as fake:
        path.write_text(yaml.safe_dump(settings(fake).model_dump(mode="json")), encoding="utf-8")
        report = write_texts(folder, path, tmp_path / "out")
    assert report.with_text == CHIPS


def test_contradictions_and_levels_not_written_are_counted(folder: Path, tmp_path: Path) -> None:
    answers = telling(
        level2="a cat",
        level4={"clauses": [WRONG_COUNT]},
        level5={"keep": [1], "questions": []},
    )
    with serving(answers) as fake:
        report = write_all(folder, settings(fake, answers={"attempts": 2}), tmp_path / "out")
    assert report.tally.contradicted == CHIPS
    assert report.tally.not_written == {"social development": CHIPS}
    assert report.tally.invalid_answers == 2 * CHIPS
    assert report.tally.inconsistent == CHIPS
    assert "social development 6" in report.lines()[2]


def test_no_more_calls_than_allowed_at_the_same_time(folder: Path, tmp_path: Path) -> None:
    def slow(request: Request, count: int) -> Answer:
        answer = telling()(request, count)
        return Answer(answer.content, wait_s=0.03)

    with serving(slow) as fake:
        write_all(folder, settings(fake, limits={"concurrency": 3}), tmp_path / "out")
    assert fake.most_at_once == 3


def test_a_budget_ends_the_run_cleanly_and_the_next_goes_on(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    # Each call is answered with 100 + 50 tokens, and may take 50 more than its long prompt.
    prices = {"input_per_million": 1e6, "output_per_million": 1e6}
    answers = {"max_tokens": 50, "picture_tokens": 0}
    with serving(telling()) as fake:
        report = write_all(
            folder, settings(fake, answers=answers, prices={**prices, "budget": 4000.0}), out
        )
        assert report.budget_spent
        assert 0 < report.with_text < CHIPS
        assert report.cost is not None
        assert report.cost == 150 * len(fake.requests) <= 4000
        assert "the budget is spent" in report.lines()[0]
        assert sum("model:fake" in names for names in writers(out)) == report.with_text
        rest = write_all(folder, settings(fake, answers=answers, prices=prices), out)
    assert rest.with_text == CHIPS
    assert writers(out) == [["grounded", "model:fake"]] * CHIPS
    assert rest.tally.clauses == 4 * CHIPS
    # What was answered before the end of the first run is not paid for again.
    assert len(fake.requests) == 5 * CHIPS


def test_an_endpoint_that_goes_down_loses_nothing(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    down = Answer(status=503, body=b"")
    with serving(but(lambda _, count: down if 12 <= count < 15 else None, telling())) as fake:
        chosen = settings(fake, endpoint={"give_up_after": 3})
        with pytest.raises(EndpointError, match="3 calls in a row"):
            write_all(folder, chosen, out)
        report = TextsReport.model_validate_json((out / "texts.json").read_text(encoding="utf-8"))
        assert (report.with_text, report.unfinished, report.failed_calls) == (2, 4, 3)
        report = write_all(folder, chosen, out)
    assert report.with_text == CHIPS
    assert len(fake.requests) == 5 * CHIPS + 3


def test_one_failure_leaves_its_chip_to_the_next_run(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    refused = Answer(status=400, body=b'{"error": {"message": "not with me"}}')
    with serving(but(lambda _, count: refused if count == 7 else None, telling())) as fake:
        report = write_all(folder, settings(fake), out)
        assert (report.with_text, report.unfinished, report.failed_calls) == (5, 1, 1)
        assert writers(out)[1] == ["grounded"]
        assert write_all(folder, settings(fake), out).with_text == CHIPS


def test_a_finished_run_asks_nothing_more(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with serving(telling()) as fake:
        first = write_all(folder, settings(fake), out)
        again = write_all(folder, settings(fake), out)
        assert len(fake.requests) == 5 * CHIPS
    assert again.calls == 0
    assert again.tally == first.tally
    assert writers(out) == [["grounded", "model:fake"]] * CHIPS


def test_runs_share_a_cache(folder: Path, tmp_path: Path) -> None:
    with serving(telling()) as fake:
        chosen = settings(fake, cache=tmp_path / "cache")
        write_all(folder, chosen, tmp_path / "one")
        report = write_all(folder, chosen, tmp_path / "two")
        assert len(fake.requests) == 5 * CHIPS
    assert report.tally.cached_answers == 5 * CHIPS


def test_broken_chips_are_skipped_and_counted(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    broken = flip_arrays(folder, 1), flip_record(folder, 3), "told_4", "told_5"
    (folder / SHARDS / "001.tar").unlink()
    with serving(telling()) as fake:
        report = write_all(folder, settings(fake), out)
    assert report.broken == broken
    assert (report.with_text, report.unfinished) == (2, 0)
    assert report.lines()[-1].startswith("4 of 6 chips ")
    assert report.lines()[-1].endswith(": told_1, told_3, told_4, told_5.")
    kept = (out / "texts.json").read_text(encoding="utf-8")
    assert TextsReport.model_validate_json(kept) == report
    assert Shards(out).ids == ("told_0", "told_2")
    assert writers(out) == [["grounded", "model:fake"]] * 2


def test_chips_that_break_once_they_have_texts_are_counted_once(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with serving(telling()) as fake:
        write_all(folder, settings(fake), out)
        name = flip_arrays(folder, 2)
        report = write_all(folder, settings(fake), out)
        assert len(fake.requests) == 5 * CHIPS
    assert report.broken == (name,)
    assert (report.with_text, report.without_text, report.unfinished) == (CHIPS - 1, 0, 0)
    assert name not in Shards(out).ids
    assert writers(out) == [["grounded", "model:fake"]] * (CHIPS - 1)


def test_two_runs_do_not_work_in_one_folder(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with serving(telling()) as fake, FileLock(out / ".texts.lock"):
        with pytest.raises(OutputNotWritableError, match="Another run"):
            write_all(folder, settings(fake), out)
        assert fake.requests == []


def test_chips_are_not_overwritten(folder: Path) -> None:
    with serving(telling()) as fake, pytest.raises(UsageError, match="another folder"):
        write_all(folder, settings(fake), folder)


def test_texts_of_another_model_are_not_mixed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with serving(telling()) as fake:
        write_all(folder, settings(fake), out)
        with pytest.raises(UsageError, match="another model"):
            write_all(folder, settings(fake, endpoint={"model": "other"}), out)


def test_every_level_of_every_chip_is_asked_for_once(folder: Path, tmp_path: Path) -> None:
    with serving(telling()) as fake:
        write_all(folder, settings(fake, limits={"concurrency": CHIPS}), tmp_path / "out")
    levels = [level_of(request) for request in fake.requests]
    assert {level: levels.count(level) for level in GOOD} == dict.fromkeys(GOOD, CHIPS)
