"""``sargeo:map_scene`` as a step of a model, and as a task beside the window."""

from __future__ import annotations

import csv
import time
from pathlib import Path

from driving import Told
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEventLoop, QTimer

TEMPORARY = QgsProcessing.TEMPORARY_OUTPUT


def value(fixed: object) -> list[QgsProcessingModelChildParameterSource]:
    return [QgsProcessingModelChildParameterSource.fromStaticValue(fixed)]


def model_that_maps(folder: Path) -> QgsProcessingModelAlgorithm:
    """Return a model: map a scene, then polygons of its land cover."""
    source = QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("Water", "Tests", "tests")
    model.addModelParameter(
        QgsProcessingParameterRasterLayer("SCENE"), QgsProcessingModelParameter("SCENE")
    )
    first = QgsProcessingModelChildAlgorithm("sargeo:map_scene")
    first.setChildId("map")
    first.addParameterSources("SCENE", [source.fromModelParameter("SCENE")])
    first.addParameterSources("PRODUCTS", value(["landcover"]))
    first.addParameterSources("OUTPUT_FOLDER", value(str(folder)))
    model.addChildAlgorithm(first)
    second = QgsProcessingModelChildAlgorithm("native:fillnodata")
    second.setChildId("fill")
    second.addParameterSources("INPUT", [source.fromChildOutput("map", "LANDCOVER")])
    second.addParameterSources("FILL_VALUE", value(99))
    output = QgsProcessingModelOutput("FILLED")
    output.setChildId("fill")
    output.setChildOutputName("OUTPUT")
    second.setModelOutputs({"FILLED": output})
    model.addChildAlgorithm(second)
    model.updateDestinationParameters()
    return model


def test_a_model_uses_what_was_mapped(small_scene: Path, tmp_path: Path) -> None:
    model = model_that_maps(tmp_path / "products")
    told = Told()
    filled = tmp_path / "filled.tif"
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    parameters = {"SCENE": str(small_scene), "fill:FILLED": str(filled)}
    _, succeeded = model.run(parameters, context, told)
    assert succeeded, told.errors
    assert (tmp_path / "products" / "small_landcover.tif").is_file()
    opened = gdal.Open(str(filled))
    assert (opened.RasterXSize, opened.RasterYSize) == (256, 256)


def model_that_chains(folder: Path) -> QgsProcessingModelAlgorithm:
    """Return a model: map a scene, measure zones in the folder, put the folder on a page."""
    source = QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("Report", "Tests", "tests")
    for parameter in (
        QgsProcessingParameterRasterLayer("SCENE"),
        QgsProcessingParameterFeatureSource("ZONES"),
    ):
        model.addModelParameter(parameter, QgsProcessingModelParameter(parameter.name()))
    steps = {
        "map_scene": {"SCENE": [source.fromModelParameter("SCENE")]},
        "zones": {
            "POLYGONS": [source.fromModelParameter("ZONES")],
            "FOLDER": [source.fromChildOutput("map_scene", "OUTPUT_FOLDER")],
            "OUTPUT": value(str(folder / "zones.csv")),
        },
        "export_webmap": {
            "FOLDER": [source.fromChildOutput("zones", "OUTPUT_FOLDER")],
            "PAGE": value(str(folder / "page.html")),
        },
    }
    for name, parameters in steps.items():
        step = QgsProcessingModelChildAlgorithm(f"sargeo:{name}")
        step.setChildId(name)
        for parameter, sources in parameters.items():
            step.addParameterSources(parameter, sources)
        model.addChildAlgorithm(step)
    maps = model.childAlgorithm("map_scene")  # to a folder that is not named
    output = QgsProcessingModelOutput("MAPS")
    output.setChildId("map_scene")
    output.setChildOutputName("OUTPUT_FOLDER")
    maps.setModelOutputs({"MAPS": output})
    model.setChildAlgorithm(maps)
    model.updateDestinationParameters()
    return model


def test_a_folder_goes_from_step_to_step(small_scene: Path, tmp_path: Path) -> None:
    zones = QgsVectorLayer("Polygon?crs=EPSG:32629&field=name:string", "Zones", "memory")
    zone = QgsFeature(zones.fields())
    zone.setAttributes(["bay"])
    zone.setGeometry(QgsGeometry.fromRect(QgsRectangle(515_000, 4_501_000, 516_000, 4_502_000)))
    zones.dataProvider().addFeature(zone)
    QgsProject.instance().addMapLayer(zones)
    context, told = QgsProcessingContext(), Told()
    context.setProject(QgsProject.instance())
    model = model_that_chains(tmp_path)
    (destination,) = (p.name() for p in model.destinationParameterDefinitions())
    parameters = {"SCENE": str(small_scene), "ZONES": zones.id(), destination: TEMPORARY}
    results, succeeded = model.run(parameters, context, told)
    assert succeeded, told.errors
    assert (Path(results[destination]) / "small_landcover.tif").is_file()
    with (tmp_path / "zones.csv").open(encoding="utf-8") as file:
        (measured,) = csv.DictReader(file)
    assert measured["name"] == "bay"
    assert float(measured["open_water_ha"]) > 0
    assert "small" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_qgis_stays_responsive(small_scene: Path, tmp_path: Path) -> None:
    """A timer of the window's thread goes on while a task maps."""
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("sargeo:map_scene")
    context, told = QgsProcessingContext(), Told()
    context.setProject(QgsProject.instance())
    parameters = {"SCENE": str(small_scene), "OUTPUT_FOLDER": str(tmp_path / "products")}
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, told)
    ended, ticks, loop = [], [time.monotonic()], QEventLoop()
    task.executed.connect(
        lambda succeeded, results: (ended.append((succeeded, results)), loop.quit())
    )
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(time.monotonic()))
    timer.start(20)
    QgsApplication.taskManager().addTask(task)
    loop.exec()
    timer.stop()
    ((succeeded, results),) = ended
    assert succeeded
    assert Path(results["LANDCOVER"]).is_file()
    pauses = [later - earlier for earlier, later in zip(ticks, ticks[1:])]
    assert len(pauses) > 50
    assert max(pauses) < 1
