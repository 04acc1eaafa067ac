"""Whatever refuses a run, the panel says so, and the next run goes through."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from driving import wait_until
from fake_sargeo import fake_python, not_on_windows
from osgeo import gdal
from panel import Window, choose
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterFileWriter,
    QgsRasterLayer,
    QgsRasterPipe,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtWidgets import QMessageBox
from sargeo_qgis.core.history import History
from sargeo_qgis.gui import dock as dock_module
from sargeo_qgis.processing.map_scene import MapScene

pytestmark = not_on_windows

ELSEWHERE = QgsRectangle(10, 45, 11, 46)
WITHIN = QgsRectangle(515_000, 4_501_000, 516_000, 4_502_000)

UNFORESEEN = "The plugin met something it did not foresee: KeyError: 'boom'."


@dataclass(frozen=True)
class Panel:
    """The panel with a scene chosen, and what a refusal needs to come about."""

    dock: Any
    window: Window
    scene: QgsRasterLayer
    folder: Path
    patch: pytest.MonkeyPatch

    @property
    def page(self) -> Any:
        return self.dock.map_page

    def add_aoi(self, box: QgsRectangle, crs: str = "EPSG:32629") -> None:
        layer = QgsVectorLayer("Polygon", "Area", "memory")
        layer.setCrs(QgsCoordinateReferenceSystem(crs))
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromRect(box))
        layer.dataProvider().addFeature(feature)
        QgsProject.instance().addMapLayer(layer)
        self.page.aoi.setLayer(layer)

    def run(self) -> str:
        """Run; return what the page says in the end."""
        self.page.run_button.click()
        wait_until(lambda: not self.dock.is_busy(), 20)
        return str(self.page.status.text())


@pytest.fixture(autouse=True)
def sargeo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sargeo that maps nothing, at once."""
    monkeypatch.setenv("SARGEO_PYTHON", fake_python(tmp_path, {"event": "result", "products": []}))


@pytest.fixture
def panel(sargeo: None, dock: Any, window: Window, own_scene: Path, tmp_path: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield Panel(dock, window, choose(dock, window, own_scene), tmp_path, patch)


def boom(*_: object, **__: object) -> None:
    raise KeyError("boom")


def area_elsewhere(panel: Panel) -> None:
    panel.add_aoi(ELSEWHERE, crs="EPSG:4326")


def area_without_crs(panel: Panel) -> None:
    panel.add_aoi(WITHIN, crs="")


def area_without_features(panel: Panel) -> None:
    panel.add_aoi(WITHIN)
    panel.page.aoi.currentLayer().dataProvider().truncate()


def area_beside_the_canvas(panel: Panel) -> None:
    panel.add_aoi(WITHIN)
    panel.window.canvas.setExtent(QgsRectangle(516_500, 4_503_000, 517_000, 4_503_400))
    panel.page.extent_only.setChecked(True)


def overridden_crs(panel: Panel) -> None:
    panel.scene.setCrs(QgsCoordinateReferenceSystem("EPSG:32701"))
    panel.add_aoi(WITHIN)


def crs_without_place(panel: Panel) -> None:
    panel.scene.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))


def canvas_without_place(panel: Panel) -> None:
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    panel.window.canvas.setDestinationCrs(degrees)
    panel.window.canvas.setExtent(QgsRectangle(-1e30, -1e30, 1e30, 1e30))
    panel.page.extent_only.setChecked(True)


def no_folder(panel: Panel) -> None:
    panel.page.folder.setFilePath("")


def file_for_a_folder(panel: Panel) -> None:
    (panel.folder / "file").touch()
    panel.page.folder.setFilePath(str(panel.folder / "file" / "products"))


def unforeseen_in(stage: str) -> Callable[[Panel], None]:
    def provoke(panel: Panel) -> None:
        panel.patch.setattr(MapScene, stage, boom)

    provoke.__name__ = f"unforeseen_in_{stage}"
    return provoke


def task_not_taken(panel: Panel) -> None:
    class Manager:
        def addTask(self, task: object) -> int:
            return 0

    panel.patch.setattr(QgsApplication, "taskManager", lambda: Manager())


def refusal_of_sargeo(panel: Panel) -> None:
    said = {"event": "error", "problem": "No <polarisation>\nis known.", "remedy": "Say which."}
    folder = panel.folder / "refusing"
    folder.mkdir()
    panel.patch.setenv("SARGEO_PYTHON", fake_python(folder, said, code=3))


def end_without_a_word(panel: Panel) -> None:
    folder = panel.folder / "silent"
    folder.mkdir()
    panel.patch.setenv("SARGEO_PYTHON", fake_python(folder, code=1))


@pytest.mark.parametrize(
    ("provoke", "said"),
    [
        (area_elsewhere, "Area has no polygon near the scene.\nChoose another layer"),
        (area_without_crs, "Layer Area has no coordinate reference system.\nAssign the one"),
        (area_without_features, "Area has no polygon near the scene."),
        (area_beside_the_canvas, "Area has no polygon in the area chosen."),
        (
            overridden_crs,
            "is shown in EPSG:32701 - WGS 84 / UTM zone 1S, but its file is in EPSG:32629",
        ),
        (crs_without_place, "is shown in EPSG:4326 - WGS 84, but its file is in EPSG:32629"),
        (canvas_without_place, "What the map canvas shows has no place in EPSG:32629"),
        (no_folder, "No output folder is chosen. Choose a folder for the products."),
        (file_for_a_folder, "cannot be made: Not a directory.\nChoose another folder"),
        (unforeseen_in("checkParameterValues"), UNFORESEEN),
        (unforeseen_in("prepareAlgorithm"), "KeyError: 'boom'"),
        (unforeseen_in("prepare"), UNFORESEEN),
        (unforeseen_in("perform"), UNFORESEEN),
        (unforeseen_in("processAlgorithm"), "KeyError: 'boom'"),
        (task_not_taken, "QGIS does not start the task “Executing “Map land cover and objects””."),
        (refusal_of_sargeo, "No <polarisation>\nis known.\nSay which."),
        (end_without_a_word, "sargeo ended with exit code 1: no message"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_refusal_is_said_and_the_next_run_goes_through(
    panel: Panel, provoke: Callable[[Panel], None], said: str
) -> None:
    crs = panel.scene.crs()
    provoke(panel)
    assert said in panel.run()
    assert panel.page.run_button.isEnabled()
    assert not panel.page.cancel_button.isEnabled()
    panel.patch.undo()
    panel.scene.setCrs(crs)
    panel.page.aoi.setLayer(None)
    panel.page.extent_only.setChecked(False)
    panel.page.folder.setFilePath(str(panel.folder / "products"))
    assert panel.run() == f"{panel.scene.name()}.tif is mapped."
    assert panel.dock.runs_page.selected().outcome == "done"


def test_a_refusal_among_runs_that_wait_lets_the_next_begin(panel: Panel) -> None:
    panel.add_aoi(ELSEWHERE, crs="EPSG:4326")
    refused = panel.page.parameters()
    good = {name: value for name, value in refused.items() if name != "AOI"}
    for number, parameters in enumerate([good, refused, refused, good]):
        panel.dock.run({**parameters, "OUTPUT_FOLDER": str(panel.folder / f"{number}")})
    wait_until(lambda: not panel.dock.is_busy(), 20)
    outcomes = [run.outcome for run in reversed(panel.dock.runs_page._runs)]
    assert outcomes == ["done", "failed", "failed", "done"]
    assert any("no polygon near the scene" in message for message in panel.window.messages())


@pytest.mark.parametrize(
    ("owner", "name"), [(dock_module, "open_products"), (History, "add"), (History, "runs")]
)
def test_what_fails_after_a_run_lets_the_next_begin(panel: Panel, owner: object, name: str) -> None:
    panel.patch.setattr(owner, name, boom)
    for number in range(2):
        parameters = panel.page.parameters()
        panel.dock.run({**parameters, "OUTPUT_FOLDER": str(panel.folder / f"{number}")})
    wait_until(lambda: not panel.dock.is_busy(), 20)
    assert panel.page.status.text().endswith("is mapped.")
    assert any("KeyError" in message for message in panel.window.messages())


def test_a_run_that_qgis_cancels_before_it_begins(panel: Panel) -> None:
    panel.page.run_button.click()
    QgsApplication.taskManager().cancelAll()
    wait_until(lambda: not panel.dock.is_busy(), 20)
    assert "Cancelled" in panel.page.status.text()
    assert panel.run().endswith("is mapped.")


def test_a_repeated_run_whose_area_is_gone_is_refused_and_frees_the_queue(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: yes)
    panel.add_aoi(WITHIN)
    assert panel.run().endswith("is mapped.")
    QgsProject.instance().removeMapLayer(panel.page.aoi.currentLayer())
    panel.dock.runs_page.repeat_button.click()
    wait_until(lambda: not panel.dock.is_busy(), 20)
    assert "Could not load source layer for AOI" in panel.page.status.text()
    assert panel.run().endswith("is mapped.")


def test_a_run_of_the_past_that_makes_no_sense_is_told(panel: Panel) -> None:
    panel.page.run_button.click()
    wait_until(lambda: not panel.dock.is_busy(), 20)
    run = panel.dock.runs_page.selected()
    run.parameters["CELL_SIZE"] = "wide"
    panel.dock.runs_page.repeat_button.click()
    assert "ValueError" in panel.window.messages()[-1]
    assert panel.run().endswith("is mapped.")


def test_the_bar_shows_a_refusal_whole(panel: Panel) -> None:
    refusal_of_sargeo(panel)
    panel.run()
    assert panel.window.messages() == ["No &lt;polarisation&gt;<br>is known.<br>Say which."]


def test_what_is_asked_of_a_refused_scene_is_told_on_the_page(panel: Panel) -> None:
    panel.add_aoi(ELSEWHERE, crs="EPSG:4326")
    panel.page.estimate_button.click()
    assert "no polygon near the scene" in panel.page.words.toPlainText()
    canvas_without_place(panel)
    panel.page.estimate_button.click()
    assert "has no place in EPSG:32629" in panel.page.words.toPlainText()
    panel.page.show_all_options()
    assert "has no place in EPSG:32629" in panel.page.status.text()


def save_as_geotiff(layer: QgsRasterLayer, path: Path) -> Path:
    """As "Save as" does, which writes the CRS of the layer."""
    pipe = QgsRasterPipe()
    pipe.set(layer.dataProvider().clone())
    size, extent = (layer.width(), layer.height()), layer.extent()
    transforms = QgsProject.instance().transformContext()
    QgsRasterFileWriter(str(path)).writeRaster(pipe, *size, extent, layer.crs(), transforms)
    return path


def test_the_remedies_for_an_overridden_crs_work(panel: Panel) -> None:
    right, wrong = panel.scene.crs(), QgsCoordinateReferenceSystem("EPSG:32630")
    panel.scene.setCrs(wrong)
    saved = save_as_geotiff(panel.scene, panel.folder / "saved.tif")
    assert "but its file is in EPSG:32629" in panel.run()
    panel.scene.setCrs(right)
    assert panel.run().endswith("is mapped.")
    choose(panel.dock, panel.window, saved)
    assert panel.page.scene.currentLayer().crs() == wrong
    assert panel.run() == "saved.tif is mapped."


def test_the_remedy_for_a_crs_that_only_qgis_knows_works(panel: Panel) -> None:
    path = panel.folder / "raw.tif"
    made = gdal.GetDriverByName("GTiff").Create(str(path), 2, 2, 1, gdal.GDT_Float32)
    made.SetGeoTransform((500_000, 10, 0, 4_500_000, 0, -10))
    del made
    layer = choose(panel.dock, panel.window, path)
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32629"))
    assert "but its file has no coordinate reference system. Save the layer" in panel.run()
    choose(panel.dock, panel.window, save_as_geotiff(layer, panel.folder / "saved.tif"))
    assert panel.run() == "saved.tif is mapped."


def test_how_what_was_not_foreseen_came_about_is_in_the_log(panel: Panel) -> None:
    log: list[str] = []

    def note(message: str, tag: str, _level: object) -> None:
        if tag == "sargeo":
            log.append(message)

    QgsApplication.messageLog().messageReceived.connect(note)
    unforeseen_in("perform")(panel)
    said = panel.run()
    QgsApplication.messageLog().messageReceived.disconnect(note)
    assert "Report what stands under “sargeo” in QGIS's log messages." in said
    assert any("Traceback" in message and "in boom" in message for message in log)


# The folder that is proposed


def test_the_folder_for_a_scene_in_an_archive_lies_beside_it(panel: Panel) -> None:
    scene = panel.folder / "Bucht süd.tif"
    archive = panel.folder / "archive.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(scene, "deep/scene.tif")
    layer = QgsRasterLayer(f"/vsizip/{archive}/deep/scene.tif", "zipped")
    QgsProject.instance().addMapLayer(layer)
    panel.page.scene.setLayer(layer)
    assert panel.page.folder.filePath() == str(panel.folder / "scene_sargeo")
    assert panel.run() == "scene.tif is mapped."


def test_rasters_of_a_geopackage_have_a_folder_each(panel: Panel) -> None:
    path = panel.folder / "scenes.gpkg"
    for name in ("may", "june"):
        options = ["APPEND_SUBDATASET=YES", f"RASTER_TABLE={name}"]
        gdal.Translate(
            str(path),
            str(panel.folder / "Bucht süd.tif"),
            format="GPKG",
            bandList=[1],
            outputType=gdal.GDT_Float32,
            creationOptions=options,
        )
        layer = QgsRasterLayer(f"GPKG:{path}:{name}", name)
        assert layer.isValid()
        QgsProject.instance().addMapLayer(layer)
        panel.page.scene.setLayer(layer)
        assert panel.page.folder.filePath() == str(panel.folder / f"scenes_{name}_sargeo")


def test_no_folder_is_proposed_where_qgis_removes_it(panel: Panel) -> None:
    virtual = Path(QgsProcessingUtils.tempFolder()) / "OUTPUT.vrt"
    gdal.BuildVRT(str(virtual), [str(panel.folder / "Bucht süd.tif")]).FlushCache()
    layer = QgsRasterLayer(str(virtual), "virtual")
    QgsProject.instance().addMapLayer(layer)
    panel.page.scene.setLayer(layer)
    hint = "The scene lies in a folder that is removed when QGIS ends. Choose a folder"
    assert panel.page.folder.filePath() == ""
    assert panel.page.folder.toolTip().startswith(hint)
    assert panel.page.folder.lineEdit().placeholderText().startswith(hint)
    assert "No output folder is chosen." in panel.run()
    panel.page.folder.setFilePath(str(panel.folder / "products"))
    assert panel.run() == "OUTPUT.vrt is mapped."
    panel.page.scene.setLayer(panel.scene)
    assert panel.page.folder.toolTip() == ""


def test_nothing_of_a_damaged_history_blocks_the_panel(panel: Panel) -> None:
    run = {"started": "2026-01-31T12:00:00", "seconds": 1.0, "parameters": {"SCENE": "a.tif"}}
    folder = Path(QgsApplication.qgisSettingsDirPath()) / "sargeo" / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    facts = {**run, "command": "", "outcome": "failed", "message": "", "products": {}, "log": []}
    (folder / "0.json").write_text(json.dumps(facts), encoding="utf-8")
    panel.dock.runs_page.reload()
    assert not panel.dock.runs_page.folder_button.isEnabled()
    panel.dock.runs_page.repeat_button.click()
    wait_until(lambda: not panel.dock.is_busy(), 20)
    assert "There is no file a.tif." in panel.page.status.text()
    panel.page.scene.setLayer(panel.scene)
    panel.page.folder.setFilePath(str(panel.folder / "products"))
    assert panel.run().endswith("is mapped.")
