"""``sargeo webmap``: the web page of products that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o


def webmap(
    out_dir: Annotated[
        Path, typer.Argument(metavar="OUT_DIR", help="Folder of the products of one scene.")
    ],
    page: Annotated[
        Path, typer.Option("-o", "--output", metavar="PAGE", help="HTML file to write.")
    ],
    name: o.SceneName = None,
) -> None:
    """Write a web page that opens without network."""
    from sargeo.products.names import find_products
    from sargeo.webmap import write_web_map

    write_web_map(find_products(out_dir, name), page)
    typer.echo(page)
