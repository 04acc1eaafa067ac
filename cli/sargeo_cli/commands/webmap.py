"""``sargeo webmap``: the web page of products that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.page import Page
from sargeo_cli.quantities import size
from sargeo_cli.render import print_json


def webmap(
    out_dir: Annotated[
        Path, typer.Argument(metavar="OUT_DIR", help="Folder of the products of one scene.")
    ],
    page: Annotated[
        Path, typer.Option("-o", "--output", metavar="PAGE", help="HTML file to write.")
    ],
    name: o.SceneName = None,
    as_json: o.AsJson = False,
) -> None:
    """Write a web page that opens without network."""
    from sargeo.products.names import find_products
    from sargeo.webmap import write_web_map

    write_web_map(find_products(out_dir, name), page)
    written_bytes = page.stat().st_size
    if as_json:
        print_json({"page": str(page), "size_bytes": written_bytes})
        return
    told = Page()
    told.verdict(f"Wrote a web page of {size(written_bytes)} that needs no network.")
    told.next_step(f"open {page} in a browser.")
