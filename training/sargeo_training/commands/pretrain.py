"""``sargeo train pretrain`` and ``export``: a model from settings, and from a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_training.commands.options import (
    ChangeOption,
    DataOption,
    MaybeDataOption,
    ResumeOption,
    ThreadsOption,
)


def pretrain(
    config: Annotated[
        Path, typer.Option("--config", help="YAML of settings; tiny.yaml is sargeo's own.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")],
    data: MaybeDataOption = None,
    shards: Annotated[
        Path | None, typer.Option(help="Folder of chips with texts, where needed.")
    ] = None,
    change: ChangeOption = None,
    stage: Annotated[
        str | None,
        typer.Option(help="Train this stage alone, from the one before it or from --from."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Model to take tower and heads from, by name or folder."),
    ] = None,
    resume: ResumeOption = False,
    threads: ThreadsOption = 2,
) -> None:
    """Train a model by settings, calibrate it, and write model and report.

    On many devices: torchrun --nproc-per-node N -m sargeo_training pretrain …
    """
    from sargeo_training.engine.export import pretrain_and_export
    from sargeo_training.settings.config import read_config

    pretrain_and_export(
        read_config(config, change or ()),
        output,
        data=data,
        shards=shards,
        stage=stage,
        start=start,
        resume=resume,
        threads=threads,
    )


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run, finished or not.")],
    data: DataOption,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Model folder; by default RUN/model.")
    ] = None,
    shards: Annotated[
        Path | None, typer.Option(help="Folder of chips with texts, to measure language on.")
    ] = None,
    threads: ThreadsOption = 2,
) -> None:
    """Calibrate the weights of a run; write its model and its reports."""
    from sargeo_training.engine.export import export_run

    export_run(run, output or run / "model", data, shards=shards, threads=threads)
