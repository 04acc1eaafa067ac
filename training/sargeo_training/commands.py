"""``sargeo train``: make a model from the data sets."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sargeo.errors import EnvironmentLackError

app = typer.Typer(name="train", no_args_is_help=True)

DataOption = Annotated[
    Path, typer.Option("--data", envvar="SARGEO_DATA", help="Folder of the data sets.")
]


@app.callback()
def train() -> None:
    """Train, calibrate and export models."""
    if find_spec("sklearn") is None:
        raise EnvironmentLackError(
            "Training needs scikit-learn, which is not installed.",
            "Install sargeo with its training extra: pip install sargeo[train].",
        )


class Part(StrEnum):
    """What a run can do without, to see what it is worth."""

    simulator = "simulator"
    polygons = "polygons"
    sar_augmentation = "sar-augmentation"


@app.command()
def tiny(
    data: DataOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")],
    minutes: Annotated[float, typer.Option(min=0.1, help="Time to train.")] = 60.0,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Train so many steps instead: repeatable.")
    ] = None,
    without: Annotated[
        list[Part] | None, typer.Option(help="Leave out a part; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights and of batches.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Of the processor.")] = 2,
) -> None:
    """Train sargeo-tiny from random weights, calibrate it, and write model and report."""
    from sargeo_training.recipe import Recipe
    from sargeo_training.run import train_tiny

    left_out = {part.name: False for part in without or ()}
    recipe = Recipe(seed=seed).model_copy(update=left_out)
    train_tiny(data, output, recipe, minutes=minutes, steps=steps, threads=threads)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run, finished or not.")],
    data: DataOption,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Model folder; by default RUN/model.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Of the processor.")] = 2,
) -> None:
    """Calibrate the last checkpoint of a run; write its model and its report."""
    from sargeo_training.run import export_run

    export_run(run, output or run / "model", data, threads=threads)


@app.command()
def baselines(
    data: DataOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the reports.")],
    threads: Annotated[int, typer.Option(min=1, help="Of the processor.")] = 2,
) -> None:
    """Fit and measure the plain methods that the model has to beat."""
    from sargeo_training.baselines.score import measure_baselines

    measure_baselines(data, output, threads=threads)


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders with a report each.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Markdown file to write.")],
) -> None:
    """Put the reports of runs and plain methods into one table."""
    from sargeo_training.ablation import write_ablations

    write_ablations(runs, output)
