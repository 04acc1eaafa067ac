"""``sargeo demo``: the main job on a scene that comes with sargeo."""

from __future__ import annotations

import typer

from sargeo_cli import options as o
from sargeo_cli.interrupt import cancel_on_interrupt
from sargeo_cli.progress import ProgressStyle, reporting
from sargeo_cli.render import show_result


def demo(
    ctx: typer.Context,
    out_dir: o.OutDir,
    device: o.Device = "auto",
    progress: o.Progress = ProgressStyle.auto,
) -> None:
    """Map a demonstration scene, with its web page.

    Products of an earlier demonstration in the same folder are replaced.
    """
    from sargeo.demo import demo_scene_path
    from sargeo.mapping import map_scene

    with (
        cancel_on_interrupt() as cancelled,
        reporting(progress) as reporter,
        demo_scene_path() as scene,
    ):
        report = map_scene(
            scene,
            out_dir=out_dir,
            device=device,
            web_map=True,
            overwrite=True,
            reporter=reporter,
            cancelled=cancelled,
            command=ctx.obj,
        )
    show_result(report.to_dict(), progress)
    if progress is not ProgressStyle.jsonl:
        (page,) = (path for path in report.products if path.suffix == ".html")
        typer.echo(f"\nOpen {page} in a browser.")
