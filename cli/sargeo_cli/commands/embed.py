"""``sargeo embed``: the vectors of a scene, made once for all later texts."""

from __future__ import annotations

import typer

from sargeo_cli import options as o
from sargeo_cli.interrupt import cancel_on_interrupt
from sargeo_cli.progress import ProgressStyle, reporting
from sargeo_cli.render import show_result


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
) -> None:
    """Encode a scene once, so that later texts cost no encoding.

    classify and search take the file that is written in the place of the scene.
    """
    from sargeo.survey.suitable import open_suitable

    opened = open_suitable(scene, model, assume=assume)

    from sargeo.language.embedding import (
        embed as embed_scene,  # loads torch: seconds that a refusal need not take
    )

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
    show_result(report.to_dict(), progress)
