"""The history keeps what runs were, whatever became of its file."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sargeo_qgis.core import history
from sargeo_qgis.core.errors import PluginError
from sargeo_qgis.core.history import CANCELLED, DONE, FAILED, KEPT_RUNS, History, Run

RUN = Run(
    started="2026-11-21T08:00:00",
    seconds=12.5,
    parameters={"SCENE": "/scenes/Hafen ä.tif", "CELL_SIZE": 500.0, "PRODUCTS": [0, 1]},
    command="sargeo map 'Hafen ä.tif' -o out",
    outcome=DONE,
    products={"LANDCOVER": "/out/Hafen ä_landcover.tif"},
    log=("first", "last"),
)

# Each would keep the panel from showing any run.
DAMAGES: list[dict[str, object]] = [
    {"outcome": "paused"},
    {"outcome": ["done"]},
    {"started": "yesterday"},
    {"started": 20261121},
    {"seconds": "12"},
    {"seconds": float("nan")},
    {"seconds": None},
    {"parameters": {}},
    {"parameters": ["SCENE"]},
    {"command": None},
    {"message": 3},
    {"products": ["/out/x.tif"]},
    {"products": {"LANDCOVER": None}},
    {"log": [1, 2]},
]

# Names on Linux are bytes: Python keeps those that are no text as lone surrogates.
TEXTS = st.text(st.characters(codec=None))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile ü" / "sargeo" / "runs"


def test_there_are_no_runs_before_the_first(path: Path) -> None:
    assert History(path).runs() == []


def test_the_youngest_is_first(path: Path) -> None:
    for outcome in (DONE, FAILED, CANCELLED):
        History(path).add(replace(RUN, outcome=outcome))
    assert [run.outcome for run in History(path).runs()] == [CANCELLED, FAILED, DONE]


@given(scene=TEXTS, message=TEXTS, log=st.lists(TEXTS).map(tuple))
def test_a_run_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, scene: str, message: str, log: tuple[str, ...]
) -> None:
    kept = History(tmp_path_factory.mktemp("profile") / "runs")
    run = replace(RUN, parameters={"SCENE": scene}, message=message, log=log)
    kept.add(RUN)
    kept.add(run)
    assert kept.runs() == [run, RUN]


def test_the_oldest_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_RUNS", 3)
    for second in range(5):
        History(path).add(replace(RUN, seconds=second))
    assert [run.seconds for run in History(path).runs()] == [4, 3, 2]
    assert KEPT_RUNS >= 20, "too few to be of use"


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "null",
        "[]",
        "3",
        "{}",
        '{"log": 3}',
        json.dumps({**asdict(RUN), "colour": "of an older plugin"}),
        json.dumps({name: value for name, value in asdict(RUN).items() if name != "outcome"}),
        *(json.dumps({**asdict(RUN), **damage}) for damage in DAMAGES),
    ],
)
def test_a_broken_file_costs_only_itself(path: Path, broken: str) -> None:
    kept = History(path)
    for _ in range(3):
        kept.add(RUN)
    sorted(path.iterdir())[1].write_text(broken, encoding="utf-8")
    assert kept.runs() == [RUN] * 2
    kept.add(RUN)
    assert kept.runs() == [RUN] * 3


def test_a_file_that_is_no_text_costs_only_itself(path: Path) -> None:
    kept = History(path)
    kept.add(RUN)
    (path / "0.json").write_bytes(b"\xff\xfe\x00")
    assert kept.runs() == [RUN]


def test_a_write_that_fails_leaves_the_old_runs(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = History(path)
    kept.add(RUN)

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(PluginError, match="No space left on device"):
            kept.add(RUN)
    assert kept.runs() == [RUN]


def test_two_windows_lose_no_run_of_each_other(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: History(path).add(replace(RUN, seconds=number)), range(40)))
    assert {run.seconds for run in History(path).runs()} == set(range(40))


def test_clearing_forgets_all(path: Path) -> None:
    kept = History(path)
    kept.add(RUN)
    kept.clear()
    assert kept.runs() == []
    assert list(path.iterdir()) == []


def test_a_file_that_is_open_elsewhere_stays_for_another_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, missing_ok: bool) -> None:
        raise PermissionError(13, "The process cannot access the file")

    kept = History(path)
    kept.add(RUN)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        patched.setattr(history, "KEPT_RUNS", 1)
        kept.add(RUN)
        kept.clear()
    assert kept.runs() == [RUN] * 2


def test_a_run_is_called_after_its_scene() -> None:
    assert RUN.scene == "Hafen ä.tif"
