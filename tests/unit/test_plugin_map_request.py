"""What the plugin asks is what the real command line understands."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sargeo_qgis.core.map_request import PRODUCTS, MapRequest
from typer.main import get_command

from sargeo_cli.main import app
from sargeo_cli.options import DEFAULT_MODEL

HERE = Path("/data/My scenes/Ærø")
COMMAND = get_command(app).commands["map"]

NAMES = st.text(string.ascii_letters + string.digits + " äß漢'\"$&;", min_size=1).map(str.strip)
PROBABILITIES = st.none() | st.floats(0, 1)


def understood(request: MapRequest) -> dict[str, Any]:
    """Return the values of the parameters of ``sargeo map``."""
    command, *words = request.words()
    assert command == "map"
    return dict(COMMAND.make_context("map", words).params)


def test_only_what_differs_from_the_defaults_of_sargeo_is_asked() -> None:
    """Of a command without options, sargeo decides the rest."""
    asked = understood(MapRequest("scene.tif", HERE))
    plain = dict(COMMAND.make_context("map", ["scene.tif", "-o", str(HERE)]).params)
    assert asked == plain
    assert asked["model"] == DEFAULT_MODEL


@pytest.mark.parametrize(
    ("changed", "parameter", "value"),
    [
        ({"aoi": HERE / "area.gpkg"}, "aoi", HERE / "area.gpkg"),
        ({"model": "sargeo-large"}, "model", "sargeo-large"),
        ({"products": ("objects",)}, "products", "objects"),
        ({"cell_size_m": 1234.5}, "cell_size", 1234.5),
        ({"device": "cuda:1"}, "device", "cuda:1"),
        ({"assume": "vv,db"}, "assume", "vv,db"),
        ({"min_confidence": 0.0}, "min_confidence", 0.0),
        ({"uncertain_below": 0.5}, "uncertain_below", 0.5),
        ({"ships_off_land": True}, "land_mask", "auto"),
        ({"web_map": True}, "web_map", True),
        ({"overwrite": True}, "overwrite", True),
    ],
)
def test_each_wish_changes_its_parameter_and_no_other(
    changed: dict[str, Any], parameter: str, value: object
) -> None:
    plain = understood(MapRequest("scene.tif", HERE))
    asked = understood(MapRequest("scene.tif", HERE, **changed))
    assert asked[parameter] == value
    assert {name for name in asked if asked[name] != plain[name]} == {parameter}


@given(
    scene=NAMES.map(lambda name: f"/scenes/{name}.tif"),
    folder=NAMES.map(HERE.joinpath),
    aoi=st.none() | NAMES.map(HERE.joinpath),
    products=st.sampled_from([PRODUCTS, *((name,) for name in PRODUCTS)]),
    cell_size_m=st.floats(1, 1e6),
    min_confidence=PROBABILITIES,
    uncertain_below=PROBABILITIES,
)
def test_every_value_arrives_as_it_is(
    scene: str,
    folder: Path,
    aoi: Path | None,
    products: tuple[str, ...],
    cell_size_m: float,
    min_confidence: float | None,
    uncertain_below: float | None,
) -> None:
    asked = understood(
        MapRequest(
            scene,
            folder,
            aoi=aoi,
            products=products,
            cell_size_m=cell_size_m,
            min_confidence=min_confidence,
            uncertain_below=uncertain_below,
        )
    )
    assert (asked["scene"], asked["out_dir"], asked["aoi"]) == (scene, folder, aoi)
    assert asked["products"].split(",") == list(products)
    assert asked["cell_size"] == pytest.approx(cell_size_m, rel=1e-9)
    assert asked["min_confidence"] == min_confidence
    assert asked["uncertain_below"] == uncertain_below
