"""``sargeo demo``: the main job on a scene that comes with sargeo."""

from __future__ import annotations

import typer

from sargeo_cli import options as o
from sargeo_cli.interrupt import cancel_on_interrupt
from sargeo_cli.page import Page
from sargeo_cli.progress import ProgressStyle, reporting
from sargeo_cli.render import refuse_two_formats, show_result
from sargeo_cli.views.following import after_map
from sargeo_cli.views.run import show_run


def demo(
    ctx: typer.Context,
    out_dir: o.OutDir,
    device: o.Device = "auto",
    progress: o.Progress = ProgressStyle.auto,
    as_json: o.AsJson = False,
) -> None:
    """Map a demonstration scene, with its web page.

    Products of an earlier demonstration in the same folder are replaced.
    """
    refuse_two_formats(progress_jsonl=progress is ProgressStyle.jsonl, json=as_json)
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
    facts = report.to_dict()

    def show() -> None:
        page = Page()
        show_run(page, facts, scene.name)
        after_map(page, [str(path) for path in report.products])

    show_result(facts, progress, show, as_json=as_json)
