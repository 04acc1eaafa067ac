"""``sargeo assess``: how good a product is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.render import show


def assess(
    reference: Annotated[
        Path, typer.Argument(metavar="REFERENCE", help="Polygons or points of what is there.")
    ],
    product: Annotated[
        Path, typer.Argument(metavar="PRODUCT", help="A land-cover raster, or an objects file.")
    ],
    class_field: Annotated[
        str, typer.Option(metavar="NAME", help="Field of the reference that holds the class.")
    ] = "class",
    tolerance: Annotated[
        float, typer.Option(metavar="METRES", help="Objects this close may be the same.")
    ] = 200.0,
    as_json: o.AsJson = False,
) -> None:
    """Compare a product with reference data."""
    from sargeo.products.assess import assess as assess_product

    assessment = assess_product(reference, product, class_field=class_field, tolerance_m=tolerance)
    show(assessment.to_dict(), as_json=as_json)
