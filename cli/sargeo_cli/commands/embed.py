"""``sargeo embed``: the vectors of a scene, made once for all later texts."""

from __future__ import annotations

from pathlib import Path

import typer

from sargeo_cli import options as o
from sargeo_cli.interrupt import cancel_on_interrupt
from sargeo_cli.page import Page
from sargeo_cli.progress import ProgressStyle, reporting
from sargeo_cli.render import refuse_two_formats, show_result
from sargeo_cli.views.language import show_embedding


def embed(
    ctx: typer.Context,
    scene: o.Scene,
    out_dir: o.OutDir,
    model: o.Model = o.DEFAULT_MODEL,
    aoi: o.Aoi = None,
    assume: o.Assume = "",
    overwrite: o.Overwrite = False,
    progress: o.Progress = ProgressStyle.auto,
    device: o.Device = "auto",
    batch_size: o.BatchSize = None,
    watch_stdin: o.WatchStdin = False,
    as_json: o.AsJson = False,
) -> None:
    """Encode a scene once, so that later texts cost no encoding.

    classify and search take the file that is written in the place of the scene.
    """
    from sargeo.inference.suitability import open_suitable

    opened = open_suitable(scene, model, assume=assume)

    from sargeo.language.embedding import (
        embed as embed_scene,  # loads torch: seconds that a refusal need not take
    )

    refuse_two_formats(progress_jsonl=progress is ProgressStyle.jsonl, json=as_json)
    with cancel_on_interrupt(watch_stdin) as cancelled, reporting(progress) as reporter:
        report = embed_scene(
            opened,
            model,
            out_dir,
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
        show_embedding(page, facts, Path(scene).name)
        (embedding,) = (p for p in report.products if p.suffix == ".tif")
        words = ["search", embedding, "--text", "a harbour with ships", "-o", "places.gpkg"]
        page.next_command("search it by words", words)

    show_result(facts, progress, show, as_json=as_json)
