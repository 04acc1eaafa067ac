"""From settings to a model: training, calibration, the model's folder and a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from sargeo.model.memory import keep_freed_memory
from sargeo.model.storage import save_model
from sargeo_training.engine.config import Config
from sargeo_training.engine.networks import model_spec
from sargeo_training.engine.run import first_process, pretrain, read_run
from sargeo_training.evaluate import score_split
from sargeo_training.report import as_markdown, headlines, make_report, write_report
from sargeo_training.sheet import Source
from sargeo_training.sources.every import load_all
from sargeo_training.validation import best_threshold, fit_temperature
from sargeo_training.worst import write_worst


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

    ``model/``, ``report.json`` and ``report.md`` are added to the folder of the run if its last
    stage has trained the heads.
    """
    _prepare(threads)
    pretrain(config, folder, data=data, shards=shards, stage=stage, start=start, resume=resume)
    last = config.stage(stage) if stage else config.stages[-1]
    if first_process() and data and last.uses("landcover"):
        export_run(folder, folder / "model", data, threads=threads)


def export_run(run: Path, model: Path, data: Path, *, threads: int) -> None:
    """Calibrate the best weights of a run; write its model to ``model`` and a report to ``run``.

    It may still be training.
    """
    _prepare(threads)
    _finish(run, model, load_all(data))


def _finish(run: Path, model: Path, sources: Sequence[Source]) -> None:
    network, config = read_run(run)
    validation = score_split(network, sources, "validation")
    temperature, min_confidence = fit_temperature(validation), best_threshold(validation)
    held_out = score_split(network, sources, "holdout")
    report = make_report(config.title, held_out, temperature, min_confidence)
    used = tuple(f"{s.name} ({s.licence})" for s in sources if s.weight > 0)
    spec = model_spec(config, used).model_copy(
        update={
            "temperature": temperature,
            "min_confidence": min_confidence,
            "figures": headlines(report),
        }
    )
    save_model(model, network, spec)
    worst = write_worst(network, sources, held_out, min_confidence, run / "worst")
    write_report(report, run, worst)
    Console(stderr=True, soft_wrap=True).print(as_markdown(report))


def _prepare(threads: int) -> None:
    keep_freed_memory()
    torch.set_num_threads(threads)
