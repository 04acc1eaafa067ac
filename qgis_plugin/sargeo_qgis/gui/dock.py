"""The panel: map, runs, areas, set-up."""

from __future__ import annotations

import html
import platform
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsApplication, QgsProject
from qgis.gui import QgisInterface, QgsDockWidget
from qgis.PyQt.QtCore import PYQT_VERSION_STR, QT_VERSION_STR
from qgis.PyQt.QtWidgets import QMessageBox, QTabWidget, QWidget

from .. import session
from ..core.diagnostics import report
from ..core.errors import PluginError
from ..core.history import CANCELLED, DONE, Run
from ..core.products import Products
from ..core.sargeo import Facts
from ..core.scene_files import stem_of
from ..failures import reporting
from ..processing.status import LACKING
from ..styling.results import release_products
from ..translation import tr
from .areas_page import AreasPage
from .background import Background
from .jobs import Job, history, open_products
from .map_page import MapPage
from .runs_page import RunsPage
from .setup_page import SetupPage


class SargeoDock(QgsDockWidget):
    """The panel of sargeo.

    Parameters
    ----------
    iface : QgisInterface
    parent : QWidget, optional
    """

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__(tr("sargeo"), parent)
        self.setObjectName("SargeoDock")
        self._iface = iface
        self._history = history()
        self._jobs: list[Job] = []
        self._task: Background | None = None
        self.map_page = MapPage(iface)
        self.runs_page = RunsPage(self._history)
        self.areas_page = AreasPage(iface)
        self.setup_page = SetupPage()
        self.tabs = QTabWidget()
        self.tabs.addTab(self.map_page, tr("Map"))
        self.tabs.addTab(self.runs_page, tr("Runs"))
        self.tabs.addTab(self.areas_page, tr("Areas"))
        self.tabs.addTab(self.setup_page, tr("Setup"))
        self.setWidget(self.tabs)
        self.map_page.run_asked.connect(self.run)
        self.map_page.cancel_asked.connect(self.cancel)
        self.runs_page.open_asked.connect(self._open)
        self.runs_page.repeat_asked.connect(self._repeat)
        self.runs_page.diagnostics_asked.connect(self._copy_diagnostics)
        self.setup_page.ready.connect(self._show_ready)
        self.setup_page.check()

    def run(self, parameters: dict[str, Any]) -> None:
        """Start a run; it waits for those before it."""
        if parameters.get("OVERWRITE"):
            with reporting(self._show_error):
                _release(parameters)
        job = Job(parameters)
        self._jobs.append(job)
        job.progress.connect(self.map_page.show_progress)
        job.said.connect(self.map_page.show_status)
        job.ended.connect(self._ended)
        self.map_page.show_running(True)
        if len(self._jobs) == 1:
            job.start()
        else:
            # Not as a task that waits: those share their threads with the drawing of maps.
            waiting = tr("Queued: {count} run(s) ahead", count=len(self._jobs) - 1)
            self.map_page.show_status(waiting)

    def cancel(self) -> None:
        """Cancel all runs of the panel, the one that works and those that wait."""
        self.map_page.show_status(tr("Cancelling…"))
        for job in reversed(self._jobs[:]):  # those that wait first, lest they begin
            job.cancel()

    def is_busy(self) -> bool:
        """Tell whether a run of the panel works or waits."""
        return bool(self._jobs)

    def _ended(self, job: Job, run: Run) -> None:
        self._jobs.remove(job)
        self.map_page.show_running(self.is_busy())
        for act in (self._remember, self._show_end):
            with reporting(self._show_error):  # whatever comes of it, the next run has its turn
                act(run)
        if self._jobs and not self._jobs[0].is_working():
            self._jobs[0].start()

    def _show_end(self, run: Run) -> None:
        if run.outcome == DONE:
            self.map_page.show_progress(100)
            self.map_page.show_status(tr("{scene} is mapped.", scene=run.scene))
            open_products(run)
        elif run.outcome == CANCELLED:
            self.map_page.show_progress(0)
            self.map_page.show_status(tr("Cancelled; no product was left behind."))
        else:
            self.map_page.show_progress(0)
            self.map_page.show_status(run.message)
            self._warn(run.message)

    def _remember(self, run: Run) -> None:
        try:
            self._history.add(run)
        finally:
            self.runs_page.reload()

    def _open(self, run: Run) -> None:
        with reporting(self._show_error):
            open_products(run)

    def _repeat(self, run: Run) -> None:
        with reporting(self._show_error):
            replaces = bool(run.products)
            if replaces and not self._agreed_to_replace(run):
                return
            self.map_page.set_parameters(run.parameters)
            self.tabs.setCurrentWidget(self.map_page)
            overwrite = replaces or bool(run.parameters.get("OVERWRITE"))
            self.run({**run.parameters, "OVERWRITE": overwrite})

    def _agreed_to_replace(self, run: Run) -> bool:
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self,
            tr("Map {scene} again?", scene=run.scene),
            tr("Its products in {folder} are replaced.", folder=run.parameters["OUTPUT_FOLDER"]),
            buttons.Yes | buttons.No,
        )
        return bool(answer == buttons.Yes)

    def _copy_diagnostics(self, run: Run) -> None:
        def copy(doctor: Facts | str) -> None:
            text = report(_versions(), doctor, run.command, run.log)
            QgsApplication.clipboard().setText(text)
            message = tr("Diagnostics copied; paste them into a bug report.")
            self._iface.messageBar().pushMessage("sargeo", message, Qgis.MessageLevel.Info)

        with reporting(self._show_error):
            self._task = Background(
                tr("Collecting diagnostics"),
                lambda task: session.ask(
                    ["doctor", "--json"], task.is_cancelled, allowed=(LACKING,)
                ),
                copy,
                lambda error: copy(f"{error.problem} {error.remedy}"),
                lambda: None,
            ).start()

    def _show_ready(self, ready: bool) -> None:
        if not ready:
            self.tabs.setCurrentWidget(self.setup_page)

    def _show_error(self, error: PluginError) -> None:
        self._warn(f"{error.problem}\n{error.remedy}")

    def _warn(self, message: str) -> None:
        # The bar reads texts as HTML, and would take the name between < and > for a tag.
        text = html.escape(message, quote=False).replace("\n", "<br>")
        self._iface.messageBar().pushMessage("sargeo", text, Qgis.MessageLevel.Critical)

    def detach(self) -> None:
        """Cancel what runs and stop listening, before the panel is taken away."""
        for job in self._jobs:
            job.abandon()
        if self._task is not None:
            self._task.abandon()
        for page in (self.map_page, self.areas_page, self.setup_page):
            page.detach()


def _release(parameters: dict[str, Any]) -> None:
    """Take out of the project what a run replaces."""
    folder, stem = Path(parameters["OUTPUT_FOLDER"]), stem_of(Path(parameters["SCENE"]))
    release_products(Products.of_scene(folder, stem), QgsProject.instance())


def _versions() -> dict[str, str]:
    metadata = (Path(__file__).parents[1] / "metadata.txt").read_text(encoding="utf-8")
    own = next(line for line in metadata.splitlines() if line.startswith("version="))
    return {
        "plugin": own.partition("=")[2],
        "QGIS": Qgis.QGIS_VERSION,
        "Qt": QT_VERSION_STR,
        "PyQt": PYQT_VERSION_STR,
        "Python of QGIS": platform.python_version(),
        "system": platform.platform(),
    }
