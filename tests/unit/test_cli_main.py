"""The top of the command line: help, version, usage errors, tracebacks."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest
import typer

from sargeo_cli import joined, main


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make the diagnosis of ``sargeo doctor`` fail."""

    def install(error: BaseException) -> None:
        def diagnose() -> Any:
            raise error

        module = types.ModuleType("sargeo.diagnosis")
        module.diagnose = diagnose  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "sargeo.diagnosis", module)

    return install


def test_without_a_command_the_help_is_shown(cli) -> None:
    outcome = cli()
    assert outcome.code == 0
    assert "Commands:" in outcome.out


def test_the_version_is_printed(cli) -> None:
    import sargeo

    outcome = cli("--version")
    assert (outcome.code, outcome.out) == (0, f"sargeo {sargeo.__version__}\n")


@pytest.mark.parametrize(
    ("args", "named", "remedy"),
    [
        (["nonsense"], "nonsense", "See `sargeo --help`."),
        (["map", "x.tif"], "--output", "See `sargeo map --help`."),
        (
            ["map", "x.tif", "-o", "out", "--cell-size", "wide"],
            "--cell-size",
            "See `sargeo map --help`.",
        ),
        (["map", "x.tif", "-o", "out", "--nonsense"], "--nonsense", "See `sargeo map --help`."),
        (["model", "nonsense"], "nonsense", "See `sargeo model --help`."),
    ],
)
def test_usage_errors_name_the_option_and_the_help(cli, args, named, remedy) -> None:
    outcome = cli(*args)
    assert outcome.code == 2
    problem, advice = outcome.err.splitlines()
    assert problem.startswith("Error: ")
    assert named in problem
    assert advice == f"What to do: {remedy}"
    assert outcome.out == ""


@pytest.mark.parametrize("flag", [["--progress", "jsonl"], ["--progress=jsonl"]])
def test_usage_errors_are_json_lines_where_json_lines_are_asked_for(cli, flag) -> None:
    outcome = cli("map", "x.tif", "--nonsense", *flag)
    assert outcome.code == 2
    assert json.loads(outcome.out)["code"] == "usage"
    assert outcome.err == ""


def test_an_unforeseen_error_shows_no_traceback(cli, failing) -> None:
    failing(ZeroDivisionError("by zero"))
    outcome = cli("doctor")
    assert outcome.code == 1
    assert "ZeroDivisionError: by zero" in outcome.err
    assert "--debug" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("args", [["--debug", "doctor"], ["doctor", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(cli, failing, args) -> None:
    failing(ZeroDivisionError("by zero"))
    outcome = cli(*args)
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert "What to do: " in outcome.err


def test_a_name_that_is_no_utf8_is_refused(cli) -> None:
    """As Linux hands on the name of a file from a system of another code page."""
    outcome = cli("info", b"k\xfcste.tif".decode("utf-8", "surrogateescape"))
    assert outcome.code == 2
    assert outcome.err.startswith("Error: k\\udcfcste.tif is not written in UTF-8.")


def test_ctrl_c_is_told_as_cancelled(cli, failing) -> None:
    failing(KeyboardInterrupt())
    outcome = cli("doctor")
    assert outcome.code == 130
    assert outcome.err.startswith("Error: The command was cancelled.")


class Entry:
    """An entry point of a package that must not be imported for the help."""

    name = "train"
    module = "other_package.commands"

    def __init__(self) -> None:
        self.loaded = False
        self.app = typer.Typer()

        @self.app.command()
        def train(steps: int = 1) -> None:
            """Train a model."""
            if steps < 0:
                raise typer.Exit(7)
            typer.echo(f"trained {steps}")

    def load(self) -> typer.Typer:
        self.loaded = True
        return self.app


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> Entry:
    """Join a command to a fresh application."""
    entry = Entry()
    monkeypatch.setattr(joined, "entry_points", lambda group: [entry])
    app = typer.Typer()
    app.callback(invoke_without_command=True)(main.top)
    joined.join_commands(app)
    monkeypatch.setattr(main, "app", app)
    return entry


def test_joined_commands_are_listed_without_loading_them(cli, entry) -> None:
    outcome = cli("--help")
    assert "train" in outcome.out
    assert "other_package" in outcome.out
    assert not entry.loaded


def test_joined_commands_get_their_arguments_and_help(cli, entry) -> None:
    assert cli("train", "--steps", "3").out == "trained 3\n"
    assert "Train a model." in cli("train", "--help").out
    assert cli("train", "--steps", "-1").code == 7
    wrong = cli("train", "--steps", "many")
    assert wrong.code == 2
    assert "See `sargeo train --help`." in wrong.err
