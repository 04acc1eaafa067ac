"""What is said when a command fails: one sentence on the problem, one on the remedy."""

from __future__ import annotations

import errno
import json

import typer

from sargeo.errors import (
    CancelledError,
    DiskFullError,
    EnvironmentLackError,
    OutOfMemoryError,
    SargeoError,
    UsageError,
)
from sargeo_cli.page import BAD, TITLE, Page

DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


def describe_failure(error: BaseException) -> SargeoError:
    """Turn whatever ended a command into a problem and a remedy.

    What was noted on its way up, such as unfinished work that stays, belongs to the problem.
    """
    failure = _failure(error)
    notes = getattr(error, "__notes__", [])
    return type(failure)(" ".join([failure.problem, *notes]), failure.remedy) if notes else failure


def _failure(error: BaseException) -> SargeoError:
    match error:
        case SargeoError():
            return error
        case typer.TyperException():
            return _usage_error(error)
        case KeyboardInterrupt():
            return CancelledError(
                "The command was cancelled.",
                "Run it again to start from the beginning; add --overwrite where it was writing "
                "products.",
            )
        case MemoryError():
            return OutOfMemoryError(
                "The memory of this machine ran out.",
                "Close other programs, or use a smaller --batch-size or --aoi.",
            )
        case OSError():
            return _refused_by_system(error)
    return SargeoError(
        f"sargeo met something it did not foresee: {type(error).__name__}: {_first_line(error)}",
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


def _refused_by_system(error: OSError) -> EnvironmentLackError:
    """Return what is said of files, disks and networks where nothing nearer to them has said it."""
    cause = (error.strerror or _first_line(error) or type(error).__name__).rstrip(".")
    at = f" at {error.filename}" if error.filename else ""
    if error.errno in DISK_FULL:
        return DiskFullError(
            f"The disk is full{at}.",
            "Free some space, or choose an output folder on another disk.",
        )
    if isinstance(error, PermissionError):
        return EnvironmentLackError(
            f"The system does not let sargeo use {error.filename or 'a file'} ({cause}).",
            "Get the right to read and write there, and close other programs that hold it open.",
        )
    if isinstance(error, FileNotFoundError):
        return EnvironmentLackError(
            f"{error.filename or 'A file'} is not there ({cause}).",
            "Check the path, and leave the file where it is until the command has ended.",
        )
    return EnvironmentLackError(
        f"The system refused what was asked of it{at} ({cause}).",
        "Connect the disk or network again, and run the command again; add --overwrite where it "
        "was writing products.",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
