"""Rasters that finished rows go into, side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sargeo.products.raster import RasterSink
from sargeo.survey.rows import Rows


class RowSinks:
    """Sinks, each for a part of the rows; a context manager that leaves nothing half-written.

    Attributes
    ----------
    code_pixels : ndarray of int64, shape (256,)
        Pixels written so far by class code.
    """

    def __init__(self) -> None:
        self._sinks: list[tuple[RasterSink, Callable[[Rows], NDArray[np.uint8]]]] = []
        self.code_pixels = np.zeros(256, dtype=np.int64)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for sink, _ in self._sinks:
            sink.abort()

    @property
    def valid_pixels(self) -> int:
        """Pixels with a result so far."""
        return int(self.code_pixels.sum())

    def add(self, sink: RasterSink, part: Callable[[Rows], NDArray[np.uint8]]) -> None:
        """Let a sink take a part of the rows."""
        self._sinks.append((sink, part))

    def write(self, rows: Rows) -> None:
        """Write the next rows of every raster."""
        self.code_pixels += np.bincount(rows.codes[rows.wanted], minlength=256)
        for sink, part in self._sinks:
            sink.write(rows.row, part(rows))

    def finish(self) -> None:
        """Finish all rasters, side by side: GDAL works outside Python's lock.

        One that fails keeps no other from being finished; its error is raised afterwards.
        """
        if not self._sinks:
            return
        with ThreadPoolExecutor(len(self._sinks)) as pool:
            done = [pool.submit(sink.finish) for sink, _ in self._sinks]
        for each in done:
            each.result()


def codes_of(rows: Rows) -> NDArray[np.uint8]:
    """Return the class codes of rows."""
    return rows.codes


def confidence_of(rows: Rows) -> NDArray[np.uint8]:
    """Return the probability of the class shown, in percent."""
    confidence: NDArray[np.uint8] = rows.percents[0]
    return confidence
