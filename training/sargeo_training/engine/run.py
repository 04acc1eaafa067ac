"""A whole run: its stages one after the other, each from the weights of the one before."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator
from pathlib import Path

import torch
import yaml
from rich.console import Console

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.tokens import Tokeniser
from sargeo.products.files import write_text
from sargeo_training.data.material import Material
from sargeo_training.engine.checkpoints import (
    BEST,
    LAST,
    load_best,
    load_into,
    read_saved,
    saved_tokeniser,
)
from sargeo_training.engine.material import gather, streams_of, tokeniser_for
from sargeo_training.engine.networks import (
    MAPPING_PARTS,
    new_network,
    take_from,
    take_published,
)
from sargeo_training.engine.stages import train_stage
from sargeo_training.engine.validation import stage_score
from sargeo_training.settings.config import Config, Stage, as_plain, read_config

SETTINGS = "run.yaml"
"""The settings of a run, in its folder."""


def pretrain(
    config: Config,
    folder: Path,
    *,
    data: Path | None = None,
    shards: Path | None = None,
    stage: str | None = None,
    start: str | None = None,
    resume: bool = False,
) -> Path:
    """Train through the stages of the settings.

    Parameters
    ----------
    config : Config
    folder : Path
        Of the run. Gets the settings, and a folder for each stage.
    data, shards : Path, optional
        Folders of the data sets and of chips, for stages that learn from labelled crops or chips.
    stage : str, optional
        Train this stage alone, from the weights of the one before it in the folder.
    start : str, optional
        Name or folder of a model whose tower and heads the first of these stages starts from,
        instead of from the stage before it, or from published or random weights.
    resume : bool
        Go on from the last checkpoint; without one, start.

    Returns
    -------
    Path
        The checkpoint with the weights of the last stage.

    Raises
    ------
    UsageError
        If the folder holds a run already, or one of other settings, or there is no such stage, or
        something is missing that the stages learn from.
    CheckpointRefusedError
        If published weights do not fit.
    """
    stages = [config.stage(stage)] if stage else list(config.stages)
    console = Console(stderr=True, soft_wrap=True, quiet=not first_process())
    if first_process():
        refuse_other_run(config, folder, resume=resume or stage is not None)
    say = console.print
    material = gather(config, stages, data=data, shards=shards, say=say)
    if first_process():  # only now: a call that is refused leaves nothing behind
        settle(config, folder)
    for each in stages:
        model = start if each == stages[0] else None
        before = None if model else _before(config, each, folder)
        network, tokeniser = _start(config, material, before)
        if before is None and not (resume and (folder / each.name / LAST).exists()):
            _take(network, config, model, console)
        _train(network, tokeniser, config, each, material, folder, console, resume=resume)
    return folder / stages[-1].name / BEST


def read_run(folder: Path) -> tuple[SarKnowlip, Config]:
    """Return the network of the last stage that has one, and its settings up to that stage.

    Parameters
    ----------
    folder : Path
        Of a run of `pretrain` or of rounds, see `sargeo_training.scio.rounds`.

    Raises
    ------
    UsageError, ModelDamagedError
        If the folder holds no run.
    """
    planned = read_config(folder / SETTINGS)
    begun = list(_begun(planned, folder))
    last = begun[-1] if begun else folder / planned.stages[0].name
    network, config = load_best(last)
    names = [stage.name for stage in config.stages]
    done = config.stages[: names.index(last.name) + 1]
    return network, config.model_copy(update={"stages": done})


def _begun(config: Config, folder: Path) -> Iterator[Path]:
    """Yield the folders of stages that have weights, as they follow each other."""
    rounds = itertools.takewhile(
        Path.exists, (folder / f"round-{number}" for number in itertools.count(1))
    )
    for place in (folder, *rounds):
        for stage in config.stages:
            if (place / stage.name / BEST).exists():
                yield place / stage.name


def first_process() -> bool:
    """Tell whether this is the process that speaks for all, before they are joined."""
    return int(os.environ.get("RANK", "0")) == 0


def settle(config: Config, folder: Path) -> None:
    """Write down the settings of a run, new or gone on with, unless another has the folder.

    Raises
    ------
    UsageError
        See `refuse_other_run`.
    """
    refuse_other_run(config, folder, resume=True)
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(as_plain(config), sort_keys=False, allow_unicode=True)
    write_text(folder / SETTINGS, text)


def refuse_other_run(config: Config, folder: Path, *, resume: bool) -> None:
    """Refuse a folder that is taken.

    Raises
    ------
    UsageError
        If it holds a run already and is not to go on, or one of other settings.
    """
    path = folder / SETTINGS
    if not path.exists():
        return
    if not resume:
        raise UsageError(
            f"{folder} holds a run already.", "Go on with --resume, or give another folder."
        )
    if read_config(path) != config:
        raise UsageError(
            f"{path} has other settings than those given.",
            "Go on with the settings of the run, or give another folder.",
        )


def _train(
    network: SarKnowlip,
    tokeniser: Tokeniser | None,
    config: Config,
    stage: Stage,
    material: Material,
    folder: Path,
    console: Console,
    *,
    resume: bool,
) -> None:
    def validate(network: SarKnowlip) -> float:
        score = stage_score(network, material, config, stage)
        if not math.isnan(score):
            console.print(f"validation {score:.4f}")
        return score

    train_stage(
        network,
        config,
        stage,
        streams_of(material, config, stage, tokeniser),
        folder / stage.name,
        validate=validate,
        say=console.print,
        resume=resume,
    )


def _before(config: Config, stage: Stage, folder: Path) -> Path | None:
    """Return the checkpoint of the stage before a stage, if it is not the first."""
    place = config.stages.index(stage)
    return folder / config.stages[place - 1].name / BEST if place else None


def _take(network: SarKnowlip, config: Config, model: str | None, console: Console) -> None:
    """Give a network the weights that a run starts from: of a model, else those published."""
    if model is not None:
        take_from(network, model, MAPPING_PARTS)
    else:
        take_published(network, config.network.published, console.print)


def _start(
    config: Config, material: Material, before: Path | None
) -> tuple[SarKnowlip, Tokeniser | None]:
    """Return what a stage starts from: a checkpoint, or random weights."""
    torch.manual_seed(config.seed)
    if before is None:
        tokeniser = tokeniser_for(config, material)
        return new_network(config, tokeniser), tokeniser
    saved = read_saved(before)
    tokeniser = saved_tokeniser(saved, config)
    network = new_network(config, tokeniser)
    load_into(network, saved["state"], before)
    return network, tokeniser
