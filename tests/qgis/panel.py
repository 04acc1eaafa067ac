"""What the tests need to drive the panel as a user drives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from driving import wait_until
from qgis.core import QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtWidgets import QMainWindow


class Window:
    """What the panel uses of QGIS's interface, with the real widgets behind it."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.canvas = QgsMapCanvas(self.window)
        self.window.setCentralWidget(self.canvas)
        self.bar = QgsMessageBar()
        self.active: Any = None

    def mainWindow(self) -> QMainWindow:
        return self.window

    def mapCanvas(self) -> QgsMapCanvas:
        return self.canvas

    def messageBar(self) -> QgsMessageBar:
        return self.bar

    def activeLayer(self) -> Any:
        return self.active

    def messages(self) -> list[str]:
        return [item.text() for item in self.bar.items()]


def text_of(view: Any) -> str:
    return view.toPlainText().replace("\n", " ")


def choose(dock: Any, window: Window, scene: Path) -> QgsRasterLayer:
    layer = QgsRasterLayer(str(scene), scene.stem)
    QgsProject.instance().addMapLayer(layer)
    window.canvas.setDestinationCrs(layer.crs())
    window.canvas.setLayers([layer])
    window.canvas.setExtent(layer.extent())
    dock.map_page.scene.setLayer(layer)
    return layer


def map_it(dock: Any, window: Window, scene: Path) -> None:
    choose(dock, window, scene)
    dock.map_page.run_button.click()
    wait_until(lambda: not dock.is_busy())
