"""How a long run shows itself: a bar for people, JSON lines for programs, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

import typer

from sargeo.reporting import Progress, Reporter, Silent
from sargeo_cli.page import console
from sargeo_cli.quantities import counted
from sargeo_cli.streams import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

PHASES = {
    "read": "Reading the scene",
    "map": "Mapping",
    "embed": "Encoding",
    "classify": "Classifying",
    "search": "Searching",
    "describe": "Describing",
    "finish": "Writing the products",
    "webmap": "Drawing the web page",
}


class ProgressStyle(StrEnum):
    """Values of ``--progress``."""

    auto = "auto"
    jsonl = "jsonl"
    none = "none"


def wants_json_lines(args: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON lines, even one that does not parse."""
    return "--progress=jsonl" in args or ("--progress", "jsonl") in pairwise(args)


@contextmanager
def reporting(style: ProgressStyle) -> Iterator[Reporter]:
    """Yield the reporter of a style; what it draws ends with the context."""
    match style:
        case ProgressStyle.jsonl:
            yield JsonLinesReporter()
        case ProgressStyle.none:
            yield Silent()
        case ProgressStyle.auto:
            reporter = RichReporter(console(stderr=True))
            with reporter.bars:
                yield reporter


def emit(event: str, facts: Mapping[str, object]) -> None:
    """Write one event as a JSON line on standard output."""
    typer.echo(json.dumps({"event": event, **facts}, default=str))


class JsonLinesReporter:
    """Writes every event as one JSON object on a line of standard output."""

    def start(self, facts: Mapping[str, object]) -> None:
        """Write the facts of the run."""
        emit("start", facts)

    def progress(self, progress: Progress) -> None:
        """Write how far the run is."""
        emit(
            "progress",
            {
                "phase": progress.phase,
                "done": progress.done,
                "total": progress.total,
                "mpx_per_s": progress.mpx_per_s,
                "eta_s": progress.eta_s,
            },
        )

    def warning(self, message: str) -> None:
        """Write a warning."""
        emit("warning", {"message": message})


class RichReporter:
    """Draws a bar for every phase on a console.

    Parameters
    ----------
    console : rich.console.Console
        On standard error, so that results can be piped.
    """

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bars

        self.bars = Bars(
            TextColumn("{task.description:<20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TextColumn("{task.fields[left]}"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def start(self, facts: Mapping[str, object]) -> None:
        """Print what is about to happen, on a line."""
        self.bars.console.print(
            f"{visible(str(facts['scene']))}: {counted(int(str(facts['windows'])), 'window')}, "
            f"{facts['model']} on {facts['device']}",
            soft_wrap=True,
        )

    def progress(self, progress: Progress) -> None:
        """Move the bar of the phase, adding it when it is new."""
        phase = progress.phase
        if phase not in self._tasks:
            self._tasks[phase] = self.bars.add_task(
                PHASES.get(phase, phase), total=progress.total, speed="", left=""
            )
        speed, eta_s = progress.mpx_per_s, progress.eta_s
        self.bars.update(
            self._tasks[phase],
            completed=progress.done,
            total=progress.total,
            speed="" if speed is None else f"{speed:.2f} Mpx/s",
            left="" if eta_s is None else f"{timedelta(seconds=round(eta_s))} left",
        )

    def warning(self, message: str) -> None:
        """Print a warning above the bars."""
        self.bars.console.print(visible(f"Warning: {message}"), style="yellow", markup=False)
