"""How runs show themselves."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from sargeo.reporting import Progress, Silent
from sargeo_cli.progress import (
    ProgressStyle,
    RichReporter,
    reporting,
    wants_json_lines,
)
from sargeo_cli.render import show_result


def tell_everything(reporter) -> None:
    reporter.start({"scene": "x.tif", "windows": 4, "model": "m", "device": "cpu"})
    reporter.progress(Progress("map", 1, 4))
    reporter.progress(Progress("map", 3, 4, mpx_per_s=1.234, eta_s=83.4))
    reporter.warning("The scene [x] is small.")


def test_json_lines_are_one_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(ProgressStyle.jsonl) as reporter:
        tell_everything(reporter)
    result = {"landcover": "x_landcover.tif"}
    show_result(result, ProgressStyle.jsonl, lambda: pytest.fail("no page"), as_json=False)
    captured = capsys.readouterr()
    assert [json.loads(line) for line in captured.out.splitlines()] == [
        {"event": "start", "scene": "x.tif", "windows": 4, "model": "m", "device": "cpu"},
        {
            "event": "progress",
            "phase": "map",
            "done": 1,
            "total": 4,
            "mpx_per_s": None,
            "eta_s": None,
        },
        {
            "event": "progress",
            "phase": "map",
            "done": 3,
            "total": 4,
            "mpx_per_s": 1.234,
            "eta_s": 83.4,
        },
        {"event": "warning", "message": "The scene [x] is small."},
        {"event": "result", "landcover": "x_landcover.tif"},
    ]
    assert captured.err == ""


def test_bars_tell_phase_windows_speed_and_time_left() -> None:
    screen = io.StringIO()
    reporter = RichReporter(Console(file=screen, width=100, force_terminal=True, color_system=None))
    with reporter.bars:
        tell_everything(reporter)
    shown = screen.getvalue()
    for words in ("x.tif: 4 windows, m on cpu", "Mapping", "1.23 Mpx/s", "0:01:23 left"):
        assert words in shown
    assert "Warning: The scene [x] is small." in shown


def test_bars_are_drawn_on_standard_error_only(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(ProgressStyle.auto) as reporter:
        tell_everything(reporter)
    captured = capsys.readouterr()
    assert "Mapping" in captured.err
    assert captured.out == ""


def test_none_is_silent() -> None:
    with reporting(ProgressStyle.none) as reporter:
        assert isinstance(reporter, Silent)


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["map", "--progress", "jsonl"], True),
        (["map", "--progress=jsonl"], True),
        (["map", "--progress", "auto", "jsonl"], False),
        (["map", "jsonl", "--progress"], False),
    ],
)
def test_json_lines_are_recognised_before_parsing(args: list[str], wanted: bool) -> None:
    assert wants_json_lines(args) is wanted
