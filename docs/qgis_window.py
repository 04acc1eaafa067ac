"""What a user would do in QGIS, step by step, with a picture after each; run by ``qgis --code``.

Started by qgis_pictures.py, which sets SARGEO_PICTURES (a folder) and SARGEO_SCENE.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path

from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QTimer
from qgis.utils import iface, plugins

PICTURES = Path(os.environ["SARGEO_PICTURES"])
SCENE = Path(os.environ["SARGEO_SCENE"])

SIZE = (1400, 880)
POLL_MS = 200
CALM_POLLS, MOST_POLLS = 15, 900

Condition = Callable[[], bool]


def photograph(name: str) -> None:
    """Save a picture of the window."""
    iface.mainWindow().grab().save(str(PICTURES / f"{name}.png"))


def panel():
    """Return the panel of the plugin."""
    return plugins["sargeo_qgis"].entry.dock


def open_scene() -> Condition:
    iface.mainWindow().resize(*SIZE)
    layer = QgsRasterLayer(str(SCENE), SCENE.stem)
    QgsProject.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    iface.zoomToActiveLayer()
    plugins["sargeo_qgis"].entry.action.setChecked(True)
    panel().map_page.scene.setLayer(layer)
    return lambda: bool(panel().map_page.scene_words)


def map_it() -> Condition:
    photograph("scene")
    panel().map_page.run_button.click()
    return lambda: not panel().is_busy()


def measure() -> Condition:
    photograph("mapped")
    panel().tabs.setCurrentWidget(panel().areas_page)
    panel().areas_page.measure()
    return lambda: panel().areas_page.summary is not None


def look_at_runs() -> Condition:
    photograph("areas")
    panel().tabs.setCurrentWidget(panel().runs_page)
    return lambda: True


def look_at_setup() -> Condition:
    photograph("runs")
    panel().tabs.setCurrentWidget(panel().setup_page)
    return lambda: True


def open_toolbox() -> Condition:
    photograph("setup")
    panel().map_page.show_all_options()
    return lambda: True


def leave() -> Condition:
    panel().map_page.dialog.grab().save(str(PICTURES / "toolbox.png"))
    end(0)
    return lambda: True


STEPS = (open_scene, map_it, measure, look_at_runs, look_at_setup, open_toolbox, leave)


def take(number: int) -> None:
    """Take a step, and wait for what it has begun."""
    try:
        wait(number, STEPS[number](), 0)
    except Exception:
        (PICTURES / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
        end(1)


def wait(number: int, reached: Condition, polls: int, calm: int = 0) -> None:
    """Go on when the condition has held for a while, and the canvas has not drawn meanwhile.

    New layers are drawn some time after they are there.
    """
    calm = calm + 1 if reached() and not iface.mapCanvas().isDrawing() else 0
    if polls > MOST_POLLS:
        text = f"{STEPS[number].__name__} did not end: {panel().map_page.status.text()}"
        (PICTURES / "error.txt").write_text(text, encoding="utf-8")
        end(1)
    elif calm >= CALM_POLLS:
        take(number + 1)
    else:
        QTimer.singleShot(POLL_MS, lambda: wait(number, reached, polls + 1, calm))


def end(code: int) -> None:
    """Leave QGIS without its questions about unsaved projects."""
    QgsApplication.processEvents()
    os._exit(code)


QTimer.singleShot(2000, lambda: take(0))
