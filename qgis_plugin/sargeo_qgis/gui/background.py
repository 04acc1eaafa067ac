"""Work off the window's thread, with its result or its error brought back there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsTask
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.errors import CancelledError, PluginError
from ..failures import add_task, as_plugin_error, reporting

Work = Callable[["Background"], Any]

# A page forgets the work that it abandons: Python would delete its task, which QGIS holds by a bare
# pointer, while another thread is in it.
_working: set[Background] = set()


class Background(QObject):
    """A piece of work that QGIS shows among its tasks, and that the user can cancel there too.

    Parameters
    ----------
    title : str
        What QGIS shows.
    work : callable
        Gets this object, to ask `is_cancelled` and to call `tell`; runs on another thread.
    done : callable
        Gets the result, in the window's thread.
    failed : callable
        Gets the `PluginError`, in the window's thread.
    cancelled : callable
        Called in the window's thread when the user has cancelled.
    """

    told = pyqtSignal(float, str)  # share done, 0 to 1, and what happens

    def __init__(
        self,
        title: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[PluginError], None],
        cancelled: Callable[[], None],
    ) -> None:
        super().__init__()
        self._done, self._failed, self._cancelled = done, failed, cancelled
        # QGIS deletes a task that has ended.
        self._task: _Task | None = _Task(title, lambda: work(self), self._ended)
        self._asked = self._abandoned = False

    def start(self) -> Background:
        """Queue the work.

        Raises
        ------
        PluginError
            If QGIS does not take it.
        """
        add_task(self._task)
        _working.add(self)
        return self

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._asked = True

    def abandon(self) -> None:
        """Ask the work to stop, and want to hear nothing of it any more."""
        self._asked = self._abandoned = True
        self.blockSignals(True)

    def is_cancelled(self) -> bool:
        """Tell whether the user has cancelled, here or among the tasks of QGIS."""
        return self._asked or (self._task is not None and self._task.isCanceled())

    def tell(self, share: float, text: str) -> None:
        """Show how far the work is, from 0 to 1, and what it does."""
        self.told.emit(share, text)

    def _ended(self, result: Any, error: Exception | None) -> None:
        cancelled = self.is_cancelled() or isinstance(error, CancelledError)
        self._task = None
        _working.discard(self)
        if self._abandoned:
            return
        if cancelled:
            self._cancelled()
        elif error is not None:
            self._failed(as_plugin_error(error))
        else:
            with reporting(self._failed):  # a result that cannot be shown is a failure too
                self._done(result)


class _Task(QgsTask):
    """Carries the work to another thread, and what comes of it back."""

    def __init__(
        self,
        title: str,
        work: Callable[[], Any],
        ended: Callable[[Any, Exception | None], None],
    ) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel)
        self._work, self._ended = work, ended
        self._result: Any = None
        self._error: Exception | None = None

    def run(self) -> bool:
        try:
            self._result = self._work()
        except Exception as error:  # `Background` shows it
            self._error = error
        return self._error is None

    def finished(self, succeeded: bool) -> None:
        self._ended(self._result, self._error)
