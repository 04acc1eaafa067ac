"""``sargeo assess``: how good a product is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.page import Page
from sargeo_cli.render import print_csv, print_json, refuse_two_formats
from sargeo_cli.views.assessment import assessment_rows, show_assessment
from sargeo_cli.views.following import after_assessment


def assess(
    reference: Annotated[
        Path, typer.Argument(metavar="REFERENCE", help="Reference data: polygons or points.")
    ],
    product: Annotated[
        Path, typer.Argument(metavar="PRODUCT", help="A land-cover raster, or an objects file.")
    ],
    class_field: Annotated[
        str, typer.Option(metavar="NAME", help="Field of the reference that holds the class.")
    ] = "class",
    tolerance: Annotated[
        float, typer.Option(metavar="METRES", help="Matching tolerance between objects.")
    ] = 200.0,
    as_json: o.AsJson = False,
    as_csv: o.AsCsv = False,
) -> None:
    """Compare a product with reference data.

    As comma-separated values: a row for each class, or one for all objects.
    """
    refuse_two_formats(json=as_json, csv=as_csv)
    from sargeo.evaluation.assess import assess as assess_product

    assessment = assess_product(reference, product, class_field=class_field, tolerance_m=tolerance)
    facts = assessment.to_dict()
    if as_json:
        print_json(facts)
    elif as_csv:
        print_csv(assessment_rows(facts))
    else:
        page = Page()
        show_assessment(page, facts)
        after_assessment(page, product)
