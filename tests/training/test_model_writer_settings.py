"""Settings, prices and the cache of the language model's texts."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

import sargeo_training.text.cache as cache_module
from sargeo.errors import OutputNotWritableError, UsageError
from sargeo_training.text.cache import AnswerCache, answer_key
from sargeo_training.text.endpoint_settings import WriterSettings, read_writer_settings

EXAMPLE = Path(cache_module.__file__).with_name("endpoint.yaml")


def test_the_example_names_every_setting_and_its_default() -> None:
    shown = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    settings = read_writer_settings(EXAMPLE)
    assert settings.model_dump(mode="json") == shown
    call = {"base_url": shown["endpoint"]["base_url"], "model": shown["endpoint"]["model"]}
    assert settings == WriterSettings.model_validate({"endpoint": call})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit": {"concurrency": 3}}, "unknown key limit; the nearest known one is limits"),
        ({"limits": {"concurrency": 0}}, "limits.concurrency"),
        ({"endpoint": {"base_url": "ftp://host"}}, "https://"),
        ({"endpoint": {"base_url": "https://me:secret@host/v1"}}, "key_variable"),
        ({"endpoint": {"base_url": "https://host/v1?key=secret"}}, "key_variable"),
        ({"prices": {"budget": 5.0}}, "a budget needs"),
        ({"answers": {"format": "xml"}}, "answers.format"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    values = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    values |= {part: values.get(part, {}) | change for part, change in changes.items()}
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_writer_settings(path)
    assert words in caught.value.problem
    assert "secret" not in caught.value.problem


@pytest.mark.parametrize("text", ["", "a: [1", "- 1"], ids=["empty", "broken", "list"])
def test_what_is_no_settings_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"settings\.yaml"):
        read_writer_settings(path)


def test_a_settings_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_writer_settings(tmp_path / "none.yaml")


def test_the_key_depends_on_request_and_picture() -> None:
    request = {"model": "m", "prompt": "Müller"}
    keys = {
        answer_key(request, b"a"),
        answer_key(request, b"b"),
        answer_key({**request, "model": "n"}, b"a"),
    }
    assert len(keys) == 3
    assert answer_key(dict(reversed(request.items())), b"a") in keys


def test_an_answer_is_found_again(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers")
    assert cache.get("abc") is None
    cache.put("abc", "Ein schöner Hafen\n")
    assert AnswerCache(tmp_path / "answers").get("abc") == "Ein schöner Hafen\n"


def test_writers_of_one_answer_leave_a_whole_one(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path)
    texts = [str(number) * 100_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: cache.put("abc", text), texts))
    assert cache.get("abc") in texts
    assert [file.suffix for file in tmp_path.rglob("*.*")] == [".json"]


def _put(folder: str) -> None:
    cache = AnswerCache(Path(folder))
    for number in range(20):
        cache.put(f"key{number}", "the same answer")


def test_processes_share_a_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_put, args=(str(tmp_path),)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    cache = AnswerCache(tmp_path)
    assert {cache.get(f"key{number}") for number in range(20)} == {"the same answer"}


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputNotWritableError, match="answers"):
        AnswerCache(tmp_path / "answers").put("abc", "text")
