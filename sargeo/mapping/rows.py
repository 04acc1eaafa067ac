"""Finished rows on the scene's grid, on their way into the raster products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sargeo.grid import Block
from sargeo.legend import LAND_COVER_CODES, NODATA, UNCERTAIN
from sargeo.mapping.job import Job
from sargeo.products.count import CountGrid
from sargeo.products.names import ProductPaths
from sargeo.products.pam import write_landcover_pam
from sargeo.products.raster import (
    PERCENT_NODATA,
    RasterSink,
    confidence_sink,
    landcover_sink,
    probabilities_sink,
)
from sargeo.products.regrid import WorkRaster
from sargeo.tiling.mosaic import Strip

REGRID_ROWS = 512
"""Rows of the scene that are brought back from another grid at once."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Finished rows.

    Attributes
    ----------
    row : int
        First row on the grid in question.
    wanted : ndarray of bool, shape (h, W)
    landcover : ndarray of uint8, shape (h, W)
        Class codes; 0 where not wanted.
    percents : ndarray of uint8, shape (C, h, W)
        Confidence, then the probabilities of all classes if they were asked for; 255 where not
        wanted.
    """

    row: int
    wanted: NDArray[np.bool_]
    landcover: NDArray[np.uint8]
    percents: NDArray[np.uint8]

    @classmethod
    def of_strip(
        cls, strip: Strip, codes: NDArray[np.uint8], uncertain_below: float | None
    ) -> Rows:
        """Give classes their codes, and what is not wanted its nodata."""
        landcover = codes[strip.winner]
        if uncertain_below is not None:
            landcover[strip.probability < round(100 * uncertain_below)] = UNCERTAIN
        landcover[~strip.wanted] = NODATA
        percents = strip.probability[None]
        if strip.probabilities is not None:
            percents = np.concatenate([percents, strip.probabilities])
        percents[:, ~strip.wanted] = PERCENT_NODATA
        return cls(strip.row, strip.wanted, landcover, percents)

    def stacked(self) -> tuple[int, NDArray[np.uint8]]:
        """Return the first row, and land cover and percents as bands of one array."""
        return self.row, np.concatenate([self.landcover[None], self.percents])


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
        self.class_pixels += np.bincount(rows.landcover[rows.wanted], minlength=256)
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
            write_landcover_pam(self._paths.landcover)

    def _add(self, sink: RasterSink, part: Callable[[Rows], NDArray[np.uint8]]) -> None:
        self._sinks.append((sink, part))


def bring_back(
    work: WorkRaster, job: Job, write: Callable[[Rows], None], check: Callable[[], None]
) -> None:
    """Bring results from the grid worked on back to the scene's, by nearest neighbour.

    Parameters
    ----------
    work : WorkRaster
        Land cover, then percents; closed for writing.
    write : callable
        Takes the rows, in order.
    check : callable
        Called between rows; raises where the run was cancelled.
    """
    grid = job.scene.grid
    for row in range(0, grid.height, REGRID_ROWS):
        check()
        block = Block(row, 0, min(REGRID_ROWS, grid.height - row), grid.width)
        wanted = job.scene.read(block).valid
        if job.area is not None:
            wanted &= job.area.mask(block)
        values = work.read_on(grid, block, wanted)
        wanted &= np.isin(values[0], (*LAND_COVER_CODES, UNCERTAIN))
        landcover = np.where(wanted, values[0], np.uint8(NODATA))
        percents = np.where(wanted, values[1:], np.uint8(PERCENT_NODATA))
        write(Rows(row, wanted, landcover, percents))


def _landcover(rows: Rows) -> NDArray[np.uint8]:
    return rows.landcover


def _confidence(rows: Rows) -> NDArray[np.uint8]:
    confidence: NDArray[np.uint8] = rows.percents[0]
    return confidence


def _probabilities(rows: Rows) -> NDArray[np.uint8]:
    return rows.percents[1:]
