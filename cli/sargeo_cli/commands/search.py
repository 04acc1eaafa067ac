"""``sargeo search``: the places of scenes that fit words best."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.interrupt import cancel_on_interrupt
from sargeo_cli.page import Page
from sargeo_cli.progress import ProgressStyle, reporting
from sargeo_cli.render import refuse_two_formats, show_result
from sargeo_cli.views.language import show_places


def search(
    scenes: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENE|EMBEDDING…", help="Scenes, or what sargeo embed wrote of them."
        ),
    ],
    text: o.Texts,
    places: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="A .gpkg, .geojson or .csv to write."),
    ],
    top: Annotated[int, typer.Option(metavar="N", help="Number of places per text.")] = 20,
    extent: Annotated[
        float, typer.Option(metavar="METRES", help="Side of a place on the ground.")
    ] = 1000.0,
    model: o.Model = o.DEFAULT_MODEL,
    assume: o.Assume = "",
    progress: o.Progress = ProgressStyle.auto,
    device: o.Device = "auto",
    batch_size: o.BatchSize = None,
    watch_stdin: o.WatchStdin = False,
    as_json: o.AsJson = False,
) -> None:
    """Rank the places of scenes by how well they fit a text, and write them as vectors."""
    from sargeo.language.retrieval import search as search_scenes

    refuse_two_formats(progress_jsonl=progress is ProgressStyle.jsonl, json=as_json)
    with cancel_on_interrupt(watch_stdin) as cancelled, reporting(progress) as reporter:
        report = search_scenes(
            scenes,
            text,
            model,
            places,
            top=top,
            extent_m=extent,
            assume=assume,
            device=device,
            batch_size=batch_size,
            reporter=reporter,
            cancelled=cancelled,
        )
    facts = report.to_dict()

    def show() -> None:
        page = Page()
        show_places(page, facts)
        page.next_step(f"open {places} in QGIS or as a table.")

    show_result(facts, progress, show, as_json=as_json)
