"""``sargeo map``: the main job."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import typer

from sargeo_cli import options as o
from sargeo_cli.interrupt import cancel_on_interrupt
from sargeo_cli.page import Page
from sargeo_cli.progress import ProgressStyle, reporting
from sargeo_cli.render import refuse_two_formats, show_result
from sargeo_cli.views.following import after_map
from sargeo_cli.views.run import show_plan, show_run

if TYPE_CHECKING:
    from sargeo.mapping.options import MapKeywords, Product


def map_command(
    ctx: typer.Context,
    scene: o.Scene,
    out_dir: o.OutDir,
    model: o.Model = o.DEFAULT_MODEL,
    products: o.Products = "landcover,objects",
    cell_size: o.CellSize = 500.0,
    aoi: o.Aoi = None,
    assume: o.Assume = "",
    class_probabilities: o.ClassProbabilities = False,
    uncertain_below: o.UncertainBelow = None,
    web_map: o.WebMap = False,
    overwrite: o.Overwrite = False,
    dry_run: o.DryRun = False,
    progress: o.Progress = ProgressStyle.auto,
    min_confidence: o.MinConfidence = None,
    min_length: o.MinLength = None,
    max_length: o.MaxLength = None,
    exclude: o.Exclude = None,
    land_mask: o.LandMask = None,
    coast_buffer: o.CoastBuffer = 0.0,
    device: o.Device = "auto",
    batch_size: o.BatchSize = None,
    patch: o.Patch = None,
    margin: o.Margin = None,
    watch_stdin: o.WatchStdin = False,
    as_json: o.AsJson = False,
) -> None:
    """Map a scene: land cover and objects."""
    refuse_two_formats(progress_jsonl=progress is ProgressStyle.jsonl, json=as_json)

    from sargeo.inference.suitability import open_suitable

    opened = open_suitable(scene, model, assume=assume)

    from sargeo.mapping import ObjectControls, map_scene, plan_map  # loads torch, for seconds

    asked: MapKeywords = {
        "products": tuple(cast("Product", name.strip()) for name in products.split(",")),
        "cell_size_m": cell_size,
        "aoi": aoi,
        "batch_size": batch_size,
        "patch": patch,
        "margin": margin,
        "objects": ObjectControls(
            min_confidence, min_length, max_length, exclude, _land_mask(land_mask), coast_buffer
        ),
        "class_probabilities": class_probabilities,
        "uncertain_below": uncertain_below,
        "web_map": web_map,
    }
    if dry_run:
        plan = plan_map(opened, model, device=device, **asked).to_dict()
        show_result(plan, progress, partial(_show_plan, plan, ctx.obj[1:]), as_json=as_json)
        return
    with cancel_on_interrupt(watch_stdin) as cancelled, reporting(progress) as reporter:
        job = partial(map_scene, opened, model, out_dir, device=device, **asked)
        report = job(overwrite=overwrite, reporter=reporter, cancelled=cancelled, command=ctx.obj)
    facts = report.to_dict()
    show_result(facts, progress, partial(_show_run, facts, scene), as_json=as_json)


def _show_run(facts: dict[str, Any], scene: str) -> None:
    page = Page()
    show_run(page, facts, Path(scene).name)
    after_map(page, facts["products"])


def _show_plan(plan: dict[str, Any], typed: Sequence[str]) -> None:
    page = Page()
    show_plan(page, plan)
    page.next_command("do it", [word for word in typed if word != "--dry-run"])


def _land_mask(text: str | None) -> Path | Literal["auto"] | None:
    match text:
        case None | "auto":
            return text
        case _:
            return Path(text)
