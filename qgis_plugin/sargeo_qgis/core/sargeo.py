"""Speaking with the command line of sargeo: its events, its results, its refusals."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from .errors import CancelledError, PluginError
from .process import REPAIR, Child, describe_exit

#: Exit code of a run that was cancelled, and of one that the user cannot repair.
CANCELLED = 130

Facts = dict[str, Any]
Listener = Callable[[str, Facts], None]
"""Gets the name of an event ("start", "progress", "warning") and its further fields."""

Explanation = Callable[[int, Sequence[str]], PluginError]
"""Turns an exit code and the last lines of standard error into words."""

# How the command line writes a refusal for people.
_PROBLEM, _REMEDY = "Error: ", "What to do: "


class SargeoError(PluginError):
    """A refusal of sargeo.

    Parameters
    ----------
    problem, remedy : str
        In its own words.
    code : str
        Stable name of the kind of failure; empty where it was not told.
    """

    def __init__(self, problem: str, remedy: str, code: str = "") -> None:
        super().__init__(problem, remedy)
        self.code = code


def follow(
    child: Child,
    listen: Listener,
    cancelled: Callable[[], bool],
    *,
    explain: Explanation = describe_exit,
) -> Facts:
    """Follow a run that writes JSON lines; return the facts of its result.

    Parameters
    ----------
    child : Child
    listen : callable
        Gets the events.
    cancelled : callable
    explain : callable
        Puts an end without an error event into words.

    Raises
    ------
    CancelledError
        If the user cancelled.
    PluginError
        If the run failed, or ended without a result.
    """
    result: Facts | None = None
    failure: SargeoError | None = None
    with child:
        for line in child.lines(cancelled):
            event, facts = parse_event(line)
            if event == "result":
                result = facts
            elif event == "error":
                failure = _refusal(facts)
            else:
                listen(event, facts)
        code = child.exit_code()
    _raise_for(code, failure, child, explain)
    if result is None:
        raise PluginError(
            "sargeo ended without telling its result.",
            REPAIR,
        )
    return result


def fetch(child: Child, cancelled: Callable[[], bool], *, allowed: Sequence[int] = ()) -> Facts:
    """Run a command that prints one JSON object; return it.

    Parameters
    ----------
    child : Child
    cancelled : callable
    allowed : sequence of int
        Exit codes beside 0 with which the object is printed all the same.

    Raises
    ------
    CancelledError
        If the user cancelled.
    PluginError
        If the command failed.
    """
    text = read(child, cancelled, allowed=allowed)
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise PluginError(
            f"sargeo printed something that is not a JSON object: {text[:80]!r}.",
            REPAIR,
        ) from error


def read(child: Child, cancelled: Callable[[], bool], *, allowed: Sequence[int] = ()) -> str:
    """Run a command; return what it printed. See `fetch`."""
    with child:
        text = "\n".join(child.lines(cancelled))
        code = child.exit_code()
    if code not in allowed:
        _raise_for(code, _written_refusal(child.errors), child, describe_exit)
    return text


def parse_event(line: str) -> tuple[str, Facts]:
    """Read one line of standard output; a line that is no event becomes the event "text"."""
    try:
        facts = json.loads(line)
        return str(facts.pop("event")), facts
    except (ValueError, KeyError, AttributeError, TypeError):
        return "text", {"message": line}


def as_text(command: Sequence[str], *, platform: str) -> str:
    """Write a command as one line for the shell of a platform."""
    if platform == "win32":
        return subprocess.list2cmdline(command)
    return shlex.join(command)


def _raise_for(code: int, failure: SargeoError | None, child: Child, explain: Explanation) -> None:
    if code == CANCELLED:
        raise CancelledError
    if failure is not None:
        raise failure
    if code != 0:
        raise explain(code, list(child.errors))


def _refusal(facts: Facts) -> SargeoError:
    return SargeoError(
        str(facts.get("problem", "sargeo failed.")),
        str(facts.get("remedy", "")),
        str(facts.get("code", "")),
    )


def _written_refusal(errors: Sequence[str]) -> SargeoError | None:
    said: dict[str, list[str]] = {}
    mark = ""
    for line in errors:
        begun = next((m for m in (_PROBLEM, _REMEDY) if line.startswith(m)), "")
        mark = begun or mark
        # A sentence goes on over lines where a value does, or where a list follows.
        said.setdefault(mark, []).append(line[len(begun) :])
    if _PROBLEM not in said:
        return None
    problem, remedy = ("\n".join(said.get(m, [])).strip() for m in (_PROBLEM, _REMEDY))
    return SargeoError(problem, remedy)
