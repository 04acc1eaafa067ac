"""The bridge reads events, results and refusals of the command line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from sargeo_qgis.core.errors import CancelledError, PluginError
from sargeo_qgis.core.process import Child
from sargeo_qgis.core.sargeo import SargeoError, as_text, fetch, follow, parse_event


def printing(*lines: object, code: int = 0, errors: str = "") -> Child:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    program = (
        f"import sys; print({text!r}); sys.stderr.write({errors!r}); sys.stderr.flush(); "
        f"sys.exit({code})"
    )
    return Child([sys.executable, "-c", program], environment=os.environ)


def never() -> bool:
    return False


def ignore(event: str, facts: dict[str, Any]) -> None:
    pass


def test_events_reach_the_listener_in_order() -> None:
    heard = []
    child = printing(
        {"event": "start", "scene": "a.tif"},
        {"event": "progress", "phase": "map", "done": 1, "total": 2},
        "a library prints",
        {"event": "warning", "message": "uncalibrated"},
        {"event": "result", "objects": 3},
    )
    result = follow(child, lambda event, facts: heard.append((event, facts)), never)
    assert result == {"objects": 3}
    assert [event for event, _ in heard] == ["start", "progress", "text", "warning"]
    assert heard[2][1] == {"message": "a library prints"}


def test_a_refusal_keeps_its_words() -> None:
    refusal = {
        "event": "error",
        "code": "scene",
        "problem": "x.tif has no CRS.",
        "remedy": "Assign one.",
        "exit_code": 3,
    }
    with pytest.raises(SargeoError) as caught:
        follow(printing(refusal, code=3), ignore, never)
    assert (caught.value.problem, caught.value.remedy) == ("x.tif has no CRS.", "Assign one.")
    assert caught.value.code == "scene"


def test_exit_code_130_is_a_cancel() -> None:
    with pytest.raises(CancelledError):
        follow(printing({"event": "error", "code": "cancelled"}, code=130), ignore, never)


@pytest.mark.parametrize("lines", [[], ["[]"], ['{"event": "start"}']])
def test_a_run_without_a_result_is_refused(lines: list[str]) -> None:
    with pytest.raises(PluginError, match="without telling its result"):
        follow(printing(*lines), ignore, never)


def test_a_traceback_is_named_by_its_last_line() -> None:
    errors = "Traceback (most recent call last):\nValueError: no\n"
    with pytest.raises(PluginError, match="exit code 1: ValueError: no"):
        follow(printing(code=1, errors=errors), ignore, never)


def test_an_object_is_fetched() -> None:
    assert fetch(printing('{\n  "rows": 5\n}'), never) == {"rows": 5}


def test_a_written_refusal_keeps_its_words() -> None:
    errors = "Error: x.tif does not exist.\nWhat to do: Check the path.\n"
    with pytest.raises(SargeoError) as caught:
        fetch(printing(code=3, errors=errors), never)
    assert (caught.value.problem, caught.value.remedy) == (
        "x.tif does not exist.",
        "Check the path.",
    )


def test_doctor_tells_its_problems_with_code_4() -> None:
    assert fetch(printing('{"problems": ["no disk"]}', code=4), never, allowed=(4,)) == {
        "problems": ["no disk"]
    }


def test_a_refusal_of_several_lines_is_whole() -> None:
    errors = (
        "GDAL: something\nError: 'a\nb' is\n no class.\n\nWhat to do: Give one of\n  trees,\n"
        "  water.\n"
    )
    with pytest.raises(SargeoError) as caught:
        fetch(printing(code=2, errors=errors), never)
    assert caught.value.problem == "'a\nb' is\n no class."
    assert caught.value.remedy == "Give one of\n  trees,\n  water."


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(PluginError, match="not a JSON object"):
        fetch(printing("hello"), never)


@pytest.mark.parametrize("line", ["", "text", "3", "null", '{"no": "event"}', "{"])
def test_a_line_that_is_no_event_is_text(line: str) -> None:
    assert parse_event(line) == ("text", {"message": line})


def test_the_command_can_be_pasted() -> None:
    command = ["sargeo", "map", "C:/My scenes/ä.tif"]
    assert as_text(command, platform="linux") == "sargeo map 'C:/My scenes/ä.tif'"
    assert as_text(command, platform="win32") == 'sargeo map "C:/My scenes/ä.tif"'


def test_the_real_command_line_refuses_in_both_ways(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sargeo_cli"]
    missing = str(tmp_path / "missing.tif")

    def child(*words: str) -> Child:
        return Child([*command, *words], environment=os.environ)

    with pytest.raises(SargeoError, match=r"missing.tif does not exist"):
        fetch(child("info", missing, "--json"), never)
    with pytest.raises(SargeoError, match=r"missing.tif does not exist"):
        follow(
            child("map", missing, "-o", str(tmp_path / "out"), "--progress", "jsonl"), ignore, never
        )
