"""``sargeo zones``: areas and counts by polygon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.page import Page
from sargeo_cli.render import print_csv, print_json, refuse_two_formats
from sargeo_cli.views.following import after_zones
from sargeo_cli.views.zones import show_zones


def zones(
    polygons: Annotated[
        Path, typer.Argument(metavar="POLYGONS", help="Zones, in any CRS that GDAL reads.")
    ],
    out_dir: Annotated[
        Path, typer.Argument(metavar="OUT_DIR", help="Folder of the products of one scene.")
    ],
    table: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Also write a .csv, or a .gpkg with the shapes."
        ),
    ] = None,
    name: o.SceneName = None,
    as_json: o.AsJson = False,
    as_csv: o.AsCsv = False,
) -> None:
    """Sum land-cover areas and object counts by polygon."""
    refuse_two_formats(json=as_json, csv=as_csv)
    from sargeo.evaluation.zones import write_zones, zonal_table

    found = zonal_table(polygons, out_dir, name)
    if table is not None:
        write_zones(table, found)
    measures = found.drop(columns=found.geometry.name)
    rows = json.loads(measures.to_json(orient="records"))
    if as_json:
        print_json({"zones": rows})
    elif as_csv:
        print_csv(rows)
    else:
        page = Page()
        show_zones(page, rows, list(measures.columns[measures.columns.get_loc("area_ha") :]))
        after_zones(page, polygons, out_dir, name, table)
