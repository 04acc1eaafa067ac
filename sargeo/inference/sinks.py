"""Rasters that finished rows go into, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block, GeoGrid
from sargeo.geo.pixel_area import SQUARE_METRES_PER_SQUARE_KILOMETRE, pixel_area_m2
from sargeo.inference.rows import LabelRows
from sargeo.legend import LandCoverClass
from sargeo.products.raster import RasterSink
from sargeo.products.windows import tiles


class RowSinks:
    """Sinks, each for a part of the rows; a context manager that leaves nothing half-written.

    Parameters
    ----------
    grid : GeoGrid
        Of the scene.

    Attributes
    ----------
    code_pixels : ndarray of int64, shape (256,)
        Pixels written so far by class code.
    code_areas_km2 : ndarray of float64, shape (256,)
        Their geodesic area.
    """

    def __init__(self, grid: GeoGrid) -> None:
        self._grid = grid
        self._sinks: list[tuple[RasterSink, Callable[[LabelRows], NDArray[np.uint8]]]] = []
        self.code_pixels = np.zeros(256, dtype=np.int64)
        self.code_areas_km2 = np.zeros(256)

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

    def class_shares(self, legend: Iterable[LandCoverClass]) -> dict[str, float]:
        """Return the share of the pixels with a result by class, of the classes that occur."""
        return {
            c.name: int(self.code_pixels[c.code]) / self.valid_pixels for c in self._seen(legend)
        }

    def class_areas_km2(self, legend: Iterable[LandCoverClass]) -> dict[str, float]:
        """Return the geodesic area by class, of the classes that occur."""
        return {c.name: round(float(self.code_areas_km2[c.code]), 6) for c in self._seen(legend)}

    def add(self, sink: RasterSink, part: Callable[[LabelRows], NDArray[np.uint8]]) -> None:
        """Let a sink take a part of the rows."""
        self._sinks.append((sink, part))

    def write(self, rows: LabelRows) -> None:
        """Write the next rows of every raster."""
        self._measure(rows)
        for sink, part in self._sinks:
            sink.write(rows.row, part(rows))

    def _seen(self, legend: Iterable[LandCoverClass]) -> Iterator[LandCoverClass]:
        return (c for c in legend if self.code_pixels[c.code])

    def _measure(self, rows: LabelRows) -> None:
        """Count the pixels of every code and sum up their areas."""
        height, width = rows.wanted.shape
        # In tiles, as the areas of all pixels of a strip would take eight times its memory.
        for tile in tiles(Block(rows.row, 0, height, width)):
            part = slice(tile.row - rows.row, tile.row_stop - rows.row), tile.slices()[1]
            wanted = rows.wanted[part]
            if not wanted.any():
                continue
            codes = rows.codes[part][wanted]
            area_m2 = pixel_area_m2(self._grid, tile)[wanted]
            self.code_pixels += np.bincount(codes, minlength=256)
            self.code_areas_km2 += (
                np.bincount(codes, area_m2, minlength=256) / SQUARE_METRES_PER_SQUARE_KILOMETRE
            )

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


def codes_of(rows: LabelRows) -> NDArray[np.uint8]:
    """Return the class codes of rows."""
    return rows.codes


def confidence_of(rows: LabelRows) -> NDArray[np.uint8]:
    """Return the probability of the class shown, in percent."""
    confidence: NDArray[np.uint8] = rows.percents[0]
    return confidence
