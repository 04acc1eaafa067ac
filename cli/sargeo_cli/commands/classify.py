"""``sargeo classify``: a map whose classes are given in words."""

from __future__ import annotations

import typer

from sargeo_cli import options as o
from sargeo_cli.interrupt import cancel_on_interrupt
from sargeo_cli.progress import ProgressStyle, reporting
from sargeo_cli.render import show_result


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
) -> None:
    """Map a scene by classes that are given in words."""
    from sargeo.language.classification import classify as classify_scene

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
    show_result(report.to_dict(), progress)
