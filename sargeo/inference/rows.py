"""Finished rows of labels, and the way from the working grid back to the scene's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block, GeoGrid
from sargeo.inference.working_raster import UNKNOWN, WorkingRaster
from sargeo.legend import NODATA, UNCERTAIN
from sargeo.products.raster import PERCENT_NODATA
from sargeo.tiling.pixels import Strip

REGRID_ROWS = 512
"""Rows of the scene that are reprojected from the working grid at once."""


@dataclass(frozen=True, slots=True)
class LabelRows:
    """Finished rows of labels: a class and how probable it is.

    Attributes
    ----------
    row : int
        First row on the grid in question.
    wanted : ndarray of bool, shape (h, W)
    codes : ndarray of uint8, shape (h, W)
        Of classes; 0 where not wanted.
    percents : ndarray of uint8, shape (C, h, W)
        Confidence, then the probabilities of all classes if they were asked for; 255 where not
        wanted.
    """

    row: int
    wanted: NDArray[np.bool_]
    codes: NDArray[np.uint8]
    percents: NDArray[np.uint8]

    @classmethod
    def of_strip(
        cls, strip: Strip, legend: NDArray[np.uint8], uncertain_below: float | None
    ) -> LabelRows:
        """Give classes their codes by the legend, and what is not wanted its nodata."""
        codes = legend[strip.winner]
        if uncertain_below is not None:
            codes[strip.probability < round(100 * uncertain_below)] = UNCERTAIN
        codes[~strip.wanted] = NODATA
        percents = strip.probability[None]
        if strip.probabilities is not None:
            percents = np.concatenate([percents, strip.probabilities])
        percents[:, ~strip.wanted] = PERCENT_NODATA
        return cls(strip.row, strip.wanted, codes, percents)

    def stacked(self) -> tuple[int, NDArray[np.uint8]]:
        """Return the first row, and codes and percents as bands of one array."""
        return self.row, np.concatenate([self.codes[None], self.percents])


def reproject_to_source(
    work: WorkingRaster,
    grid: GeoGrid,
    wanted: Callable[[Block], NDArray[np.bool_]],
    write: Callable[[LabelRows], None],
    check: Callable[[], None],
) -> None:
    """Reproject results from the working grid to the scene's, by nearest neighbour.

    Parameters
    ----------
    work : WorkingRaster
        Codes, then percents; closed for writing.
    grid : GeoGrid
        Of the scene.
    wanted : callable
        Tells in which pixels of a block of the scene a result is asked for.
    write : callable
        Takes the rows, in order.
    check : callable
        Called between rows; raises where the run was cancelled.
    """
    for row in range(0, grid.height, REGRID_ROWS):
        check()
        block = Block(row, 0, min(REGRID_ROWS, grid.height - row), grid.width)
        asked = wanted(block)
        values = work.read_on(grid, block, asked)
        known = asked & (values[0] != UNKNOWN) & (values[0] != NODATA)
        codes = np.where(known, values[0], np.uint8(NODATA))
        percents = np.where(known, values[1:], np.uint8(PERCENT_NODATA))
        write(LabelRows(row, known, codes, percents))
