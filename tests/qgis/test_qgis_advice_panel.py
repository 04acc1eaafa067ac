"""What the panel advises works: done as said, it leads on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from advice import follows
from conftest import ROOT
from driving import pixels, wait_until
from fake_sargeo import fake_python, not_on_windows
from panel import Window, map_it
from qgis.core import QgsApplication, QgsProject
from qgis.gui import QgsMessageLogViewer
from qgis.PyQt.QtWidgets import QTabWidget
from sargeo_qgis.processing.map_scene import MapScene

WATER = 80

# Starts QGIS again with a project, and maps its scene.
AGAIN = """
import os
import sys
from driving import wait_until
from panel import Window
from qgis.core import QgsApplication, QgsProject
application = QgsApplication([], True)
application.initQgis()
sys.path.append(application.pkgDataPath() + "/python/plugins")
from processing.core.Processing import Processing
Processing.initialize()
from sargeo_qgis import classFactory
plugin = classFactory(None)
plugin.initProcessing()
from sargeo_qgis.gui.dock import SargeoDock
assert QgsProject.instance().read(sys.argv[1])
window = Window()
dock = SargeoDock(window, window.window)
(layer,) = QgsProject.instance().mapLayers().values()
dock.map_page.scene.setLayer(layer)
dock.map_page.folder.setFilePath(sys.argv[2])
dock.map_page.run_button.click()
wait_until(lambda: not dock.is_busy())
print(dock.map_page.status.text(), flush=True)
os._exit(0)  # what Python holds of QGIS would end in the wrong order
"""


@follows(
    "sargeo_qgis.failures:add_task",
    "Save the project and start QGIS again.",
    simulated="a QGIS that is well takes every task",
)
def test_the_project_is_saved_and_qgis_started_again(
    dock: Any, window: Window, own_scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Manager:
        def addTask(self, task: object) -> int:
            return 0

    with monkeypatch.context() as patch:
        patch.setattr(QgsApplication, "taskManager", lambda: Manager())
        map_it(dock, window, own_scene)
    assert "QGIS does not start the task" in dock.map_page.status.text()
    project = str(tmp_path / "mine.qgz")
    assert QgsProject.instance().write(project)
    paths = [str(ROOT / "qgis_plugin"), str(ROOT / "tests" / "qgis")]
    said = subprocess.run(
        [sys.executable, "-c", AGAIN, project, str(tmp_path / "products")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        encoding="utf-8",
    )
    assert said.stdout.splitlines()[-1:] == ["Bucht süd.tif is mapped."], said.stderr
    assert WATER in pixels(tmp_path / "products" / "Bucht süd_landcover.tif")


@follows(
    "sargeo_qgis.failures:as_plugin_error",
    "Report what stands under “sargeo” in QGIS's log messages.",
)
def test_the_log_says_what_a_report_needs(
    dock: Any, window: Window, own_scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(*_: object) -> None:
        raise KeyError("boom")

    viewer = QgsMessageLogViewer()
    monkeypatch.setattr(MapScene, "perform", boom)
    map_it(dock, window, own_scene)
    tabs = viewer.findChild(QTabWidget)
    told = {tabs.tabText(i): tabs.widget(i).toPlainText() for i in range(tabs.count())}
    for part in ("Traceback", "processAlgorithm", "in boom", "KeyError: 'boom'"):
        assert part in told["sargeo"]


@not_on_windows
@follows(
    "sargeo_qgis.core.process:describe_exit",
    "Copy the diagnostics of this run from the Runs page of the sargeo panel and report them.",
)
def test_diagnostics_say_how_a_run_ended(
    dock: Any, window: Window, own_scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("SARGEO_PYTHON", fake_python(tmp_path, code=7))
        map_it(dock, window, own_scene)
        QgsApplication.clipboard().setText("")
        dock.tabs.setCurrentWidget(dock.runs_page)
        dock.runs_page.diagnostics_button.click()
        wait_until(lambda: "sargeo doctor" in QgsApplication.clipboard().text())
    text = QgsApplication.clipboard().text()
    for part in ("sargeo ended with exit code 7", "sargeo map ", "plugin: ", "QGIS: 3."):
        assert part in text


@follows("sargeo_qgis.styling.results:_load", "Check that the file is still there.")
def test_products_that_are_gone_are_put_back(
    dock: Any, window: Window, own_scene: Path, tmp_path: Path
) -> None:
    map_it(dock, window, own_scene)
    products = Path(dock.runs_page.selected().parameters["OUTPUT_FOLDER"])
    landcover = products / "Bucht süd_landcover.tif"
    QgsProject.instance().clear()
    moved = shutil.move(landcover, tmp_path)
    dock.runs_page.open_button.click()
    assert f"QGIS cannot open {landcover}." in window.messages()[-1]
    assert not landcover.exists()
    shutil.move(moved, landcover)
    QgsProject.instance().clear()
    dock.runs_page.open_button.click()
    (layer,) = QgsProject.instance().mapLayersByName("Land cover")
    assert Path(layer.source()) == landcover
    assert layer.isValid()
