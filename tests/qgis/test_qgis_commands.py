"""The other algorithms tell what the command line tells."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from advice import follows
from conftest import DEMO
from driving import Mapped, Told, refusal, run
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the reference data."""
    folder = tmp_path_factory.mktemp("references")
    for name in ("demo_points.geojson", "demo_ships.geojson"):
        shutil.copy(DEMO / name, folder)
    return folder


def test_info(small_scene: Path, cli_json: Callable[..., Any]) -> None:
    told = Told()
    outputs = run("info", told, SCENE=str(small_scene), ASSUME="hh,hv")
    facts = json.loads(outputs["FACTS"])
    assert facts == cli_json("info", small_scene, "--assume", "hh,hv")
    assert [band["polarisation"] for band in facts["bands"]] == ["HH", "HV"]
    assert "Size: 256 × 256 pixels" in told.texts
    assert any("UTM zone 29N (EPSG:32629)" in text for text in told.texts)


def test_status() -> None:
    outputs = run("status")
    assert outputs["READY"] is True
    assert outputs["ACTION"] == ""
    assert outputs["PYTHON"] == os.environ["SARGEO_PYTHON"]
    software = json.loads(outputs["FACTS"])["software"]
    assert software["executable"] == outputs["PYTHON"]
    assert software["sargeo"] == outputs["VERSION"]


def test_status_never_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SARGEO_PYTHON")
    monkeypatch.setenv("SARGEO_ENVIRONMENTS", str(tmp_path))
    outputs = run("status")
    assert outputs["READY"] is False
    assert outputs["ACTION"].startswith("No Python with sargeo is set up. Make the managed")


def test_accuracy_of_land_cover(
    mapped: Mapped, references: Path, cli_json: Callable[..., Any], tmp_path: Path
) -> None:
    points, landcover = references / "demo_points.geojson", mapped.outputs["LANDCOVER"]
    report = tmp_path / "report.json"
    outputs = run("assess", REFERENCE=str(points), PRODUCT=landcover, REPORT=str(report))
    facts = cli_json("assess", points, landcover)
    assert json.loads(report.read_text(encoding="utf-8")) == facts
    assert outputs == {
        "OVERALL_ACCURACY": facts["overall_accuracy"],
        "REPORT": str(report),
        "OUTPUT_FOLDER": str(mapped.folder),
    }


def test_accuracy_of_objects(
    mapped: Mapped, references: Path, cli_json: Callable[..., Any], project: QgsProject
) -> None:
    path, objects = references / "demo_ships.geojson", mapped.outputs["OBJECTS"]
    ships = QgsVectorLayer(str(path), "Ships")
    project.addMapLayer(ships)
    outputs = run("assess", REFERENCE=ships, PRODUCT=objects, TOLERANCE="150", CLASS_FIELD=None)
    facts = cli_json("assess", path, objects, "--tolerance", 150)
    assert outputs.pop("OUTPUT_FOLDER") == str(mapped.folder)
    assert outputs == {name: facts[name.lower()] for name in ("PRECISION", "RECALL", "F1")}
    assert outputs["F1"] > 0.5


def write_squares(path: Path, layer_name: str, **corners: int) -> None:
    """Write squares of two kilometres, by name and their western border, as a layer of a file."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:32629&field=name:string", "Zones", "memory")
    for name, x in corners.items():
        feature = QgsFeature(layer.fields())
        feature.setAttributes([name])
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(x, 4_502_000, x + 2000, 4_504_000)))
        layer.dataProvider().addFeature(feature)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = layer_name
    if path.exists():
        options.actionOnExistingFile = (
            QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
        )
    context = QgsProject.instance().transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), context, options)


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    """A file with two squares."""
    path = tmp_path / "my zones.gpkg"
    write_squares(path, "zones", west=514_000, east=518_000)
    return path


def rows(path: str) -> list[dict[str, Any]]:
    layer = QgsVectorLayer(path)
    assert layer.isValid(), path
    names = layer.fields().names()
    return [dict(zip(names, feature.attributes())) for feature in layer.getFeatures()]


def test_zones(mapped: Mapped, zones: Path, cli_json: Callable[..., Any], tmp_path: Path) -> None:
    output = str(tmp_path / "measured.gpkg")
    parameters = {"POLYGONS": str(zones), "FOLDER": str(mapped.folder), "OUTPUT": output}
    expected_outputs = {"OUTPUT": output, "OUTPUT_FOLDER": str(mapped.folder)}
    assert run("zones", **parameters) == expected_outputs
    expected = cli_json("zones", zones, mapped.folder)["zones"]
    found = rows(output)
    assert [row["name"] for row in found] == ["west", "east"]
    for row, zone in zip(found, expected):
        assert {name: row[name] for name in zone} == pytest.approx(zone, abs=1e-6)


def test_zones_of_a_layer_beside_others_and_of_selected_polygons(
    mapped: Mapped, zones: Path, tmp_path: Path, project: QgsProject
) -> None:
    write_squares(zones, "more", south=514_000, north=516_000)
    layer = QgsVectorLayer(f"{zones}|layername=more", "more")
    project.addMapLayer(layer)
    layer.selectByExpression("name = 'north'")
    selected = QgsProcessingFeatureSourceDefinition(layer.id(), selectedFeaturesOnly=True)
    output = str(tmp_path / "zones.csv")
    for polygons, names in ((layer, ["south", "north"]), (selected, ["north"])):
        run("zones", POLYGONS=polygons, FOLDER=str(mapped.folder), OUTPUT=output)
        assert [row["name"] for row in rows(output)] == names


@follows("sargeo_qgis.processing.zones:Zones.perform", "Choose a name that ends in .gpkg or .csv.")
@pytest.mark.parametrize("ending", [".gpkg", ".csv"])
def test_a_name_is_chosen_for_zones(
    mapped: Mapped, zones: Path, tmp_path: Path, ending: str
) -> None:
    given = {"POLYGONS": str(zones), "FOLDER": str(mapped.folder)}
    output = str(tmp_path / "zones.shp")
    said = refusal("zones", OUTPUT=output, **given)
    assert f"{output} is neither a GeoPackage nor a CSV file." in said
    measured = run("zones", OUTPUT=str(tmp_path / f"zones{ending}"), **given)["OUTPUT"]
    assert [row["name"] for row in rows(measured)] == ["west", "east"]


def test_web_map(mapped: Mapped, cli: Callable[..., str], tmp_path: Path) -> None:
    page, expected = tmp_path / "page ä.html", tmp_path / "expected.html"
    outputs = run("export_webmap", FOLDER=str(mapped.folder), PAGE=str(page))
    assert outputs == {"PAGE": str(page), "OUTPUT_FOLDER": str(mapped.folder)}
    cli("webmap", mapped.folder, "-o", expected)
    assert page.stat().st_size == expected.stat().st_size
    assert "demo_scene" in page.read_text(encoding="utf-8")


def test_what_sargeo_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    said = refusal("export_webmap", FOLDER=str(tmp_path), PAGE=str(tmp_path / "page.html"))
    assert str(tmp_path) in said
    assert len(said.splitlines()) > 1
    assert "Traceback" not in said
    assert not (tmp_path / "page.html").exists()
