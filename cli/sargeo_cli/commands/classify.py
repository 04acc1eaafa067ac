"""``sargeo classify``: a map whose classes are given in words."""

from __future__ import annotations

from pathlib import Path

import typer

from sargeo_cli import options as o
from sargeo_cli.interrupt import cancel_on_interrupt
from sargeo_cli.page import Page
from sargeo_cli.progress import ProgressStyle, reporting
from sargeo_cli.render import refuse_two_formats, show_result
from sargeo_cli.views.language import show_classification


def classify(
    ctx: typer.Context,
    scene: o.SceneOrEmbedding,
    text: o.Texts,
    out_dir: o.OutDir,
    model: o.Model = o.DEFAULT_MODEL,
    aoi: o.Aoi = None,
    assume: o.Assume = "",
    uncertain_below: o.UncertainBelow = None,
    overwrite: o.Overwrite = False,
    progress: o.Progress = ProgressStyle.auto,
    device: o.Device = "auto",
    batch_size: o.BatchSize = None,
    watch_stdin: o.WatchStdin = False,
    as_json: o.AsJson = False,
) -> None:
    """Map a scene by classes that are given in words."""
    from sargeo.language.classification import classify as classify_scene

    refuse_two_formats(progress_jsonl=progress is ProgressStyle.jsonl, json=as_json)
    with cancel_on_interrupt(watch_stdin) as cancelled, reporting(progress) as reporter:
        report = classify_scene(
            scene,
            text,
            model,
            out_dir,
            uncertain_below=uncertain_below,
            assume=assume,
            aoi=aoi,
            device=device,
            batch_size=batch_size,
            overwrite=overwrite,
            reporter=reporter,
            cancelled=cancelled,
            command=ctx.obj,
        )
    facts = report.to_dict()

    def show() -> None:
        page = Page()
        show_classification(page, facts, Path(scene).name)
        (raster,) = (p for p in report.products if p.name.endswith("_text.tif"))
        page.next_step(f"open {raster} in QGIS: it brings its colours and names.")

    show_result(facts, progress, show, as_json=as_json)
