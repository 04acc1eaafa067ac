"""What goes wrong in the plugin reaches the user as a problem and a remedy, foreseen or not."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qgis.core import Qgis, QgsApplication, QgsMessageLog, QgsTask

from .core.errors import PluginError


def as_plugin_error(error: Exception) -> PluginError:
    """Return an error in two sentences; how one came about that nobody foresaw goes to the log."""
    if isinstance(error, PluginError):
        return error
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    QgsMessageLog.logMessage(text, "sargeo", Qgis.MessageLevel.Critical)
    return PluginError(
        f"The plugin met something it did not foresee: {type(error).__name__}: {error}.",
        "Report what stands under “sargeo” in QGIS's log messages.",
    )


@contextmanager
def reporting(show: Callable[[PluginError], None]) -> Iterator[None]:
    """Show whatever ends the block: an exception that leaves a slot of Qt reaches no page.

    Parameters
    ----------
    show : callable
        Gets the `PluginError`.
    """
    try:
        yield
    except Exception as error:  # the boundary between Python and Qt
        show(as_plugin_error(error))


def add_task(task: QgsTask) -> None:
    """Hand a task to QGIS.

    Raises
    ------
    PluginError
        If QGIS does not take it: it would never end.
    """
    if QgsApplication.taskManager().addTask(task) == 0:
        raise PluginError(
            f"QGIS does not start the task “{task.description()}”.",
            "Save the project and start QGIS again.",
        )
