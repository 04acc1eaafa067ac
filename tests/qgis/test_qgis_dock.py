"""The panel, driven as a user drives it."""

from __future__ import annotations

import csv
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import children, on_linux, pixels, wait_until
from panel import Window, choose, map_it, text_of
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEvent, QSize
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QMessageBox

CLASSES = ["trees", "low vegetation", "built-up", "bare", "open water"]


@pytest.fixture(scope="session")
def small_products(
    cli: Callable[..., str], small_scene: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder into which the command line has mapped the small scene."""
    folder = tmp_path_factory.mktemp("small_products")
    cli("map", small_scene, "-o", folder, "--progress", "none")
    return folder


@pytest.fixture
def past_run(dock: Any, window: Window, small_scene: Path, small_products: Path) -> Any:
    """A run of the past in the history, with its products on the canvas."""
    from sargeo_qgis.core.history import DONE, Run
    from sargeo_qgis.core.products import Products
    from sargeo_qgis.gui.jobs import history

    choose(dock, window, small_scene)
    dock.map_page.folder.setFilePath(str(small_products))
    run = Run(
        started="2026-01-31T12:00:00+01:00",
        seconds=7.0,
        parameters=dock.map_page.parameters(),
        command=f"sargeo map {small_scene} -o {small_products}",
        outcome=DONE,
        products=Products.of_paths(small_products.iterdir()).outputs(),
        log=("Reading the scene", "Mapping"),
    )
    history().add(run)
    dock.runs_page.reload()
    dock.runs_page.open_button.click()
    return run


def test_setup_says_where_sargeo_is(dock: Any) -> None:
    said = text_of(dock.setup_page.words)
    assert os.environ["SARGEO_PYTHON"] in said
    assert "set by the variable SARGEO_PYTHON" in said


def test_without_a_python_the_panel_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, window: Window, tmp_path: Path
) -> None:
    from sargeo_qgis.gui.dock import SargeoDock

    monkeypatch.delenv("SARGEO_PYTHON")
    monkeypatch.setenv("SARGEO_ENVIRONMENTS", str(tmp_path))
    panel = SargeoDock(window, window.window)
    wait_until(lambda: "No Python with sargeo is set up" in text_of(panel.setup_page.words))
    assert panel.tabs.currentWidget() is panel.setup_page
    panel.detach()


def test_a_scene_is_described_in_words(dock: Any, window: Window, own_scene: Path) -> None:
    choose(dock, window, own_scene)
    wait_until(lambda: "Band 2" in text_of(dock.map_page.words))
    said = text_of(dock.map_page.words)
    assert "256 × 256 pixels" in said
    assert "VV, sigma nought, dB" in said
    assert dock.map_page.folder.filePath() == str(own_scene.with_name("Bucht süd_sargeo"))


def test_time_and_memory_are_estimated(dock: Any, window: Window, own_scene: Path) -> None:
    choose(dock, window, own_scene)
    dock.map_page.estimate()
    wait_until(lambda: "Memory" in text_of(dock.map_page.words))
    assert "GB" in text_of(dock.map_page.words)


def test_a_layer_that_cannot_be_mapped_is_refused_at_once(dock: Any) -> None:
    uri = "type=xyz&url=https://example.org/{z}/{x}/{y}.png"
    layer = QgsRasterLayer(uri, "tiles", "wms")
    QgsProject.instance().addMapLayer(layer)
    dock.map_page.scene.setLayer(layer)
    assert "web server" in text_of(dock.map_page.words)
    dock.map_page.run_button.click()
    assert "web server" in dock.map_page.status.text()


def test_mapping_adds_styled_layers_and_a_run(dock: Any, window: Window, own_scene: Path) -> None:
    seen = []
    dock.map_page.bar.valueChanged.connect(seen.append)
    map_it(dock, window, own_scene)
    assert dock.map_page.status.text() == "Bucht süd.tif is mapped."
    assert seen[-1] == 100
    assert len(seen) > 3
    group = QgsProject.instance().layerTreeRoot().findGroup("Bucht süd")
    names = [child.name() for child in group.children()]
    assert names == ["Objects", "Objects per cell", "Confidence (%)", "Land cover"]
    run = dock.runs_page.selected()
    assert (run.scene, run.outcome) == ("Bucht süd.tif", "done")
    assert dock.runs_page.table.rowCount() == 1


def test_the_canvas_shows_the_legends_colours_and_the_ships(past_run: Any, window: Window) -> None:
    tree = QgsProject.instance().layerTreeRoot()
    shown = [layer for layer in tree.layerOrder() if tree.findLayer(layer.id()).isVisible()]
    window.window.resize(QSize(512, 512))
    window.window.show()
    drawn = []
    window.canvas.renderComplete.connect(drawn.append)
    window.canvas.setLayers(shown)
    window.canvas.setExtent(shown[-1].extent())
    window.canvas.refresh()
    wait_until(lambda: bool(drawn) and not window.canvas.isDrawing())
    picture = window.canvas.grab().toImage()
    colours = {
        QColor(picture.pixel(x, y)).name()
        for x in range(0, picture.width(), 2)
        for y in range(0, picture.height(), 2)
    }
    assert {"#0064c8", "#ff00aa"} <= colours


def test_cancel_ends_the_run_and_leaves_nothing(
    dock: Any, window: Window, demo_scene: Path, tmp_path: Path
) -> None:
    scene = Path(shutil.copy(demo_scene, tmp_path / "scene.tif"))
    choose(dock, window, scene)
    dock.map_page.run_button.click()
    wait_until(lambda: dock.map_page.bar.value() > 5)
    began = time.monotonic()
    dock.map_page.cancel_button.click()
    wait_until(lambda: not dock.is_busy())
    assert time.monotonic() - began < 15
    assert dock.runs_page.selected().outcome == "cancelled"
    assert not (tmp_path / "scene_sargeo").exists()


@on_linux
def test_cancel_leaves_no_process(dock: Any, window: Window, own_scene: Path) -> None:
    choose(dock, window, own_scene)
    wait_until(lambda: "Band 2" in text_of(dock.map_page.words))
    dock.map_page.run_button.click()
    wait_until(lambda: bool(children()))
    dock.map_page.cancel_button.click()
    wait_until(lambda: not dock.is_busy())
    assert children() == []


def test_runs_queue(dock: Any, window: Window, own_scene: Path, tmp_path: Path) -> None:
    choose(dock, window, own_scene)
    parameters = dock.map_page.parameters()
    for name in ("one", "two", "three"):
        dock.run({**parameters, "OUTPUT_FOLDER": str(tmp_path / name)})
    assert dock.map_page.status.text() == "Queued: 2 run(s) ahead"
    wait_until(lambda: len(dock.runs_page._runs) == 1)
    dock._jobs[-1].cancel()
    wait_until(lambda: not dock.is_busy())
    runs = {Path(run.parameters["OUTPUT_FOLDER"]).name: run for run in dock.runs_page._runs}
    outcomes = {name: run.outcome for name, run in runs.items()}
    assert outcomes == {"one": "done", "two": "done", "three": "cancelled"}


def test_a_failed_run_is_told_and_remembered(dock: Any, window: Window, past_run: Any) -> None:
    dock.map_page.run_button.click()
    wait_until(lambda: not dock.is_busy())
    assert "already holds products" in dock.map_page.status.text()
    assert any("already holds products" in message for message in window.messages())
    assert dock.runs_page.selected().outcome == "failed"


def test_a_run_is_copied_as_a_command(dock: Any, past_run: Any) -> None:
    dock.runs_page.command_button.click()
    assert QgsApplication.clipboard().text() == past_run.command


def test_a_run_is_repeated_if_the_user_agrees(
    dock: Any, past_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    dock.runs_page.repeat_button.click()
    assert not dock.is_busy()
    dock.runs_page.repeat_button.click()
    wait_until(lambda: not dock.is_busy())
    repeated = dock.runs_page.selected()
    assert (repeated.outcome, repeated.products) == ("done", past_run.products)
    assert repeated.command.startswith("sargeo map ")
    group = QgsProject.instance().layerTreeRoot().findGroup("small")
    assert len(group.children()) == 4, "a product is shown once"


def test_products_are_opened_once(dock: Any, past_run: Any) -> None:
    dock.runs_page.open_button.click()
    dock.runs_page.open_button.click()
    group = QgsProject.instance().layerTreeRoot().findGroup("small")
    assert len(group.children()) == 4


def test_only_what_the_canvas_shows_is_mapped(dock: Any, window: Window, own_scene: Path) -> None:
    layer = choose(dock, window, own_scene)
    middle = QgsRectangle(515000, 4501000, 516500, 4502200)
    to_degrees = QgsCoordinateTransform(
        layer.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance()
    )
    window.canvas.setDestinationCrs(to_degrees.destinationCrs())
    window.canvas.setExtent(to_degrees.transformBoundingBox(middle))
    dock.map_page.extent_only.setChecked(True)
    dock.map_page.run_button.click()
    wait_until(lambda: not dock.is_busy())
    codes = pixels(dock.runs_page.selected().products["LANDCOVER"])
    rows, columns = np.nonzero(codes)
    extent = layer.extent()
    west, north = extent.xMinimum() + 10 * columns.min(), extent.yMaximum() - 10 * rows.min()
    east, south = extent.xMinimum() + 10 * columns.max(), extent.yMaximum() - 10 * rows.max()
    shown = QgsCoordinateTransform(
        to_degrees.destinationCrs(), layer.crs(), QgsProject.instance()
    ).transformBoundingBox(window.canvas.mapSettings().visibleExtent())
    seen = shown.intersect(extent)
    assert (west, north) == pytest.approx((seen.xMinimum(), seen.yMaximum()), abs=11)
    assert (east, south) == pytest.approx((seen.xMaximum(), seen.yMinimum()), abs=21)


def test_another_machine_needs_no_python_here(
    dock: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from sargeo_qgis.core.remote import RemoteMachine
    from sargeo_qgis.settings import Settings

    monkeypatch.delenv("SARGEO_PYTHON")
    monkeypatch.setenv("SARGEO_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setattr(RemoteMachine, "version", lambda machine, cancelled: "0.1.7")
    Settings(host="me@farm").write()
    dock.setup_page.check()
    wait_until(lambda: "0.1.7" in text_of(dock.setup_page.words))
    assert "me@farm" in text_of(dock.setup_page.words)
    assert dock.tabs.currentWidget() is dock.map_page
    QgsSettings().remove("sargeo")


def test_what_nobody_foresaw_is_told_and_blocks_nothing(
    dock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise PermissionError("denied")

    monkeypatch.setattr("sargeo_qgis.session.interpreter", fail)
    dock.setup_page.check()
    wait_until(lambda: "did not foresee: PermissionError" in text_of(dock.setup_page.words))
    assert dock.setup_page.check_button.isEnabled()


def test_the_panel_goes_while_it_works(window: Window, own_scene: Path) -> None:
    from sargeo_qgis.gui.dock import SargeoDock
    from sargeo_qgis.gui.jobs import _working

    panel = SargeoDock(window, window.window)
    choose(panel, window, own_scene)
    panel.map_page.run_button.click()
    panel.detach()
    panel.deleteLater()
    QgsApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    wait_until(lambda: not _working)


def test_diagnostics_hold_what_a_report_needs(dock: Any, past_run: Any) -> None:
    QgsApplication.clipboard().setText("")
    dock.runs_page.diagnostics_button.click()
    wait_until(lambda: "sargeo doctor" in QgsApplication.clipboard().text())
    text = QgsApplication.clipboard().text()
    for part in ("QGIS: 3.", "plugin: ", '"torch"', "sargeo map ", "Reading the scene"):
        assert part in text
    assert str(Path.home()) not in text


def measured(dock: Any) -> Any:
    dock.areas_page.summary = None
    dock.areas_page.measure()
    wait_until(lambda: dock.areas_page.summary is not None)
    return dock.areas_page.summary


def test_areas_of_the_canvas(dock: Any, window: Window, past_run: Any) -> None:
    window.canvas.setExtent(QgsRectangle(514000, 4500500, 518000, 4504500))
    summary = measured(dock)
    whole = 256 * 256 * 10.004**2 / 1e4  # hectares
    total = sum(area.hectares for area in summary.classes)
    assert total == pytest.approx(whole, rel=0.01)
    assert summary.nodata_share == pytest.approx(0, abs=0.01)  # beside the scene does not count
    assert {area.name for area in summary.classes} <= set(CLASSES)
    ships = QgsVectorLayer(past_run.products["OBJECTS"], "ships")
    assert summary.objects["ship"] == ships.featureCount()
    window.canvas.setExtent(QgsRectangle(515000, 4501000, 516000, 4502000))
    small = measured(dock)
    assert sum(area.hectares for area in small.classes) < total / 2


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_areas_of_a_canvas_that_shows_the_world(
    dock: Any, window: Window, past_run: Any, crs: str
) -> None:
    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem(crs))
    window.canvas.setExtent(QgsCoordinateReferenceSystem(crs).bounds())
    if crs == "EPSG:3857":
        window.canvas.setExtent(QgsRectangle(-2e7, -2e7, 2e7, 2e7))
    total = sum(area.hectares for area in measured(dock).classes)
    assert total == pytest.approx(256 * 256 * 1e-2, rel=0.02)


def test_a_canvas_beside_the_scene_is_told(dock: Any, window: Window, past_run: Any) -> None:
    window.canvas.setExtent(QgsRectangle(600000, 4600000, 610000, 4610000))
    dock.areas_page.measure()
    assert "Nothing of this land cover lies there." in dock.areas_page.status.text()


def test_areas_of_selected_polygons_as_a_table(
    dock: Any, window: Window, past_run: Any, tmp_path: Path
) -> None:
    polygons = QgsVectorLayer("Polygon?crs=EPSG:4326", "zones", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(-8.825, 40.66, -8.81, 40.67)))
    polygons.dataProvider().addFeatures([feature])
    QgsProject.instance().addMapLayer(polygons)
    window.active = polygons
    dock.areas_page.by_selection.setChecked(True)
    dock.areas_page.measure()
    assert "No polygon is selected" in dock.areas_page.status.text()
    polygons.selectAll()
    summary = measured(dock)
    assert 0 < sum(area.hectares for area in summary.classes) < 150
    dock.areas_page.save_csv(tmp_path / "Flächen.csv")
    with (tmp_path / "Flächen.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {row["name"]: float(row["hectares"]) for row in rows if row["kind"] == "class"}
    assert found == {a.name: pytest.approx(a.hectares, abs=1e-4) for a in summary.classes}
    assert dock.areas_page.table.rowCount() == len(rows)


def test_settings_are_kept(dock: Any, tmp_path: Path) -> None:
    from sargeo_qgis.settings import Settings

    dock.setup_page.host.setText("me@farm")
    dock.setup_page.host.editingFinished.emit()
    assert Settings.read().host == "me@farm"
    assert dock.map_page.parameters()["HOST"] == "me@farm"
    QgsSettings().remove("sargeo")


def test_the_installation_is_planned_before_it_is_asked_for(
    dock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sargeo_qgis.core.environment.choices import Choices
    from sargeo_qgis.gui.install_dialog import InstallDialog

    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 10**12))
    dialog = InstallDialog(tmp_path / "root", Choices())
    assert not dialog.install_button.isEnabled()
    dialog.plan()
    wait_until(lambda: dialog.install_button.isEnabled())
    said = text_of(dialog.words)
    assert str(tmp_path / "root") in said
    assert "Download" in said
    assert "GB" in said
    assert not (tmp_path / "root").exists()
    dialog.deleteLater()


def test_a_full_disk_is_told_before_anything_is_fetched(
    dock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sargeo_qgis.core.environment.choices import Choices
    from sargeo_qgis.gui.install_dialog import InstallDialog

    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1000))
    dialog = InstallDialog(tmp_path / "root", Choices())
    dialog.plan()
    wait_until(lambda: "free" in text_of(dialog.words))
    assert not dialog.install_button.isEnabled()
    dialog.deleteLater()
