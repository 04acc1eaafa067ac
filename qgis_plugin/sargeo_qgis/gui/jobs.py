"""Runs of the panel: the same algorithm as in the toolbox, followed and remembered."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.errors import PluginError
from ..core.history import CANCELLED, DONE, FAILED, History, Run
from ..core.products import Products
from ..core.scene_files import stem_of
from ..failures import add_task, reporting
from ..styling.results import add_products
from ..translation import tr

ALGORITHM = "sargeo:map_scene"

# A run uses the context and the feedback of its job until its very end, even if the panel is gone.
_working: dict[Job, QgsProcessingAlgRunnerTask] = {}


class JobFeedback(QgsProcessingFeedback):
    """Keeps what a run says, and passes its state on to the panel."""

    text_changed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(False)
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.command = ""

    def setProgressText(self, text: str) -> None:
        """Tell what the run does now."""
        self.lines.append(text)
        self.text_changed.emit(text)

    def pushInfo(self, info: str) -> None:
        """Keep a line."""
        self.lines.append(info)

    def pushConsoleInfo(self, info: str) -> None:
        """Keep a line that a library of sargeo printed."""
        self.lines.append(info)

    def pushWarning(self, warning: str) -> None:
        """Keep a warning, and show it."""
        self.lines.append(warning)
        self.text_changed.emit(warning)

    def pushCommandInfo(self, info: str) -> None:
        """Keep the command."""
        self.command = info
        self.lines.append(info)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        """Keep an error."""
        self.errors.append(error)
        self.lines.append(error)


class Job(QObject):
    """One run, from the click to the layers.

    Parameters
    ----------
    parameters : dict
        Of the algorithm; paths, numbers and texts only, so that the history can hold them.
    """

    progress = pyqtSignal(float)
    said = pyqtSignal(str)
    ended = pyqtSignal(object, object)  # this job and its Run

    def __init__(self, parameters: dict[str, Any]) -> None:
        super().__init__()
        self._parameters = parameters
        self._working = False
        self._began = time.monotonic()
        self._started = datetime.now().astimezone().isoformat(timespec="seconds")
        self._feedback = JobFeedback()
        self._feedback.progressChanged.connect(self.progress)
        self._feedback.text_changed.connect(self.said)
        self._context = QgsProcessingContext()
        self._context.setProject(QgsProject.instance())

    def start(self) -> None:
        """Start, or end at once if the run is refused."""
        self._working = True
        with reporting(self._refused):
            self._begin()

    def _begin(self) -> None:
        registry = QgsApplication.processingRegistry()
        algorithm: QgsProcessingAlgorithm = registry.createAlgorithmById(ALGORITHM)
        accepted, reason = algorithm.checkParameterValues(self._parameters, self._context)
        if not accepted:
            self._end(FAILED, message=reason)
            return
        task = QgsProcessingAlgRunnerTask(
            algorithm, self._parameters, self._context, self._feedback
        )
        # Its constructor prepares the algorithm. A task that is refused there is cancelled: QGIS
        # would take it, never start it, and never tell that it has ended.
        if task.isCanceled():
            self._end(FAILED, message=self._errors())
            return
        task.executed.connect(self._executed)
        add_task(task)
        _working[self] = task

    def _refused(self, error: PluginError) -> None:
        self._end(FAILED, message=f"{error.problem}\n{error.remedy}")

    def abandon(self) -> None:
        """Cancel, and tell nobody how it ended: the panel is about to go."""
        self.blockSignals(True)
        self._feedback.cancel()

    def is_working(self) -> bool:
        """Tell whether it was started."""
        return self._working

    def cancel(self) -> None:
        """Ask the run to end; it does so within seconds and leaves nothing behind."""
        self._feedback.cancel()
        if not self._working:
            self._end(CANCELLED)

    def _executed(self, succeeded: bool, results: dict[str, Any]) -> None:
        _working.pop(self)
        if self._feedback.isCanceled():
            self._end(CANCELLED)
        elif not succeeded:
            self._end(FAILED, message=self._errors())
        else:
            results.pop("OUTPUT_FOLDER", None)  # no product, and kept among the parameters
            paths = {name: value for name, value in results.items() if isinstance(value, str)}
            self._end(DONE, products=paths)

    def _errors(self) -> str:
        silent = tr("QGIS ended the run without saying why.")
        return "\n".join(self._feedback.errors) or silent

    def _end(
        self, outcome: str, *, message: str = "", products: dict[str, str] | None = None
    ) -> None:
        run = Run(
            started=self._started,
            seconds=round(time.monotonic() - self._began, 1),
            parameters=self._parameters,
            command=self._feedback.command,
            outcome=outcome,
            message=message,
            products=products or {},
            log=tuple(self._feedback.lines),
        )
        self.ended.emit(self, run)


def open_products(run: Run) -> None:
    """Add the products of a run to the project."""
    products = Products.of_paths(run.products.values())
    stem = stem_of(Path(str(run.parameters["SCENE"])))
    add_products(products, stem, QgsProject.instance())


def history() -> History:
    """Return the history in the user's profile."""
    return History(Path(QgsApplication.qgisSettingsDirPath()) / "sargeo" / "runs")
