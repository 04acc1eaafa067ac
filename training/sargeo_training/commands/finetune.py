"""``sargeo train finetune``: a model for classes of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_training.commands.options import ResumeOption, ThreadsOption


def finetune(
    scene: Annotated[Path, typer.Argument(help="Scene that polygons were drawn on.")],
    polygons: Annotated[Path, typer.Argument(help="Vector file of polygons.")],
    classes: Annotated[str, typer.Option(help="Field that names the class of each polygon.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")],
    start: Annotated[
        str, typer.Option("--from", help="Model to start from, by name or folder.")
    ] = "sargeo-tiny",
    assume: Annotated[
        str | None, typer.Option(help="Metadata that the scene's file lacks, as for sargeo map.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Training steps.")] = 300,
    seed: Annotated[
        int, typer.Option(help="Random seed of batches and of the validation split.")
    ] = 0,
    resume: ResumeOption = False,
    threads: ThreadsOption = 2,
) -> None:
    """Make a model for classes of your own, from polygons on a scene.

    Map with it: sargeo map SCENE -o OUT --model RUN/model
    """
    from sargeo_training.engine.export import prepare
    from sargeo_training.engine.finetune import finetune as run

    prepare(threads)
    run(
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
