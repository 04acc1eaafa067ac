"""Products are told apart by the names that sargeo gives them."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest
from sargeo_qgis.core.products import Products

from sargeo.products.names import ProductPaths


def written(stem: str) -> list[Path]:
    """All files that a run can write."""
    names = ProductPaths(Path("/out"), stem)
    return [
        names.landcover,
        names.landcover_pam,
        names.landcover_style,
        names.confidence,
        names.probabilities,
        names.count,
        names.count_style,
        names.objects,
        names.item,
        names.page,
    ]


@pytest.mark.parametrize("stem", ["scene", "My scene ä", "a_count", "b_landcover.tif", "c.d"])
def test_each_product_of_sargeo_is_found(stem: str) -> None:
    names = ProductPaths(Path("/out"), stem)
    expected = Products(names.landcover, names.confidence, names.count, names.objects, names.page)
    assert Products.of_paths(written(stem)) == expected
    assert Products.of_paths(map(str, reversed(written(stem)))) == expected


def test_what_was_not_asked_for_is_none() -> None:
    assert astuple(Products.of_paths([])) == (None,) * 5
    assert Products.of_paths(["/out/x_objects.gpkg"]) == Products(
        objects=Path("/out/x_objects.gpkg")
    )


def test_outputs_are_named_as_the_algorithm_names_them() -> None:
    outputs = Products.of_paths(written("x")).outputs()
    assert list(outputs) == ["LANDCOVER", "CONFIDENCE", "COUNT", "OBJECTS", "WEB_PAGE"]
    assert outputs["OBJECTS"] == str(Path("/out/x_objects.gpkg"))
    assert Products(count=Path("c.tif")).outputs() == {"COUNT": "c.tif"}
