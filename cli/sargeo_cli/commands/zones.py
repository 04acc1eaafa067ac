"""``sargeo zones``: areas and counts by polygon."""

from __future__ import annotations

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
    as_json: o.AsJson = False,
) -> None:
    """Sum land-cover areas and object counts by polygon."""
    from sargeo.products.zones import zones as sum_zones

    show(sum_zones(polygons, out_dir), as_json=as_json)
