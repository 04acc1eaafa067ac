"""Finished rows on the scene's grid, on their way into the raster products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sargeo.mapping.job import Job
from sargeo.products.count import CountGrid
from sargeo.products.names import ProductPaths
from sargeo.products.pam import write_class_pam
from sargeo.products.raster import (
    RasterSink,
    confidence_sink,
    landcover_sink,
    probabilities_sink,
)
from sargeo.survey.rows import Rows


class RasterProducts:
    """The raster products of a run; a context manager that leaves nothing half-written.

    Parameters
    ----------
    job : Job
    paths : ProductPaths
        In the working folder.
    metadata : mapping of str to str
        Tags of every file.
    """

    def __init__(self, job: Job, paths: ProductPaths, metadata: Mapping[str, str]) -> None:
        self._job = job
        self._paths = paths
        self._metadata = metadata
        self._sinks: list[tuple[RasterSink, Callable[[Rows], NDArray[np.uint8]]]] = []
        self.counts = CountGrid.plan(job.scene.grid, job.options.cell_size_m)
        self.class_pixels = np.zeros(256, dtype=np.int64)

    def __enter__(self) -> Self:
        grid, metadata = self._job.scene.grid, self._metadata
        if self._job.options.landcover:
            self._add(landcover_sink(self._paths.landcover, grid, metadata), _landcover)
            self._add(confidence_sink(self._paths.confidence, grid, metadata), _confidence)
        if self._job.options.class_probabilities:
            codes = self._job.model.spec.classes
            sink = probabilities_sink(self._paths.probabilities, grid, codes, metadata)
            self._add(sink, _probabilities)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for sink, _ in self._sinks:
            sink.abort()

    def write(self, rows: Rows) -> None:
        """Write the next rows of every raster."""
        self.class_pixels += np.bincount(rows.codes[rows.wanted], minlength=256)
        self.counts.add_valid(rows.row, rows.wanted)
        for sink, part in self._sinks:
            sink.write(rows.row, part(rows))

    @property
    def valid_pixels(self) -> int:
        """Pixels with a result so far."""
        return int(self.class_pixels.sum())

    def finish(self) -> None:
        """Finish all rasters but the counts, side by side: GDAL works outside Python's lock."""
        if not self._sinks:
            return
        with ThreadPoolExecutor(len(self._sinks)) as pool:
            for done in [pool.submit(sink.finish) for sink, _ in self._sinks]:
                done.result()
        if self._job.options.landcover:
            write_class_pam(self._paths.landcover)

    def _add(self, sink: RasterSink, part: Callable[[Rows], NDArray[np.uint8]]) -> None:
        self._sinks.append((sink, part))


def _landcover(rows: Rows) -> NDArray[np.uint8]:
    return rows.codes


def _confidence(rows: Rows) -> NDArray[np.uint8]:
    confidence: NDArray[np.uint8] = rows.percents[0]
    return confidence


def _probabilities(rows: Rows) -> NDArray[np.uint8]:
    return rows.percents[1:]
