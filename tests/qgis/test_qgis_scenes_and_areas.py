"""Which file a layer is, which area is mapped of it, and what a folder of several scenes holds."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from driving import Mapped, Told, children, on_linux, refusal, run
from fake_sargeo import fake_python, not_on_windows
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from sargeo_qgis import session
from sargeo_qgis.core.errors import PluginError
from sargeo_qgis.core.map_request import MapRequest
from sargeo_qgis.processing.areas import in_crs_near, united, write_area
from sargeo_qgis.processing.scenes import path_of_raster, source_path

DEGREES = QgsCoordinateReferenceSystem("EPSG:4326")
UTM = QgsCoordinateReferenceSystem("EPSG:32629")

# The small scene covers 514920, 4501240 : 517480, 4503800 in UTM.
WITHIN = QgsRectangle(515_000, 4_501_500, 516_000, 4_503_000)


@dataclass(frozen=True)
class Asked:
    """What sargeo was asked, and the area that it was given."""

    request: MapRequest
    area: QgsGeometry


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Keep what is asked instead of doing it."""
    kept: list[Asked] = []

    def keep(request: MapRequest, *_: object) -> dict[str, Any]:
        (feature,) = QgsVectorLayer(str(request.aoi)).getFeatures()
        kept.append(Asked(request, QgsGeometry(feature.geometry())))
        return {"products": []}

    monkeypatch.setattr(session, "map_scene", keep)
    return kept


@pytest.fixture
def area_layer(project: QgsProject) -> Callable[..., QgsVectorLayer]:
    """Make a layer with the name Zones."""

    def make(*shapes: str, crs: str = "EPSG:32629") -> QgsVectorLayer:
        layer = QgsVectorLayer("Polygon" + (f"?crs={crs}" if crs else ""), "Zones", "memory")
        if not crs:
            layer.setCrs(QgsCoordinateReferenceSystem())
        features = []
        for shape in shapes:
            feature = QgsFeature()
            feature.setGeometry(QgsGeometry.fromWkt(shape))
            features.append(feature)
        layer.dataProvider().addFeatures(features)
        project.addMapLayer(layer)
        return layer

    return make


@pytest.fixture
def pair(demo_scene: Path, tmp_path: Path) -> Path:
    """One scene in two files; the first one."""
    for band, name in enumerate(("S1_VV.tif", "S1_VH.tif"), start=1):
        gdal.Translate(str(tmp_path / name), str(demo_scene), bandList=[band])
    return tmp_path / "S1_VV.tif"


def box(rectangle: QgsRectangle) -> str:
    return QgsGeometry.fromRect(rectangle).asWkt()


# Which file a layer is.


def test_a_scene_in_an_archive_keeps_its_name(small_scene: Path, tmp_path: Path) -> None:
    archive = tmp_path / "zwei Szenen.zip"
    with ZipFile(archive, "w") as opened:
        opened.write(small_scene, "a.tif")
        opened.write(small_scene, "in/b.tif")
    path = f"/vsizip/{archive}/in/b.tif"
    assert path_of_raster(QgsRasterLayer(path, "b")) == path
    assert json.loads(run("info", SCENE=path)["FACTS"])["source"] == path


def test_the_only_scene_in_an_archive(small_scene: Path, tmp_path: Path) -> None:
    archive = tmp_path / "one.zip"
    with ZipFile(archive, "w") as opened:
        opened.write(small_scene, "a.tif")
    assert path_of_raster(QgsRasterLayer(str(archive), "one")) == f"/vsizip/{archive}"


def test_one_raster_of_a_geopackage(small_scene: Path, tmp_path: Path) -> None:
    """Of the decibels themselves: a GeoPackage keeps neither scale nor offset."""
    path = tmp_path / "two.gpkg"
    for name in ("one", "two"):
        gdal.Translate(
            str(path),
            str(small_scene),
            bandList=[1],
            unscale=True,
            outputType=gdal.GDT_Float32,
            creationOptions=[f"RASTER_TABLE={name}", "APPEND_SUBDATASET=YES"],
        )
    source = f"GPKG:{path}:two"
    assert path_of_raster(QgsRasterLayer(source, "two")) == source
    assert json.loads(run("info", SCENE=source, ASSUME="vv,db")["FACTS"])["source"] == source


def test_how_to_open_is_no_part_of_the_path(small_scene: Path) -> None:
    layer = QgsRasterLayer(f"{small_scene}|option:NUM_THREADS=2", "scene")
    assert layer.isValid()
    assert path_of_raster(layer) == str(small_scene)


def test_the_source_of_a_layer_that_is_no_file() -> None:
    source = "type=xyz&url=http://127.0.0.1:9/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmin=0&zmax=3"
    assert source_path(QgsRasterLayer(source, "Base map", "wms")) == source


# Which area is mapped.


def test_what_touches_the_extent_in_a_line_is_left_out(
    asked: list[Asked], small_scene: Path, tmp_path: Path, area_layer: Any
) -> None:
    """Their intersection with the extent is a polygon and a line."""
    beside = QgsRectangle(514_930, 4_501_500, WITHIN.xMinimum(), 4_503_000)
    inside = QgsRectangle(515_200, 4_501_600, 515_400, 4_501_800)
    zones = area_layer(box(beside), box(inside))
    extent = QgsReferencedRectangle(WITHIN, UTM)
    run("map_scene", SCENE=str(small_scene), AOI=zones, EXTENT=extent, OUTPUT_FOLDER=str(tmp_path))
    assert asked[0].area.symDifference(QgsGeometry.fromRect(inside)).isEmpty()


def test_an_area_that_only_touches_the_extent_is_refused(
    small_scene: Path, tmp_path: Path, area_layer: Any
) -> None:
    beside = QgsRectangle(514_930, 4_501_500, WITHIN.xMinimum(), 4_503_000)
    said = refusal(
        "map_scene",
        SCENE=str(small_scene),
        AOI=area_layer(box(beside)),
        EXTENT=QgsReferencedRectangle(WITHIN, UTM),
        OUTPUT_FOLDER=str(tmp_path / "products"),
    )
    assert "Zones has no polygon in the area chosen." in said


def test_a_spike_is_left_out(
    asked: list[Asked], small_scene: Path, tmp_path: Path, area_layer: Any
) -> None:
    """Repairing it gives a polygon and a line."""
    spike = (
        "Polygon ((515000 4501500, 515500 4501500, 515500 4502500, 515500 4503500,"
        " 515500 4502500, 515000 4502500, 515000 4501500))"
    )
    run(
        "map_scene",
        SCENE=str(small_scene),
        AOI=area_layer(spike),
        OUTPUT_FOLDER=str(tmp_path),
    )
    assert asked[0].area.isMultipart()
    assert asked[0].area.area() == pytest.approx(500_000)


def test_an_area_without_crs_is_refused(small_scene: Path, tmp_path: Path, area_layer: Any) -> None:
    said = refusal(
        "map_scene",
        SCENE=str(small_scene),
        AOI=area_layer(box(WITHIN), crs=""),
        OUTPUT_FOLDER=str(tmp_path / "products"),
    )
    assert "Layer Zones has no coordinate reference system." in said


def test_an_area_elsewhere_is_refused(small_scene: Path, tmp_path: Path, area_layer: Any) -> None:
    there = area_layer("Polygon ((100 10, 110 10, 110 20, 100 10))", crs="EPSG:4326")
    said = refusal(
        "map_scene",
        SCENE=str(small_scene),
        AOI=there,
        OUTPUT_FOLDER=str(tmp_path / "products"),
    )
    assert "Zones has no polygon near the scene." in said


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_the_world_covers_the_scene(
    asked: list[Asked], small_scene: Path, tmp_path: Path, area_layer: Any, crs: str
) -> None:
    world = {
        "EPSG:4326": QgsRectangle(-180, -90, 180, 90),
        "EPSG:3857": QgsRectangle(-20_037_508, -20_037_508, 20_037_508, 20_037_508),
    }[crs]
    run(
        "map_scene",
        SCENE=str(small_scene),
        AOI=area_layer(box(world), crs=crs),
        OUTPUT_FOLDER=str(tmp_path),
    )
    scene = QgsRasterLayer(str(small_scene)).extent()
    assert asked[0].area.contains(QgsGeometry.fromRect(scene))
    assert asked[0].area.area() < 2 * scene.area()


def test_an_extent_of_the_world_covers_the_scene(
    asked: list[Asked], small_scene: Path, tmp_path: Path
) -> None:
    run(
        "map_scene",
        SCENE=str(small_scene),
        EXTENT="-180,180,-90,90 [EPSG:4326]",
        OUTPUT_FOLDER=str(tmp_path),
    )
    scene = QgsRasterLayer(str(small_scene)).extent()
    assert asked[0].area.contains(QgsGeometry.fromRect(scene))


# Extents by CRS, and points in degrees: within them, and far away.
@pytest.mark.parametrize(
    ("epsg", "extent"),
    [
        pytest.param("EPSG:32601", QgsRectangle(200_000, -50_000, 300_000, 50_000), id="180°"),
        pytest.param("EPSG:3413", QgsRectangle(-3e5, -3e5, 3e5, 3e5), id="north pole"),
        pytest.param("EPSG:3031", QgsRectangle(-3e5, -3e5, 3e5, 3e5), id="south pole"),
        pytest.param("EPSG:4326", QgsRectangle(-180, -90, 180, 90), id="world in degrees"),
    ],
)
@pytest.mark.parametrize("source", ["EPSG:4326", "EPSG:4258"])
def test_where_longitudes_end(epsg: str, extent: QgsRectangle, source: str) -> None:
    world = QgsGeometry.fromRect(QgsRectangle(-180, -90, 180, 90))
    crs = QgsCoordinateReferenceSystem(epsg)
    other = QgsCoordinateReferenceSystem(source)
    near = in_crs_near(world, other, crs, extent, QgsCoordinateTransformContext())
    missing = QgsGeometry.fromRect(extent).difference(near)
    assert missing.area() < 1e-3 * extent.area()
    assert near.area() < 2 * extent.area() * 1.001


def test_longitudes_beyond_180() -> None:
    crs = QgsCoordinateReferenceSystem("EPSG:32601")
    extent = QgsRectangle(200_000, -50_000, 300_000, 50_000)
    shape = QgsGeometry.fromRect(QgsRectangle(179, -2, 183, 2))
    near = in_crs_near(shape, DEGREES, crs, extent, QgsCoordinateTransformContext())
    assert near.contains(QgsGeometry.fromRect(extent))


# Extents across 180 degrees, 0.2 degrees wide or so, and what x takes from there to the other turn.
ACROSS = [
    pytest.param("EPSG:4326", QgsRectangle(179.9, 9.9, 180.1, 10.1), id="degrees"),
    pytest.param("EPSG:4326", QgsRectangle(-180.1, 9.9, -179.9, 10.1), id="degrees, a turn back"),
    pytest.param(
        "EPSG:3857",
        QgsRectangle(20_026_376, 1_107_544, 20_048_640, 1_130_149),
        id="web mercator",
    ),
    pytest.param("EPSG:3832", QgsRectangle(3_328_452, 1_100_224, 3_350_716, 1_122_680), id="3832"),
    pytest.param("EPSG:32601", QgsRectangle(160_200, 1_095_500, 182_100, 1_117_800), id="UTM 1"),
    pytest.param("EPSG:32660", QgsRectangle(817_900, 1_095_500, 839_800, 1_117_800), id="UTM 60"),
]

# One area across 180 degrees, as programs write it.
WAYS = {
    "beyond": "Polygon ((179.95 9.95, 180.05 9.95, 180.05 10.05, 179.95 10.05, 179.95 9.95))",
    "halves": "MultiPolygon (((179.95 9.95, 180 9.95, 180 10.05, 179.95 10.05, 179.95 9.95)),"
    " ((-180 9.95, -179.95 9.95, -179.95 10.05, -180 10.05, -180 9.95)))",
    "leaping": "Polygon ((179.95 9.95, -179.95 9.95, -179.95 10.05, 179.95 10.05, 179.95 9.95))",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("source", ["EPSG:4326", "EPSG:4258"])
@pytest.mark.parametrize(("epsg", "extent"), ACROSS)
def test_an_area_across_the_antimeridian(
    epsg: str, extent: QgsRectangle, source: str, way: str
) -> None:
    feature, transforms = QgsFeature(), QgsCoordinateTransformContext()
    feature.setGeometry(QgsGeometry.fromWkt(WAYS[way]))
    given, crs = QgsCoordinateReferenceSystem(source), QgsCoordinateReferenceSystem(epsg)
    near = in_crs_near(united([feature], given, transforms), given, crs, extent, transforms)
    whole = QgsGeometry.fromRect(extent)
    assert whole.contains(near)
    assert near.area() == pytest.approx(whole.area() / 4, rel=0.03)


def test_polygons_in_collections_are_kept() -> None:
    inner = "GeometryCollection (Polygon ((0 0, 2 0, 2 3, 1 3, 1 4, 1 3, 0 3, 0 0)))"
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt(f"GeometryCollection (Point (9 9), {inner})"))
    assert united([feature], UTM, QgsCoordinateTransformContext()).area() == pytest.approx(6)


@pytest.mark.parametrize("layer", ["a_first", "b_area"])
def test_a_layer_that_a_path_names(
    asked: list[Asked], small_scene: Path, tmp_path: Path, layer: str
) -> None:
    sides = {"a_first": 100, "b_area": 200}
    path = tmp_path / "project.gpkg"
    for name, side in sides.items():
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.layerName = name
        if path.exists():
            options.actionOnExistingFile = (
                QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
            )
        memory = QgsVectorLayer("Polygon?crs=EPSG:32629", name, "memory")
        feature = QgsFeature()
        corner = QgsRectangle(515_200, 4_501_600, 515_200 + side, 4_501_600 + side)
        feature.setGeometry(QgsGeometry.fromRect(corner))
        memory.dataProvider().addFeatures([feature])
        QgsVectorFileWriter.writeAsVectorFormatV3(
            memory, str(path), QgsCoordinateTransformContext(), options
        )
    run(
        "map_scene",
        SCENE=str(small_scene),
        AOI=f"{path}|layername={layer}",
        OUTPUT_FOLDER=str(tmp_path / "products"),
    )
    assert asked[0].area.area() == pytest.approx(sides[layer] ** 2)


def test_an_extent_without_place_in_the_other_crs() -> None:
    nowhere = QgsRectangle(1e12, 1e12, 2e12, 2e12)
    world = QgsGeometry.fromRect(QgsRectangle(-180, -90, 180, 90))
    with pytest.raises(PluginError, match="cannot be brought into"):
        in_crs_near(world, DEGREES, UTM, nowhere, QgsCoordinateTransformContext())


# What is kept beside the products.


def test_scenes_of_a_folder_keep_their_areas(
    asked: list[Asked], small_scene: Path, scenes: Path, tmp_path: Path, area_layer: Any
) -> None:
    other = shutil.copy(small_scene, scenes / "other.tif")
    for scene in (small_scene, other):
        run(
            "map_scene",
            SCENE=str(scene),
            AOI=area_layer(box(WITHIN)),
            OUTPUT_FOLDER=str(tmp_path),
        )
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"small_area.gpkg", "other_area.gpkg"}
    assert [found.request.aoi for found in asked] == [tmp_path / n for n in sorted(names)[::-1]]


def test_a_refused_run_leaves_the_area_of_the_one_before(
    small_scene: Path, tmp_path: Path, area_layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = write_area(QgsGeometry.fromRect(WITHIN), UTM, tmp_path, "small_area.gpkg").read_bytes()

    def refuse(*_: object) -> None:
        raise PluginError("No.", "Try something else.")

    monkeypatch.setattr(session, "map_scene", refuse)
    smaller = QgsRectangle(515_200, 4_501_600, 515_400, 4_501_800)
    refusal(
        "map_scene",
        SCENE=str(small_scene),
        AOI=area_layer(box(smaller)),
        OUTPUT_FOLDER=str(tmp_path),
    )
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == kept


def test_an_area_that_is_open_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise PermissionError(13, "Open elsewhere")

    monkeypatch.setattr(Path, "replace", busy)
    with pytest.raises(PluginError, match=r"cannot be written: Open elsewhere\. Check") as caught:
        write_area(QgsGeometry.fromRect(WITHIN), UTM, tmp_path)
    assert str(tmp_path / "area.gpkg") in caught.value.problem
    assert list(tmp_path.iterdir()) == []


@on_linux
def test_killing_a_run_on_a_pair_leaves_nothing(pair: Path) -> None:
    folder = pair.parent / "products"
    hidden: set[str] = set()

    def kill(told: Told) -> None:
        if told.progress[-1] > 5 and not hidden:
            hidden.update(path.name for path in folder.iterdir())
            os.killpg(children()[0], signal.SIGKILL)

    with pytest.raises(QgsProcessingException):
        run("map_scene", Told(kill), SCENE=str(pair), OUTPUT_FOLDER=str(folder))
    assert ".S1.sargeo" in hidden
    assert not folder.exists()


@not_on_windows
def test_an_end_from_outside_is_no_success(
    small_scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SARGEO_PYTHON", fake_python(tmp_path, code=130))
    folder = tmp_path / "products"
    said = refusal("map_scene", SCENE=str(small_scene), OUTPUT_FOLDER=str(folder))
    assert "sargeo was ended from outside.\nRun it again." in said
    assert "Cancelled" not in said
    assert not folder.exists()


def test_a_run_looks_at_its_folder_when_its_turn_has_come(
    small_scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the run before makes while this one waits is not this one's to take away."""
    others = tmp_path / "small_area.gpkg"

    @contextmanager
    def take(*_: object) -> Iterator[None]:
        others.touch()
        yield

    def fail(*_: object) -> None:
        raise PluginError("No.", "Try something else.")

    monkeypatch.setattr(session.TURNS, "take", take)
    monkeypatch.setattr(session, "map_scene", fail)
    refusal("map_scene", SCENE=str(small_scene), OUTPUT_FOLDER=str(tmp_path))
    assert others.exists()


# A folder of several scenes.


@pytest.fixture(scope="session")
def several(mapped_area: Mapped, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The products of one scene, under two names."""
    folder = tmp_path_factory.mktemp("several")
    for path in mapped_area.folder.iterdir():
        for name in ("first", "second"):
            if path.is_file():
                shutil.copy(path, folder / path.name.replace("small", name, 1))
    return folder


@pytest.mark.parametrize("name", ["", "second"])
def test_zones_of_one_scene_of_several(
    several: Path, tmp_path: Path, area_layer: Any, name: str
) -> None:
    parameters = {
        "POLYGONS": area_layer(box(WITHIN)),
        "FOLDER": str(several),
        "OUTPUT": str(tmp_path / "zones.csv"),
    }
    if name:
        assert Path(run("zones", **parameters, NAME=name)["OUTPUT"]).is_file()
    else:
        said = refusal("zones", **parameters)
        assert "holds the products of 2 scenes: first, second." in said


@pytest.mark.parametrize("name", ["", "second"])
def test_a_web_map_of_one_scene_of_several(several: Path, tmp_path: Path, name: str) -> None:
    parameters = {"FOLDER": str(several), "PAGE": str(tmp_path / "map.html")}
    if name:
        page = Path(run("export_webmap", **parameters, NAME=name)["PAGE"])
        assert "second" in page.read_text(encoding="utf-8")
    else:
        said = refusal("export_webmap", **parameters)
        assert "holds the products of 2 scenes: first, second." in said
