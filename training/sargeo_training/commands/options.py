"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path, typer.Option("--data", envvar="SARGEO_DATA", help="Folder of the data sets.")
]
MaybeDataOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="SARGEO_DATA", help="Folder of the data sets, where needed."),
]
ChangeOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="KEY=VALUE to change a setting, such as seed=1; repeatable."),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on from the last checkpoint of the run.")
]
ThreadsOption = Annotated[int, typer.Option(min=1, help="CPU threads.")]


def say(line: str) -> None:
    """Write a line of progress, apart from output that is piped on."""
    typer.echo(line, err=True)
