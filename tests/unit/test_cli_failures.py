"""Whatever ends a command is told in two sentences, with its exit code."""

from __future__ import annotations

import errno
import json

import pytest
import typer

from sargeo.errors import InputError, UsageError
from sargeo_cli.failures import describe_failure, present_failure


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [
        (InputError("x.tif is odd.", "Mend it."), 3, "input_refused"),
        (typer.BadParameter("'many' is not a valid integer."), 2, "usage"),
        (MemoryError(), 5, "out_of_memory"),
        (OSError(errno.ENOSPC, "No space left on device", "out.tif"), 4, "disk_full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), 4, "disk_full"),
        (KeyboardInterrupt(), 130, "cancelled"),
        (OSError(errno.EIO, "Input/output error"), 4, "environment"),
        (OSError("A driver's own words.\nMore of them"), 4, "environment"),
        (OSError(), 4, "environment"),
        (PermissionError(errno.EACCES, "Permission denied", "model"), 4, "environment"),
        (FileNotFoundError(errno.ENOENT, "No such file", "model"), 4, "environment"),
        (ValueError("first line\nsecond line"), 1, "error"),
        (RuntimeError(), 1, "error"),
    ],
)
def test_every_error_has_an_exit_code_and_two_sentences(
    error: BaseException, exit_code: int, code: str
) -> None:
    failure = describe_failure(error)
    assert (failure.exit_code, failure.code) == (exit_code, code)
    assert "\n" not in failure.problem
    assert failure.remedy.endswith(".")


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "spec.json"),
            "The system does not let sargeo use spec.json (Permission denied).",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "spec.json"),
            "spec.json is not there (No such file or directory).",
        ),
        (
            OSError(errno.EIO, "Input/output error", "spec.json"),
            "The system refused what was asked of it at spec.json (Input/output error).",
        ),
        (OSError("Odd."), "The system refused what was asked of it (Odd)."),
        (ConnectionResetError(), "The system refused what was asked of it (ConnectionResetError)."),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "The disk is full at x."),
    ],
)
def test_what_the_system_refuses_names_the_file_and_the_cause(error: OSError, problem: str) -> None:
    assert describe_failure(error).problem == problem


def test_errors_for_people_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    present_failure(InputError("No [bold] scene.", "Give one."), json_lines=False)
    captured = capsys.readouterr()
    assert captured.err == "Error: No [bold] scene.\nWhat to do: Give one.\n"
    assert captured.out == ""


def test_errors_for_programs_are_a_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    present_failure(UsageError("Wrong.", "Right."), json_lines=True)
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "event": "error",
        "code": "usage",
        "problem": "Wrong.",
        "remedy": "Right.",
        "exit_code": 2,
    }
    assert captured.err == ""
