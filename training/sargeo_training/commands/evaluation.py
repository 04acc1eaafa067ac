"""``sargeo train baselines`` and ``compare``: what a model is measured against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_training.commands.options import DataOption, ThreadsOption


def baselines(
    data: DataOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the reports.")],
    threads: ThreadsOption = 2,
) -> None:
    """Fit and measure the plain methods that the model has to beat."""
    from sargeo_training.evaluation.baselines.score import measure_baselines

    measure_baselines(data, output, threads=threads)


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders with a report each.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Markdown file to write.")],
) -> None:
    """Put the reports of runs and plain methods into one table."""
    from sargeo_training.evaluation.ablation import write_ablations

    write_ablations(runs, output)
