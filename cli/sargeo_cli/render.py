"""Results on standard output: one JSON document or a table for programs, a page for people."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer

from sargeo.errors import UsageError
from sargeo_cli.progress import ProgressStyle, emit
from sargeo_cli.streams import PlainStream

Facts = Mapping[str, Any]


def print_json(facts: object) -> None:
    """Print facts as one JSON document.

    In ASCII: PowerShell takes what a program prints for text in the console's code page. Numbers
    that JSON has none of, such as the NaN of a header, are null.
    """
    typer.echo(json.dumps(_finite(facts), indent=2, default=str, allow_nan=False))


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_csv(rows: Sequence[Facts]) -> None:
    """Print rows, which have the same keys, as comma-separated values under a line of titles."""
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    stream = PlainStream(sys.stdout)
    stream.write(table.getvalue())
    stream.flush()


def refuse_two_formats(**asked: bool) -> None:
    """Refuse to print in two formats at once.

    Parameters
    ----------
    **asked : bool
        Whether each format is asked for, by the name of its option.

    Raises
    ------
    sargeo.errors.UsageError
    """
    options = [f"--{name.replace('_', ' ')}" for name, wanted in asked.items() if wanted]
    if len(options) > 1:
        raise UsageError(
            f"{' and '.join(options)} both write to standard output.", "Give only one of them."
        )


def show_result(
    facts: Facts, progress: ProgressStyle, show: Callable[[], None], *, as_json: bool
) -> None:
    """Show what a run returned: as a JSON line, as a JSON document, or by ``show`` as a page."""
    if progress is ProgressStyle.jsonl:
        emit("result", facts)
    elif as_json:
        print_json(facts)
    else:
        show()
