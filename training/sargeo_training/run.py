"""A whole training run: sources, training, calibration, model and report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.memory import keep_freed_memory
from sargeo.model.storage import save_model
from sargeo_training.augment import AUGMENTATIONS, PLAIN_AUGMENTATIONS
from sargeo_training.batches import Mixture, Prefetched
from sargeo_training.evaluate import score_split
from sargeo_training.fit import Budget, Log, Minutes, Steps, fit, load_checkpoint
from sargeo_training.recipe import Recipe, tiny_spec
from sargeo_training.report import as_markdown, headlines, make_report, write_report
from sargeo_training.sheet import Source
from sargeo_training.sources.every import load_all
from sargeo_training.validation import best_threshold, fit_temperature, validation_score
from sargeo_training.worst import write_worst


def train_tiny(
    data: Path,
    output: Path,
    recipe: Recipe,
    *,
    minutes: float,
    steps: int | None,
    threads: int,
) -> None:
    """Train sargeo-tiny, then calibrate and export it.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    output : Path
        Gets ``checkpoint.pt`` while training; ``model/``, ``report.json`` and ``report.md`` after.
    recipe : Recipe
    minutes : float
        Time to train, with validation, without loading and evaluation.
    steps : int or None
        Train so many steps instead.
    """
    console = _prepare(threads)
    sources = load_all(data, simulator=recipe.simulator, polygons=recipe.polygons)
    mixture = Mixture(
        sources,
        size=recipe.crop_px,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        augmentations=AUGMENTATIONS if recipe.sar_augmentation else PLAIN_AUGMENTATIONS,
    )
    batches = Prefetched(iter(mixture))
    budget: Budget = Steps(steps) if steps else Minutes(minutes)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def tell(log: Log) -> None:
        console.print(
            f"{log.share:6.1%}  step {log.step}  land cover {log.landcover_loss:.3f}  objects "
            f"{log.object_loss:.3f}  {log.seconds_per_step:.2f} s/step, "
            f"{log.waiting_share:.0%} waiting for data"
        )

    def validate(network: SarKnowlip) -> float:
        score = validation_score(score_split(network, sources, "validation"))
        console.print(f"validation {score:.4f}")
        return score

    try:
        fit(batches, recipe, budget, output, device, tell, validate)
    finally:
        batches.close()
    _finish(output, output / "model", sources, console)


def export_run(run: Path, model: Path, data: Path, *, threads: int) -> None:
    """Calibrate the last checkpoint of a run; write its model to ``model`` and a report to ``run``.

    It may still be training.
    """
    console = _prepare(threads)
    _finish(run, model, load_all(data), console)


def _finish(run: Path, model: Path, sources: Sequence[Source], console: Console) -> None:
    network, recipe = load_checkpoint(run)
    validation = score_split(network, sources, "validation")
    temperature, min_confidence = fit_temperature(validation), best_threshold(validation)
    held_out = score_split(network, sources, "holdout")
    report = make_report(recipe.title, held_out, temperature, min_confidence)
    used = tuple(f"{s.name} ({s.licence})" for s in sources if s.weight > 0)
    spec = tiny_spec(recipe, used).model_copy(
        update={
            "temperature": temperature,
            "min_confidence": min_confidence,
            "figures": headlines(report),
        }
    )
    save_model(model, network, spec)
    worst = write_worst(network, sources, held_out, min_confidence, run / "worst")
    write_report(report, run, worst)
    console.print(as_markdown(report))


def _prepare(threads: int) -> Console:
    keep_freed_memory()
    torch.set_num_threads(threads)
    return Console(stderr=True, soft_wrap=True)
