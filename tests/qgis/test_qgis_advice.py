"""What refusals of the algorithms advise works: done as said, it leads to the right map."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from advice import follows
from driving import pixels, refusal, run
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsRasterFileWriter,
    QgsRasterLayer,
    QgsRasterPipe,
    QgsRectangle,
    QgsVectorLayer,
)

UTM = QgsCoordinateReferenceSystem("EPSG:32629")

# The small scene covers 514920, 4501240 : 517480, 4503800 in UTM, at 10 m.
WITHIN = QgsRectangle(515_000, 4_501_500, 516_000, 4_503_000)
BESIDE = QgsRectangle(516_500, 4_501_500, 517_000, 4_503_000)
ELSEWHERE = QgsRectangle(10, 45, 11, 46)  # in degrees
ROWS, COLUMNS = slice(80, 230), slice(8, 108)


@pytest.fixture(scope="module")
def right(cli: Callable[..., str], small_scene: Path, tmp_path_factory: Any) -> np.ndarray:
    """The land cover of the small scene (256, 256), as the command line maps it."""
    folder = tmp_path_factory.mktemp("right")
    cli("map", small_scene, "-o", folder, "--products", "landcover", "--progress", "none")
    return pixels(folder / "small_landcover.tif")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where products go; it does not exist yet."""
    return tmp_path / "products"


@pytest.fixture
def refused(folder: Path) -> Callable[..., str]:
    """Map a scene, which has to fail; returns what the user reads."""

    def call(scene: object, **parameters: object) -> str:
        return refusal("map_scene", SCENE=scene, **{"OUTPUT_FOLDER": str(folder), **parameters})

    return call


@pytest.fixture
def maps(folder: Path, right: np.ndarray) -> Callable[..., None]:
    """Map a scene, and find the right map: of all of it, or `WITHIN` if an area is given."""

    def call(scene: object, **parameters: object) -> None:
        given = {"OUTPUT_FOLDER": str(folder), "PRODUCTS": ["landcover"], **parameters}
        codes = pixels(run("map_scene", SCENE=scene, **given)["LANDCOVER"])
        expected = right
        if "AOI" in parameters:
            expected = np.zeros_like(right)
            expected[ROWS, COLUMNS] = right[ROWS, COLUMNS]
        # "Save as" writes decibels, and keeps the nodata of the bytes, 0: what has 0 dB is lost.
        saved = "ASSUME" in parameters
        assert not codes[expected == 0].any()
        assert (codes == 0)[expected != 0].mean() <= (0.001 if saved else 0)
        assert (codes == expected)[expected != 0].mean() > 0.95

    return call


def zones(*boxes: QgsRectangle, crs: QgsCoordinateReferenceSystem = UTM) -> QgsVectorLayer:
    """Add a layer with rectangles to the project."""
    layer = QgsVectorLayer("Polygon", "Zones", "memory")
    layer.setCrs(crs)
    features = []
    for box in boxes:
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromRect(box))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    return layer


def save_as_geotiff(layer: QgsRasterLayer, path: Path) -> str:
    """As "Save as" does, which writes the CRS of the layer."""
    pipe = QgsRasterPipe()
    pipe.set(layer.dataProvider().clone())
    size, extent = (layer.width(), layer.height()), layer.extent()
    transforms = QgsProject.instance().transformContext()
    QgsRasterFileWriter(str(path)).writeRaster(pipe, *size, extent, layer.crs(), transforms)
    return str(path)


# What the file does not say when QGIS has written it: neither names of bands nor their scale.
SAID = "vv,vh,db"


# Areas


@follows("sargeo_qgis.processing.areas:area_of", "Assign the one that its coordinates are in.")
def test_a_crs_is_assigned_to_the_area(small_scene: Path, refused: Any, maps: Any) -> None:
    area = zones(WITHIN, crs=QgsCoordinateReferenceSystem())
    refused(str(small_scene), AOI=area)
    area.setCrs(UTM)
    maps(str(small_scene), AOI=area)


@follows(
    "sargeo_qgis.processing.areas:area_of",
    "Choose another layer, another extent, or other features.",
)
@pytest.mark.parametrize("way", ["layer", "extent", "features"])
def test_another_area_is_chosen(small_scene: Path, refused: Any, maps: Any, way: str) -> None:
    if way == "layer":
        degrees = QgsCoordinateReferenceSystem("EPSG:4326")
        refused(str(small_scene), AOI=zones(ELSEWHERE, crs=degrees))
        maps(str(small_scene), AOI=zones(WITHIN))
    elif way == "extent":
        area = zones(WITHIN)
        refused(str(small_scene), AOI=area, EXTENT=BESIDE)
        maps(str(small_scene), AOI=area, EXTENT=WITHIN.buffered(50))
    else:
        area = zones(BESIDE, WITHIN)
        chosen = QgsProcessingFeatureSourceDefinition(area.id(), selectedFeaturesOnly=True)
        given = {"AOI": chosen, "EXTENT": WITHIN.buffered(50)}
        area.selectByIds([1])
        refused(str(small_scene), **given)
        area.selectByIds([2])
        maps(str(small_scene), **given)


@follows(
    "sargeo_qgis.processing.areas:in_crs_near",
    "Check that its coordinate reference system, and the scene's, are the right ones.",
)
def test_the_crs_of_the_area_is_corrected(small_scene: Path, refused: Any, maps: Any) -> None:
    """The South Pole does not see the scene."""
    area = zones(WITHIN, crs=QgsCoordinateReferenceSystem("ESRI:102037"))
    assert "ESRI:102037 - South_Pole_Orthographic" in refused(str(small_scene), AOI=area)
    area.setCrs(UTM)
    maps(str(small_scene), AOI=area)


@follows(
    "sargeo_qgis.processing.areas:in_crs_near",
    "Check that its coordinate reference system, and the scene's, are the right ones.",
)
def test_the_crs_of_the_scene_is_corrected(
    small_scene: Path, tmp_path: Path, refused: Any, maps: Any
) -> None:
    """Metres that are said to be degrees; QGIS corrects them by Assign Projection."""
    import processing

    scene = tmp_path / "scene.tif"
    gdal.Translate(str(scene), str(small_scene), outputSRS="EPSG:4326")
    area = zones(WITHIN)
    assert "cannot be brought into EPSG:4326 - WGS 84" in refused(str(scene), AOI=area)
    processing.run("gdal:assignprojection", {"INPUT": str(scene), "CRS": "EPSG:32629"})
    maps(str(scene), AOI=area)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no file be replaced that a layer holds open, nor in a folder that is read-only."""
    move = Path.replace

    def replace(path: Path, target: Path) -> Path:
        layers = QgsProject.instance().mapLayers().values()
        if any(Path(layer.source().partition("|")[0]) == target for layer in layers):
            raise PermissionError(errno.EACCES, "Open elsewhere", str(target))
        if not target.parent.stat().st_mode & stat.S_IWUSR:
            raise PermissionError(errno.EACCES, "Permission denied", str(target))
        return move(path, target)

    monkeypatch.setattr(Path, "replace", replace)


@follows(
    "sargeo_qgis.processing.areas:write_area",
    "Check that you may write there, and that no layer or other program holds it open.",
    simulated="only Windows keeps a file that is open, and administrators may write everywhere",
)
@pytest.mark.parametrize("cause", ["a layer", "no leave to write"])
@pytest.mark.usefixtures("strict")
def test_the_file_of_the_area_is_freed(
    small_scene: Path, folder: Path, refused: Any, maps: Any, cause: str
) -> None:
    area = zones(WITHIN)
    if cause == "a layer":
        maps(str(small_scene), AOI=area)
        kept = QgsVectorLayer(str(folder / "small_area.gpkg"), "area")
        QgsProject.instance().addMapLayer(kept)
    else:
        folder.mkdir()
        folder.chmod(0o500)
    said = refused(str(small_scene), AOI=area, OVERWRITE=True)
    assert f"{folder / 'small_area.gpkg'} cannot be written" in said
    if cause == "a layer":
        QgsProject.instance().removeMapLayer(kept)
    else:
        folder.chmod(0o700)
    maps(str(small_scene), AOI=area, OVERWRITE=True)


# The folder


@follows(
    "sargeo_qgis.processing.output_folder:output_folder", "Choose another folder for the products."
)
def test_another_folder_is_chosen(
    small_scene: Path, tmp_path: Path, folder: Path, refused: Any, maps: Any
) -> None:
    (tmp_path / "file").touch()
    refused(str(small_scene), OUTPUT_FOLDER=str(tmp_path / "file" / "products"))
    maps(str(small_scene), OUTPUT_FOLDER=str(folder))


# The scene


@follows("sargeo_qgis.processing.scenes:_not_opened", "Check the path of the scene.")
def test_the_path_of_the_scene_is_checked(small_scene: Path, refused: Any, maps: Any) -> None:
    wrong = small_scene.with_suffix(".tiff")
    refused(str(wrong))
    found = [path for path in wrong.parent.iterdir() if path.stem == wrong.stem]
    maps(str(next(path for path in found if path.suffix == ".tif")))


@follows(
    "sargeo_qgis.processing.scenes:_not_opened",
    "Choose a raster layer, or a file that GDAL reads.",
)
@pytest.mark.parametrize("way", ["layer", "file"])
def test_a_raster_is_chosen(
    small_scene: Path, tmp_path: Path, refused: Any, maps: Any, way: str
) -> None:
    (tmp_path / "notes.txt").write_text("no raster", encoding="utf-8")
    refused(str(tmp_path / "notes.txt"))
    if way == "layer":
        layer = QgsRasterLayer(str(small_scene), "small")
        QgsProject.instance().addMapLayer(layer)
        maps(layer)
    else:
        gdal.Info(str(small_scene))
        maps(str(small_scene))


@follows(
    "sargeo_qgis.processing.scenes:path_of_raster",
    "Choose the file with the measured backscatter; a picture of it cannot be mapped.",
)
def test_the_file_is_chosen_in_place_of_a_picture(
    small_scene: Path, refused: Any, maps: Any
) -> None:
    source = "type=xyz&url=http://127.0.0.1:9/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmin=0&zmax=3"
    refused(QgsRasterLayer(source, "Base map", "wms"))
    maps(str(small_scene))


@follows("sargeo_qgis.processing.scenes:path_of_raster", "Save it as a GeoTIFF and choose that.")
def test_what_is_in_memory_is_saved(
    small_scene: Path, tmp_path: Path, refused: Any, maps: Any
) -> None:
    gdal.Translate("/vsimem/scene.tif", str(small_scene))
    try:
        layer = QgsRasterLayer("/vsimem/scene.tif", "Despeckled")
        refused(layer)
        maps(save_as_geotiff(layer, tmp_path / "saved.tif"), ASSUME=SAID)
    finally:
        gdal.Unlink("/vsimem/scene.tif")


def without_crs(scene: Path, target: Path, *, by_points: bool) -> Path:
    """Copy a scene without its CRS; by points, without its place on a grid, too."""
    opened = gdal.Open(str(scene))
    x, dx, _, y, _, dy = opened.GetGeoTransform()
    size = opened.RasterXSize
    corners = [(column, row) for column in (0, size) for row in (0, size)]
    points = [gdal.GCP(x + dx * c, y + dy * r, 0, c, r) for c, r in corners]
    if by_points:
        gdal.Translate(str(target), opened, GCPs=points)
    else:
        made = gdal.GetDriverByName("GTiff").CreateCopy(str(target), opened)
        made.SetProjection("")
    return target


@follows(
    "sargeo_qgis.processing.scenes:path_of_raster",
    "Assign the right one and save the layer as a GeoTIFF, or warp it by its GCPs.",
)
@pytest.mark.parametrize("way", ["saved", "warped"])
def test_a_scene_without_crs_gets_one(
    small_scene: Path, tmp_path: Path, refused: Any, maps: Any, way: str
) -> None:
    import processing

    raw = without_crs(small_scene, tmp_path / "raw.tif", by_points=way == "warped")
    layer = QgsRasterLayer(str(raw), "raw")
    refused(layer)
    if way == "saved":
        layer.setCrs(UTM)
        maps(save_as_geotiff(layer, tmp_path / "saved.tif"), ASSUME=SAID)
        return
    warped = str(tmp_path / "warped.tif")
    crs = {"SOURCE_CRS": "EPSG:32629", "TARGET_CRS": "EPSG:32629"}
    processing.run("gdal:warpreproject", {"INPUT": str(raw), "OUTPUT": warped, **crs})
    maps(warped, ASSUME=SAID)


@follows(
    "sargeo_qgis.processing.scenes:_refuse_another_crs",
    "Save the layer as a GeoTIFF and choose that.",
)
def test_a_crs_that_only_qgis_knows_is_saved(
    small_scene: Path, tmp_path: Path, refused: Any, maps: Any
) -> None:
    raw = without_crs(small_scene, tmp_path / "raw.tif", by_points=False)
    layer = QgsRasterLayer(str(raw), "raw")
    layer.setCrs(UTM)
    refused(layer)
    maps(save_as_geotiff(layer, tmp_path / "saved.tif"), ASSUME=SAID)


@follows(
    "sargeo_qgis.processing.scenes:_refuse_another_crs",
    "Give the layer the coordinate reference system of its file; if the file is wrong, save the"
    " layer as a GeoTIFF and choose that.",
)
@pytest.mark.parametrize("wrong", ["layer", "file"])
def test_layer_and_file_are_brought_together(
    small_scene: Path, tmp_path: Path, refused: Any, maps: Any, wrong: str
) -> None:
    other = "EPSG:32630"
    if wrong == "layer":
        layer = QgsRasterLayer(str(small_scene), "small")
        layer.setCrs(QgsCoordinateReferenceSystem(other))
        refused(layer)
        layer.setCrs(layer.dataProvider().crs())
        maps(layer)
        return
    scene = tmp_path / "scene.tif"
    gdal.Translate(str(scene), str(small_scene), outputSRS=other)
    layer = QgsRasterLayer(str(scene), "scene")
    layer.setCrs(UTM)
    refused(layer)
    saved = save_as_geotiff(layer, tmp_path / "saved.tif")
    maps(saved, ASSUME=SAID, AOI=zones(WITHIN))
