"""``sargeo train scio``, ``scio-ablation`` and ``decisions``: screening and infilling."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_training.commands.options import ChangeOption, MaybeDataOption, ThreadsOption, say

ShardsArgument = Annotated[Path, typer.Argument(help="Folder of chips with texts.")]
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


def scio(
    shards: ShardsArgument,
    config: ScioConfigOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")],
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of screening and reconstruction.")] = 1,
    start: FirstWeightsOption = None,
    noise: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=0.9,
            help="Fraction of the corruptible clauses to corrupt, to measure what is found.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Random seed of clause corruption and wording.")
    ] = 0,
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
        say=say,
    )
    decisions(output)


def scio_ablation(
    shards: ShardsArgument,
    config: ScioConfigOption,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the runs.")],
    start: FirstWeightsOption = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(
            min=0,
            help="Random seed of a run of all variants; repeatable; 0, 1, 2 by default.",
        ),
    ] = None,
    noise: Annotated[
        float,
        typer.Option(min=0.01, max=0.9, help="Fraction of the corruptible clauses to corrupt."),
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
        say=say,
    )


def decisions(
    run: Annotated[Path, typer.Argument(help="Folder of a run of scio, finished or not.")],
) -> None:
    """Write a page of what the last round of scio suspected; sum up all rounds."""
    from sargeo_training.scio.rounds import review

    for line in review(run):
        say(line)
