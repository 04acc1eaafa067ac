"""Every command as a user runs it, on a small scene with a small model."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import rasterio
from shapely.geometry import box
from support.outcome import Outcome
from support.rasters import write_scene

from sargeo.model.registry import DEFAULT_MODEL
from sargeo_cli import options
from sargeo_cli.main import run

Cli = Callable[..., Outcome]

GRID = {"x": 500_000, "y": 5_000_000, "pixel_m": 10, "rows": 60, "cols": 80}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scene") / "harbour.tif").path


@pytest.fixture(scope="module")
def products(scene: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene, mapped once for all tests of this file."""
    out = tmp_path_factory.mktemp("products")
    assert run(["map", str(scene), "-o", str(out), "--model", str(tiny_model)]) == 0
    return out


def test_map_writes_the_products_and_tells_where(cli: Cli, scene, tiny_model, tmp_path) -> None:
    outcome = cli("map", scene, "-o", tmp_path, "--model", tiny_model, "--class-probabilities")
    assert outcome.code == 0
    written = {p.name for p in tmp_path.iterdir()}
    assert written == {
        "harbour_landcover.tif",
        "harbour_landcover.tif.aux.xml",
        "harbour_landcover.qml",
        "harbour_confidence.tif",
        "harbour_probabilities.tif",
        "harbour_count.tif",
        "harbour_count.qml",
        "harbour_objects.gpkg",
        "harbour.stac.json",
    }
    assert f"Files in {tmp_path}" in outcome.out
    for name in written:
        assert f"\n  {name}\n" in outcome.out
    with rasterio.open(tmp_path / "harbour_landcover.tif") as landcover:
        assert landcover.shape == (GRID["rows"], GRID["cols"])
    assert "Mapping" in outcome.err


def test_map_speaks_json_lines(cli: Cli, scene, tiny_model, tmp_path) -> None:
    outcome = cli("map", scene, "-o", tmp_path, "--model", tiny_model, "--progress", "jsonl")
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert events[0]["event"] == "start"
    assert events[-1]["event"] == "result"
    mapped = [e for e in events if e["event"] == "progress" and e["phase"] == "map"]
    assert mapped[-1]["done"] == mapped[-1]["total"] == events[0]["windows"]
    assert str(tmp_path / "harbour_landcover.tif") in events[-1]["products"]
    assert outcome.err == ""


def test_map_prints_one_json_document(cli: Cli, scene, tiny_model, tmp_path) -> None:
    asked = ["map", scene, "-o", tmp_path, "--model", tiny_model, "--json"]
    facts = json.loads(cli(*asked).out)
    assert str(tmp_path / "harbour_landcover.tif") in facts["products"]
    assert sum(facts["class_areas_km2"].values()) == pytest.approx(0.48, rel=0.01)
    left = facts["objects_proposed"] - sum(facts["objects_dropped"].values())
    assert left == facts["objects"]
    outcome = cli(*asked, "--progress", "jsonl")
    assert outcome.code == 2
    assert "both write to standard output" in outcome.out


def test_map_records_the_command_line(products: Path) -> None:
    item = json.loads((products / "harbour.stac.json").read_text(encoding="utf-8"))
    assert item["properties"]["sargeo:command"][:2] == ["sargeo", "map"]


def test_a_dry_run_tells_and_writes_nothing(cli: Cli, scene, tiny_model, tmp_path) -> None:
    out = tmp_path / "out"
    asked = ["map", scene, "-o", out, "--model", tiny_model, "--dry-run", "--progress", "jsonl"]
    outcome = cli(*asked)
    (plan,) = [json.loads(line) for line in outcome.out.splitlines()]
    assert (plan["rows"], plan["cols"]) == (GRID["rows"], GRID["cols"])
    assert plan["windows"] >= 1
    assert plan["memory_bytes"] > 0
    assert not out.exists()


def test_info_tells_grid_bands_and_what_the_model_needs(cli: Cli, scene, tiny_model) -> None:
    outcome = cli("info", scene, "--model", tiny_model, "--json")
    facts = json.loads(outcome.out)
    assert outcome.code == 0
    assert (facts["rows"], facts["columns"]) == (GRID["rows"], GRID["cols"])
    assert facts["grid"]["epsg"] == 32633
    assert [band["polarisation"] for band in facts["bands"]] == ["VV", "VH"]
    assert facts["model_needs"]["resampled"] is False
    assert facts["model_needs"]["spacing_factors"] == [1, 1]
    assert facts["verdict"] == {"ready": True, "summary": "Ready to map", "checks": []}
    shown = cli("info", scene, "--model", tiny_model).out
    assert shown.startswith("Ready to map: harbour\n")
    assert "sigma0" in shown


def test_info_tells_that_a_coarse_scene_is_resampled(cli: Cli, tiny_model, tmp_path) -> None:
    path = write_scene(tmp_path / "arctic.tif", crs_case="polar_north").path
    needs = json.loads(cli("info", path, "--model", tiny_model, "--json").out)["model_needs"]
    assert needs["resampled"] is True
    assert needs["spacing_factors"][0] == pytest.approx(0.25, rel=0.1)


def test_webmap_writes_a_page(cli: Cli, products, tmp_path) -> None:
    page = tmp_path / "page.html"
    outcome = cli("webmap", products, "-o", page)
    assert outcome.code == 0
    assert outcome.out.endswith(f"Next: open {page} in a browser.\n")
    facts = json.loads(cli("webmap", products, "-o", page, "--json").out)
    assert facts == {"page": str(page), "size_bytes": page.stat().st_size}
    assert "<html" in page.read_text(encoding="utf-8").lower()


def left_and_right(columns: dict[str, list[object]]) -> gpd.GeoDataFrame:
    """The left and the right half of the scene as polygons."""
    x, y, pixel = GRID["x"], GRID["y"], GRID["pixel_m"]
    middle, right = x + GRID["cols"] // 2 * pixel, x + GRID["cols"] * pixel
    bottom = y - GRID["rows"] * pixel
    halves = [box(x, bottom, middle, y), box(middle, bottom, right, y)]
    return gpd.GeoDataFrame(columns, geometry=halves, crs="EPSG:32633").to_crs("EPSG:4326")


def test_zones_sums_up_polygons(cli: Cli, products, tmp_path) -> None:
    zones, table = tmp_path / "zones.gpkg", tmp_path / "table.csv"
    left_and_right({"name": ["west", "east"]}).to_file(zones)
    outcome = cli("zones", zones, products, "-o", table, "--json")
    west, east = json.loads(outcome.out)["zones"]
    assert (west["name"], east["name"]) == ("west", "east")
    mapped_ha = sum(v for k, v in west.items() if k.endswith("_ha") and k != "area_ha")
    assert mapped_ha == pytest.approx(west["area_ha"], rel=0.05)
    assert table.read_text(encoding="utf-8").count("\n") == 3
    assert "west" in cli("zones", zones, products).out
    printed = list(csv.DictReader(io.StringIO(cli("zones", zones, products, "--csv").out)))
    written = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert list(printed[0]) == list(written[0])
    assert float(printed[1]["area_ha"]) == pytest.approx(float(written[1]["area_ha"]))


def test_assess_compares_land_cover(cli: Cli, products, tmp_path) -> None:
    reference = tmp_path / "reference.gpkg"
    left_and_right({"kind": ["trees", "open water"]}).to_file(reference)
    product = products / "harbour_landcover.tif"
    outcome = cli("assess", reference, product, "--class-field", "kind", "--json")
    assert outcome.code == 0, outcome.err
    facts = json.loads(outcome.out)
    assert 0 <= facts["overall_accuracy"] <= 1
    table = cli("assess", reference, product, "--class-field", "kind", "--csv").out
    names = [row["class"] for row in csv.DictReader(io.StringIO(table))]
    assert names == [row["class"] for row in facts["classes"]]
    assert "user's accuracy" in cli("assess", reference, product, "--class-field", "kind").out


def test_assess_compares_objects(cli: Cli, products, tmp_path) -> None:
    reference = tmp_path / "ships.gpkg"
    left_and_right({"name": ["a", "b"]}).to_crs("EPSG:32633").centroid.to_file(reference)
    product = products / "harbour_objects.gpkg"
    outcome = cli("assess", reference, product, "--json")
    facts = json.loads(outcome.out)
    assert facts["matched"] + facts["missed"] == 2
    (row,) = csv.DictReader(io.StringIO(cli("assess", reference, product, "--csv").out))
    assert int(row["matched"]) == facts["matched"]


def test_models_are_shown_verified_and_exported(cli: Cli, tiny_model, tmp_path) -> None:
    assert json.loads(cli("model", "show", tiny_model, "--json").out)["name"] == "sargeo-test"
    assert "intact" in cli("model", "verify", tiny_model).out
    verified = json.loads(cli("model", "verify", tiny_model, "--json").out)
    assert verified == {"model": str(tiny_model), "intact": True}
    copied = json.loads(cli("model", "export", tiny_model, "-o", tmp_path / "c", "--json").out)
    assert (Path(copied["folder"]) / "spec.json").exists()
    assert Path(copied["item"]).exists()
    folder = tmp_path / "copy"
    outcome = cli("model", "export", tiny_model, "-o", folder)
    assert outcome.code == 0
    assert cli("model", "verify", folder).code == 0
    assert cli("model", "export", tiny_model, "-o", folder).code == 2


def test_the_embedded_model_is_the_default(cli: Cli) -> None:
    names = [m["name"] for m in json.loads(cli("model", "list", "--json").out)["models"]]
    assert options.DEFAULT_MODEL == DEFAULT_MODEL
    assert DEFAULT_MODEL in names


def test_doctor_finds_nothing_wrong_here(cli: Cli) -> None:
    outcome = cli("doctor", "--json")
    facts = json.loads(outcome.out)
    assert facts["problems"] == []
    assert outcome.code == 0
    assert facts["geodata"]["drivers_missing"] == []
    assert facts["devices"]["cpu"]["memory_bytes"] > 0


def test_doctor_tells_what_is_broken(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROJ_LIB", str(tmp_path))
    monkeypatch.setattr("sargeo.diagnosis.VECTOR_DRIVERS", ("GPKG", "NoSuchDriver"))
    monkeypatch.setattr("sargeo.model.registry._EMBEDDED", tmp_path)
    outcome = cli("doctor", "--json")
    facts = json.loads(outcome.out)
    assert outcome.code == 4
    assert facts["environment_variables"]["PROJ_LIB"] == str(tmp_path)
    assert "GDAL lacks the driver NoSuchDriver." in facts["problems"]
    assert any(DEFAULT_MODEL in problem for problem in facts["problems"])


def test_doctor_survives_a_broken_library(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyogrio", None)
    outcome = cli("doctor", "--json")
    (problem,) = [p for p in json.loads(outcome.out)["problems"] if "geodata" in p]
    assert "pyogrio" in problem
    assert outcome.code == 4


@pytest.mark.slow
def test_demo_maps_its_scene_and_may_be_run_again(cli: Cli, tmp_path: Path) -> None:
    for _ in range(2):
        outcome = cli("demo", "-o", tmp_path)
        assert outcome.code == 0, outcome.err
        (page,) = tmp_path.glob("*_map.html")
        assert outcome.out.endswith(f"Next: open {page} in a browser.\n")
