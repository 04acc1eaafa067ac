"""What the tests need to drive QGIS and to look at what it did."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
)

gdal.UseExceptions()

#: Of the plugin, in alphabetical order.
ALGORITHMS = [
    "ask",
    "assess",
    "caption",
    "classify",
    "embed",
    "export_webmap",
    "info",
    "map_scene",
    "search",
    "status",
    "zones",
]


class Told(QgsProcessingFeedback):
    """Keeps what an algorithm tells.

    Parameters
    ----------
    on_progress : callable, optional
        Gets this feedback, at every step of the bar.
    """

    def __init__(self, on_progress: Callable[[Told], None] | None = None) -> None:
        super().__init__(False)
        self.progress: list[float] = []
        self.texts: list[str] = []
        self.warnings: list[str] = []
        self.errors: list[str] = []
        self._on_progress = on_progress
        self.progressChanged.connect(self._note)

    def _note(self, percent: float) -> None:
        self.progress.append(percent)
        if self._on_progress is not None:
            self._on_progress(self)

    def setProgressText(self, text: str) -> None:
        self.texts.append(text)

    def pushInfo(self, info: str) -> None:
        self.texts.append(info)

    def pushWarning(self, warning: str) -> None:
        self.warnings.append(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.errors.append(error)


@dataclass(frozen=True)
class Mapped:
    """A finished run of ``sargeo:map_scene``."""

    scene: Path
    folder: Path
    outputs: dict[str, Any]
    told: Told


@dataclass(frozen=True)
class Surroundings:
    """What all plugins of a QGIS share."""

    path: list[str]
    variables: dict[str, str]

    @classmethod
    def now(cls) -> Surroundings:
        variables = dict(os.environ)
        variables.pop("PYTEST_CURRENT_TEST", None)
        return cls(list(sys.path), variables)


@dataclass(frozen=True)
class Loaded:
    """The plugin, and what was around before it was loaded."""

    plugin: Any
    before: Surroundings


def run(
    algorithm: str,
    told: QgsProcessingFeedback | None = None,
    context: QgsProcessingContext | None = None,
    **parameters: object,
) -> dict[str, Any]:
    """Run an algorithm of the plugin as a script of a user does."""
    import processing  # is on the path once QGIS has started

    return processing.run(f"sargeo:{algorithm}", parameters, feedback=told, context=context)


def wait_until(reached: Callable[[], bool], seconds: float = 60) -> None:
    """Let QGIS work until something is reached."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "what was waited for did not come"
        QgsApplication.processEvents()
        time.sleep(0.01)


def refusal(algorithm: str, **parameters: object) -> str:
    """Run an algorithm that has to fail; return all that the user reads."""
    told = Told()
    with pytest.raises(QgsProcessingException) as caught:
        run(algorithm, told, **parameters)
    return "\n".join([*told.errors, str(caught.value)])


def pixels(path: str | Path) -> np.ndarray:
    """Return the first band of a raster."""
    opened = gdal.Open(str(path))  # the band is nothing without it
    return opened.GetRasterBand(1).ReadAsArray()


def crop(scene: Path, target: Path, column: int, row: int, size: int) -> Path:
    """Cut a square out of a scene, with all that its file says."""
    gdal.Translate(str(target), str(scene), srcWin=[column, row, size, size])
    return target


def children() -> list[int]:
    """Return the processes that this one has started and that have not ended, on Linux."""
    return [pid for pid, state, parent, _ in _processes() if parent == os.getpid() and state != "Z"]


def of_session(session: int) -> list[int]:
    """Return the processes of a session that have not ended: a child of the plugin heads one."""
    return [pid for pid, state, _, found in _processes() if found == session and state != "Z"]


def _processes() -> list[tuple[int, str, int, int]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it ended while we looked
        state, parent, _, session = text.rpartition(")")[2].split()[:4]
        found.append((int(folder.name), state, int(parent), int(session)))
    return found


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
