"""What is said when a command fails: one sentence on the problem, one on the remedy."""

from __future__ import annotations

import errno
import json

import typer

from sargeo.errors import (
    CancelledError,
    DiskFullError,
    OutOfMemoryError,
    SargeoError,
    UsageError,
)
from sargeo_cli.page import BAD, TITLE, Page

DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


def describe_failure(error: BaseException) -> SargeoError:
    """Turn whatever ended a command into a problem and a remedy."""
    match error:
        case SargeoError():
            return error
        case typer.TyperException():
            return _usage_error(error)
        case KeyboardInterrupt():
            return CancelledError(
                "The command was cancelled.", "Run it again to start from the beginning."
            )
        case MemoryError():
            return OutOfMemoryError(
                "The memory of this machine ran out.",
                "Close other programs, or use a smaller --batch-size or --aoi.",
            )
        case OSError(errno=number) if number in DISK_FULL:
            return DiskFullError(
                f"The disk is full{_where(error)}.",
                "Free some space, or choose an output folder on another disk.",
            )
    summary = (str(error).splitlines() or [""])[0]
    return SargeoError(
        f"sargeo met something it did not foresee: {type(error).__name__}: {summary}",
        "Run the command again with --debug, and report what it prints and what "
        "`sargeo doctor` says.",
    )


def present_failure(failure: SargeoError, *, json_lines: bool) -> None:
    """Print a failure: for people on standard error, as a JSON line on standard output."""
    if json_lines:
        event = {
            "event": "error",
            "code": failure.code,
            "problem": failure.problem,
            "remedy": failure.remedy,
            "exit_code": failure.exit_code,
        }
        typer.echo(json.dumps(event))
        return
    page = Page(stderr=True)
    page.labelled("Error:", failure.problem, BAD)
    page.labelled("What to do:", failure.remedy, TITLE)


def _usage_error(error: typer.TyperException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "sargeo"
    problem = error.format_message().rstrip(".")
    return UsageError(f"{problem}.", f"See `{command} --help`.")


def _where(error: OSError) -> str:
    return f" at {error.filename}" if error.filename else ""
