"""``sargeo train``: make a model from the data sets."""

from __future__ import annotations

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


@app.command()
def pretrain(
    config: Annotated[
        Path, typer.Option("--config", help="YAML of settings; tiny.yaml is sargeo's own.")
    ],
    data: DataOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")],
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE to change a setting, such as seed=1; repeatable."),
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="Train this stage alone, from the one before it.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of the run.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="Of the processor.")] = 2,
) -> None:
    """Train a model by settings, calibrate it, and write model and report.

    On many devices: torchrun --nproc-per-node N -m sargeo_training pretrain …
    """
    from sargeo_training.engine.config import read_config
    from sargeo_training.run import pretrain_and_export

    pretrain_and_export(
        read_config(config, change or ()),
        data,
        output,
        stage=stage,
        resume=resume,
        threads=threads,
    )


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run, finished or not.")],
    data: DataOption,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Model folder; by default RUN/model.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Of the processor.")] = 2,
) -> None:
    """Calibrate the best weights of a run; write its model and its report."""
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
