"""What the parameters of ``sargeo:map_scene`` ask of sargeo, in every form that QGIS accepts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import Mapped, pixels, refusal, run
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsVectorLayer,
)
from sargeo_qgis import session
from sargeo_qgis.core.map_request import MapRequest

UTM = QgsCoordinateReferenceSystem("EPSG:32629")
DEGREES = QgsCoordinateReferenceSystem("EPSG:4326")

# In UTM. The small scene covers 514920, 4501240 : 517480, 4503800.
WEST = QgsRectangle(515_000, 4_501_500, 516_000, 4_503_000)
EAST = QgsRectangle(516_500, 4_501_500, 517_400, 4_503_000)
SOUTH = QgsRectangle(514_000, 4_501_000, 517_400, 4_502_000)


@dataclass(frozen=True)
class Asked:
    """What sargeo was asked, and the polygons that it was given."""

    request: MapRequest
    area: QgsGeometry | None
    crs: str


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Keep what is asked instead of doing it."""
    kept: list[Asked] = []

    def keep(request: MapRequest, *_: object) -> dict[str, Any]:
        kept.append(_asked(request))
        return {"products": []}

    monkeypatch.setattr(session, "map_scene", keep)
    return kept


def _asked(request: MapRequest) -> Asked:
    if request.aoi is None:
        return Asked(request, None, "")
    layer = QgsVectorLayer(str(request.aoi))
    (feature,) = layer.getFeatures()
    return Asked(request, QgsGeometry(feature.geometry()), layer.crs().authid())


@pytest.fixture
def zones(project: QgsProject) -> QgsVectorLayer:
    """Two polygons, in degrees; the first one is selected."""
    return polygons(project, WEST, EAST)


def polygons(project: QgsProject, *rectangles: QgsRectangle) -> QgsVectorLayer:
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326", "Zones", "memory")
    to_degrees = QgsCoordinateTransform(UTM, DEGREES, project)
    features = []
    for rectangle in rectangles:
        shape = QgsGeometry.fromRect(rectangle).densifyByCount(20)
        shape.transform(to_degrees)
        feature = QgsFeature()
        feature.setGeometry(shape)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    project.addMapLayer(layer)
    layer.select(next(layer.getFeatures()).id())
    return layer


def map_small(small_scene: Path, tmp_path: Path, **parameters: object) -> dict[str, Any]:
    return run("map_scene", SCENE=str(small_scene), OUTPUT_FOLDER=str(tmp_path), **parameters)


def same(shape: QgsGeometry, other: QgsGeometry) -> bool:
    """Tell whether shapes differ by less than a thousandth: degrees bend straight lines."""
    return shape.symDifference(other).area() < 1e-3 * other.area()


def test_the_scene_may_be_a_path_a_layer_or_its_id(
    asked: list[Asked], small_scene: Path, tmp_path: Path, project: QgsProject
) -> None:
    layer = QgsRasterLayer(str(small_scene), "VV of yesterday")
    project.addMapLayer(layer)
    for scene in (str(small_scene), layer, layer.id(), layer.name()):
        run("map_scene", SCENE=scene, OUTPUT_FOLDER=str(tmp_path))
    assert [found.request.scene for found in asked] == [str(small_scene)] * 4
    assert asked[0].request == MapRequest(
        str(small_scene), tmp_path, model="sargeo-tiny", cell_size_m=500
    )


@pytest.mark.parametrize(
    ("products", "expected"),
    [
        (["landcover", "objects"], ("landcover", "objects")),
        ("landcover,objects", ("landcover", "objects")),
        (["objects"], ("objects",)),
        ("objects", ("objects",)),
    ],
)
def test_products(
    asked: list[Asked], small_scene: Path, tmp_path: Path, products: object, expected: tuple[str]
) -> None:
    map_small(small_scene, tmp_path, PRODUCTS=products)
    assert asked[0].request.products == expected


@pytest.mark.parametrize("written", [str, lambda value: value], ids=["text", "as in JSON"])
def test_numbers_and_switches(
    asked: list[Asked], small_scene: Path, tmp_path: Path, written: Any
) -> None:
    values = {
        "CELL_SIZE": 250.5,
        "MIN_CONFIDENCE": 0,
        "UNCERTAIN_BELOW": 0.25,
        "SHIPS_OFF_LAND": True,
        "WEB_MAP": False,
        "OVERWRITE": True,
    }
    map_small(small_scene, tmp_path, **{name: written(value) for name, value in values.items()})
    request = asked[0].request
    assert (request.cell_size_m, request.min_confidence, request.uncertain_below) == (
        250.5,
        0,
        0.25,
    )
    assert (request.ships_off_land, request.web_map, request.overwrite) == (True, False, True)
    assert request.words()[-1] == "--overwrite"


def test_texts(asked: list[Asked], small_scene: Path, tmp_path: Path) -> None:
    map_small(small_scene, tmp_path, MODEL="mine", DEVICE="cuda:1", ASSUME="linear,vv")
    request = asked[0].request
    assert (request.model, request.device, request.assume) == ("mine", "cuda:1", "linear,vv")


def test_left_empty_is_as_not_given(asked: list[Asked], small_scene: Path, tmp_path: Path) -> None:
    map_small(small_scene, tmp_path)
    empty = {"AOI": None, "EXTENT": None, "MIN_CONFIDENCE": None, "UNCERTAIN_BELOW": ""}
    map_small(small_scene, tmp_path, **empty)
    assert asked[0].request == asked[1].request


def _extents() -> Iterator[object]:
    x1, x2 = WEST.xMinimum(), WEST.xMaximum()
    y1, y2 = WEST.yMinimum(), WEST.yMaximum()
    yield pytest.param(f"{x1},{x2},{y1},{y2} [EPSG:32629]", id="text")
    yield pytest.param(f"{x1},{x2},{y1},{y2}", id="text without CRS")
    yield pytest.param(QgsReferencedRectangle(WEST, UTM), id="rectangle")


@pytest.mark.parametrize("extent", _extents())
def test_extent(asked: list[Asked], small_scene: Path, tmp_path: Path, extent: object) -> None:
    map_small(small_scene, tmp_path, EXTENT=extent)
    assert asked[0].crs == "EPSG:32629"
    assert same(asked[0].area, QgsGeometry.fromRect(WEST))


def test_an_extent_in_degrees_is_taken_to_the_scene(
    asked: list[Asked], small_scene: Path, tmp_path: Path, project: QgsProject
) -> None:
    degrees = QgsCoordinateTransform(UTM, DEGREES, project).transformBoundingBox(WEST)
    map_small(small_scene, tmp_path, EXTENT=QgsReferencedRectangle(degrees, DEGREES))
    area = asked[0].area
    assert area.contains(QgsGeometry.fromRect(WEST))
    assert area.area() < 1.2 * WEST.area()


def test_polygons_in_another_crs(
    asked: list[Asked], small_scene: Path, tmp_path: Path, zones: QgsVectorLayer
) -> None:
    map_small(small_scene, tmp_path, AOI=zones)
    both = QgsGeometry.unaryUnion([QgsGeometry.fromRect(WEST), QgsGeometry.fromRect(EAST)])
    assert asked[0].crs == "EPSG:32629"
    assert same(asked[0].area, both)


def test_selected_polygons_only(
    asked: list[Asked], small_scene: Path, tmp_path: Path, zones: QgsVectorLayer
) -> None:
    selected = QgsProcessingFeatureSourceDefinition(zones.id(), selectedFeaturesOnly=True)
    map_small(small_scene, tmp_path, AOI=selected)
    assert same(asked[0].area, QgsGeometry.fromRect(WEST))


def test_extent_and_polygons_give_what_both_cover(
    asked: list[Asked], small_scene: Path, tmp_path: Path, zones: QgsVectorLayer
) -> None:
    map_small(small_scene, tmp_path, AOI=zones, EXTENT=QgsReferencedRectangle(SOUTH, UTM))
    parts = [QgsGeometry.fromRect(part.intersect(SOUTH)) for part in (WEST, EAST)]
    assert same(asked[0].area, QgsGeometry.unaryUnion(parts))


def test_extent_and_polygons_apart_are_refused(
    asked: list[Asked], small_scene: Path, tmp_path: Path, project: QgsProject
) -> None:
    zones = polygons(project, WEST)
    folder = tmp_path / "products"
    extent = QgsReferencedRectangle(EAST, UTM)
    said = refusal(
        "map_scene", SCENE=str(small_scene), AOI=zones, EXTENT=extent, OUTPUT_FOLDER=str(folder)
    )
    assert "Zones has no polygon in the area chosen." in said
    assert not asked
    assert not folder.exists()


def test_outside_the_area_is_nodata(mapped_area: Mapped) -> None:
    landcover = pixels(mapped_area.outputs["LANDCOVER"])
    scene = gdal.Open(mapped_area.outputs["LANDCOVER"])
    area = gdal.GetDriverByName("MEM").Create("", scene.RasterXSize, scene.RasterYSize, 1)
    area.SetGeoTransform(scene.GetGeoTransform())
    area.SetProjection(scene.GetProjection())
    given = gdal.OpenEx(str(mapped_area.folder / "small_area.gpkg"))
    gdal.RasterizeLayer(area, [1], given.GetLayer(0), burn_values=[1])
    inside = area.ReadAsArray() == 1
    assert 0.1 < inside.mean() < 0.9
    assert np.array_equal(landcover != 0, inside)


def test_repeated_runs(small_scene: Path, tmp_path: Path) -> None:
    """One product alone; a second run is refused; a third replaces it."""
    outputs = map_small(small_scene, tmp_path, PRODUCTS=["objects"])
    assert set(outputs) == {"COUNT", "OBJECTS", "OBJECT_NUMBER", "OUTPUT_FOLDER"}
    written = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert not any("landcover" in name for name in written)

    again = {"SCENE": str(small_scene), "OUTPUT_FOLDER": str(tmp_path), "PRODUCTS": "objects"}
    said = refusal("map_scene", **again)
    assert "tick “Overwrite existing products” to replace them." in said
    assert "--" not in said
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == written

    replaced = run("map_scene", **again, OVERWRITE=True)
    assert replaced == outputs
    assert Path(replaced["OBJECTS"]).stat().st_mtime_ns > written[Path(outputs["OBJECTS"]).name]
