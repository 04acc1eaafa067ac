"""From settings to a model: training, calibration, the model's folder and reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.memory import keep_freed_memory
from sargeo.model.storage import save_model
from sargeo_training.data.material import gather_chips
from sargeo_training.data.sources.every import load_all
from sargeo_training.engine.networks import model_spec
from sargeo_training.engine.run import first_process, pretrain, read_run
from sargeo_training.evaluation.calibration import best_threshold, fit_temperature
from sargeo_training.evaluation.language_metrics import language_page, write_language_report
from sargeo_training.evaluation.language_report import measure_language
from sargeo_training.evaluation.report import (
    Report,
    as_markdown,
    headlines,
    make_report,
    write_report,
)
from sargeo_training.evaluation.scoring import score_split
from sargeo_training.evaluation.worst import write_worst
from sargeo_training.images import Source
from sargeo_training.settings.config import Config


def pretrain_and_export(
    config: Config,
    folder: Path,
    *,
    data: Path | None,
    shards: Path | None,
    stage: str | None,
    start: str | None,
    resume: bool,
    threads: int,
) -> None:
    """Train by settings, then calibrate and export; see `sargeo_training.engine.run.pretrain`.

    ``model/``, ``report.json`` and ``report.md`` are added to the folder of the run once a stage
    has trained the heads; ``language.json`` and ``language.md`` by one that reads texts.
    """
    prepare(threads)
    pretrain(config, folder, data=data, shards=shards, stage=stage, start=start, resume=resume)
    last = config.stage(stage) if stage else config.stages[-1]
    done = config.stages[: config.stages.index(last) + 1]
    if first_process() and data and any(s.uses("landcover") for s in done):
        told = shards if last.texts else None
        export_run(folder, folder / "model", data, shards=told, threads=threads)


def export_run(
    run: Path, model: Path, data: Path, *, shards: Path | None = None, threads: int
) -> None:
    """Calibrate the weights of a run; write its model to ``model`` and reports to ``run``.

    It may still be training. With chips, a model with language is measured on the held-out ones.

    Raises
    ------
    UsageError
        If the run holds no checkpoint, or there are chips but the model has no language.
    """
    prepare(threads)
    network, config = read_run(run)
    if shards is not None and network.language is None:
        raise UsageError(
            f"The model of {run} has no language to measure on chips.", "Leave --shards out."
        )
    console = Console(stderr=True, soft_wrap=True)
    sources = load_all(data)
    report = _calibrate_and_report(network, config, sources, run)
    console.print(as_markdown(report))
    used = tuple(f"{s.name} ({s.licence})" for s in sources if s.weight > 0)
    spec = model_spec(config, used).model_copy(
        update={
            "temperature": report.temperature,
            "min_confidence": report.min_confidence,
            "figures": headlines(report),
        }
    )
    save_model(model, network, spec)
    if shards is not None:
        told = measure_language(network, config, gather_chips(shards, sources, say=console.print))
        write_language_report(told, run)
        console.print(language_page(told))


def _calibrate_and_report(
    network: SarKnowlip, config: Config, sources: Sequence[Source], folder: Path
) -> Report:
    validation = score_split(network, sources, "validation")
    temperature, min_confidence = fit_temperature(validation), best_threshold(validation)
    held_out = score_split(network, sources, "holdout")
    report = make_report(config.title, held_out, temperature, min_confidence)
    worst = write_worst(network, sources, held_out, min_confidence, folder / "worst")
    write_report(report, folder, worst)
    return report


def prepare(threads: int) -> None:
    """Set this process up to train on so many threads of the processor."""
    keep_freed_memory()
    torch.set_num_threads(threads)
