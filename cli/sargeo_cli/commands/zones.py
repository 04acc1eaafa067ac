"""``sargeo zones``: areas and counts by polygon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.render import show


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
) -> None:
    """Sum land-cover areas and object counts by polygon."""
    from sargeo.products.zones import write_zones, zonal_table

    found = zonal_table(polygons, out_dir, name)
    if table is not None:
        write_zones(table, found)
    rows = found.drop(columns=found.geometry.name).to_json(orient="records")
    show({"zones": json.loads(rows)}, as_json=as_json)
