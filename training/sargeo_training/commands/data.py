"""``sargeo train data``: chips from the open data or from scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_training.commands.options import MaybeDataOption, say


def make_data(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the chips.")],
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML of settings; by default the open data.")
    ] = None,
    data: MaybeDataOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
) -> None:
    """Cut chips from the open data or from your scenes, with what maps say of their ground.

    Called again, it goes on where it stopped.
    """
    from sargeo_training.data.chips.build import build
    from sargeo_training.data.chips.config import OPEN_DATA, BuildConfig

    settings = BuildConfig.read(config or OPEN_DATA)
    report = build(settings, output, data=data, workers=workers, tell=say)
    say(report.model_dump_json(indent=2))
