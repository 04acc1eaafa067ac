"""Work off the window's thread, with its result or its error brought back there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from ..core.errors import CancelledError, PluginError

Work = Callable[["Background"], Any]


class Background(QgsTask):
    """A task that QGIS shows and lets the user cancel.

    Parameters
    ----------
    title : str
        What QGIS shows.
    work : callable
        Gets the task, to ask `isCanceled` and to call `tell`; runs on another thread.
    done : callable
        Gets the result, in the window's thread.
    failed : callable
        Gets the `PluginError`, in the window's thread.
    """

    told = pyqtSignal(str)

    def __init__(
        self,
        title: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[PluginError], None],
    ) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel)
        self._work, self._done, self._failed = work, done, failed
        self._result: Any = None
        self._error: Exception | None = None

    def start(self) -> Background:
        """Queue the task; QGIS holds it by a bare pointer, so keep what this returns."""
        QgsApplication.taskManager().addTask(self)
        return self

    def tell(self, share: float, text: str) -> None:
        """Show how far the work is, from 0 to 1, and what it does."""
        self.setProgress(100 * share)
        self.told.emit(text)

    def run(self) -> bool:
        """Work; QGIS calls this on another thread."""
        try:
            self._result = self._work(self)
        except CancelledError:
            return False
        except Exception as error:  # `finished` raises it again
            self._error = error
            return False
        return True

    def finished(self, succeeded: bool) -> None:
        """Bring the result back; QGIS calls this in the window's thread."""
        if isinstance(self._error, PluginError):
            self._failed(self._error)
        elif self._error is not None:
            raise self._error
        elif succeeded:
            self._done(self._result)
