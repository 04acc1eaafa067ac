"""``sargeo train``: make a model from the data sets."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sargeo.errors import EnvironmentLackError

app = typer.Typer(name="train", no_args_is_help=True, add_completion=False)

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
ToldArgument = Annotated[Path, typer.Argument(help="Folder of chips with texts.")]
ScioConfigOption = Annotated[
    Path, typer.Option("--config", help="YAML of settings; scio.yaml is sargeo's own.")
]
FirstWeightsOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="Model to take tower and heads of, by name or folder; or folder of a trained stage, "
        "as RUN/texts, to take all of.",
    ),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on from the last checkpoint of the run.")
]
ThreadsOption = Annotated[int, typer.Option(min=1, help="Of the processor.")]


@app.callback()
def train() -> None:
    """Train, calibrate and export models."""
    if find_spec("sklearn") is None:
        raise EnvironmentLackError(
            "Training needs scikit-learn, which is not installed.",
            "Install sargeo with its training extra: pip install sargeo[train].",
        )


@app.command("data")
def make_data(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the chips.")],
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML of settings; by default the open data.")
    ] = None,
    data: MaybeDataOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Cut chips from the open data or from your scenes, with what maps say of their ground.

    Called again, it goes on where it stopped.
    """
    from sargeo_training.data.chips.build import build
    from sargeo_training.data.chips.config import OPEN_DATA, BuildConfig

    settings = BuildConfig.read(config or OPEN_DATA)
    report = build(settings, output, data=data, workers=workers, tell=_say)
    _say(report.model_dump_json(indent=2))


@app.command()
def texts(
    chips: Annotated[Path, typer.Argument(help="Folder of chips.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of chips with texts.")],
    model: Annotated[
        Path | None,
        typer.Option("--model", help="YAML that names a language model; by default from facts."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the wording of facts.")] = 0,
) -> None:
    """Write texts about chips: from their facts alone, or by a language model.

    Called again, it goes on where it stopped.
    """
    if model is None:
        from sargeo_training.text.write_facts import write_facts

        _say(f"{write_facts(chips, output, seed, say=_say)} chips have texts.")
        return
    from sargeo_training.text.write_texts import write_texts

    for line in write_texts(chips, model, output).lines():
        _say(line)


@app.command()
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


@app.command()
def scio(
    shards: ToldArgument,
    config: ScioConfigOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")],
    rounds: Annotated[int, typer.Option(min=1, help="Of screening and reconstruction.")] = 1,
    start: FirstWeightsOption = None,
    noise: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=0.9,
            help="Share of what can be wrong to make wrong, to see what is found.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of wrong clauses and of wording.")] = 0,
    data: MaybeDataOption = None,
    change: ChangeOption = None,
    threads: ThreadsOption = 2,
) -> None:
    """Train on texts, leave out clauses that do not fit their image, fill them anew, and so on.

    Called again, it goes on where it stopped.
    """
    from sargeo_training.engine.export import prepare
    from sargeo_training.scio.run import run_rounds
    from sargeo_training.settings.config import read_config

    prepare(threads)
    run_rounds(
        read_config(config, change or ()),
        shards,
        output,
        rounds=rounds,
        noise=noise,
        seed=seed,
        start=start,
        data=data,
        say=_say,
    )
    decisions(output)


@app.command("scio-ablation")
def scio_ablation(
    shards: ToldArgument,
    config: ScioConfigOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the runs.")],
    start: FirstWeightsOption = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(min=0, help="Of an own run of all arms; repeatable. 0, 1 and 2 by default."),
    ] = None,
    noise: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of what can be wrong to make wrong.")
    ] = 0.2,
    data: MaybeDataOption = None,
    change: ChangeOption = None,
    threads: ThreadsOption = 2,
) -> None:
    """Measure what the losses, screening and reconstruction of scio are worth, on real chips.

    Called again, it goes on where it stopped.
    """
    from sargeo_training.engine.export import prepare
    from sargeo_training.scio.ablation import run_ablation
    from sargeo_training.settings.config import read_config

    prepare(threads)
    run_ablation(
        read_config(config, change or ()),
        shards,
        output,
        seeds=seed or (0, 1, 2),
        noise=noise,
        start=start,
        data=data,
        say=_say,
    )


@app.command()
def decisions(
    run: Annotated[Path, typer.Argument(help="Folder of a run of scio, finished or not.")],
) -> None:
    """Write a page of what the last round of scio suspected; sum up all rounds."""
    from sargeo_training.scio.rounds import review

    for line in review(run):
        _say(line)


@app.command("finetune")
def make_own(
    scene: Annotated[Path, typer.Argument(help="Scene that polygons were drawn on.")],
    polygons: Annotated[Path, typer.Argument(help="Vector file of polygons.")],
    classes: Annotated[str, typer.Option(help="Field that names the class of each polygon.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")],
    start: Annotated[
        str, typer.Option("--from", help="Model to start from, by name or folder.")
    ] = "sargeo-tiny",
    assume: Annotated[
        str | None, typer.Option(help="What the scene's file does not say, as for sargeo map.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="To train.")] = 300,
    seed: Annotated[int, typer.Option(help="Of batches, and of what validates.")] = 0,
    resume: ResumeOption = False,
    threads: ThreadsOption = 2,
) -> None:
    """Make a model for classes of your own, from polygons on a scene.

    Map with it: sargeo map SCENE -o OUT --model RUN/model
    """
    from sargeo_training.engine.export import prepare
    from sargeo_training.engine.finetune import finetune

    prepare(threads)
    finetune(
        scene,
        polygons,
        classes,
        output,
        start=start,
        assume=assume,
        steps=steps,
        seed=seed,
        resume=resume,
    )


@app.command()
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


@app.command()
def baselines(
    data: DataOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the reports.")],
    threads: ThreadsOption = 2,
) -> None:
    """Fit and measure the plain methods that the model has to beat."""
    from sargeo_training.evaluation.baselines.score import measure_baselines

    measure_baselines(data, output, threads=threads)


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders with a report each.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Markdown file to write.")],
) -> None:
    """Put the reports of runs and plain methods into one table."""
    from sargeo_training.evaluation.ablation import write_ablations

    write_ablations(runs, output)


def _say(line: str) -> None:
    typer.echo(line, err=True)
