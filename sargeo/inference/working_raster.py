"""Results on another grid than the scene's, kept until they are reprojected to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from sargeo.geo.grid import Block, GeoGrid
from sargeo.geo.gridmap import GridMapping
from sargeo.legend import NODATA
from sargeo.products.files import storage_error

UNKNOWN = 255
"""Value of what lies outside the working grid."""


class WorkingRaster:
    """Bytes on the working grid, kept on disk until all rows are there.

    Parameters
    ----------
    path : Path
        Of a temporary file.
    grid : GeoGrid
        The working grid.
    count : int
        Number of bands.
    """

    def __init__(self, path: Path, grid: GeoGrid, count: int) -> None:
        self._path = path
        self._grid = grid
        self._count = count
        with self._storage_errors():
            self._file = rasterio.open(
                path,
                "w",
                driver="GTiff",
                width=grid.width,
                height=grid.height,
                count=count,
                dtype="uint8",
                crs=grid.crs.to_wkt(),
                transform=grid.transform,
                nodata=UNKNOWN,
                tiled=True,
                blockxsize=256,
                blockysize=256,
                bigtiff="IF_SAFER",
                sparse_ok=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except (RasterioError, OSError) as error:
            needed = self._count * self._grid.block.size
            raise storage_error(self._path, needed, error) from error

    def write(self, row: int, values: NDArray[np.uint8]) -> None:
        """Write rows; values of shape (C, h, W)."""
        with self._storage_errors():
            _, height, width = values.shape
            if height:
                self._file.write(values, window=Window(0, row, width, height))

    def close(self) -> None:
        """Finish writing, so that the rows can be read."""
        with self._storage_errors():
            self._file.close()

    def read_on(self, grid: GeoGrid, block: Block, wanted: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Read a block of another grid, by the nearest pixel that has a result.

        A pixel at the border of the data may have its centre in a pixel of this grid that has no
        result; one beside it has.

        Parameters
        ----------
        wanted : ndarray of bool, shape (h, w)
            Pixels that are looked up.

        Returns
        -------
        ndarray of uint8, shape (C, h, w)
            `UNKNOWN` where not wanted, and where no result is near.
        """
        values = np.full((self._count, block.height, block.width), UNKNOWN, np.uint8)
        rows, cols, around = GridMapping(grid, self._grid).centres(block)
        part = around.intersection(self._grid.block)
        if part is None:
            return values
        with rasterio.open(self._path) as file:
            source = file.read(window=Window(part.col, part.row, part.width, part.height))
        # Coordinates count from ``around``, which may begin before the grid does.
        row = np.floor(rows).astype(np.int64) - (part.row - around.row)
        col = np.floor(cols).astype(np.int64) - (part.col - around.col)
        missing = wanted.copy()
        for down, across in _NEAREST_FIRST:
            there = row[missing] + down, col[missing] + across
            found = _look_up(source, *there)
            known = (found[0] != UNKNOWN) & (found[0] != NODATA)
            place = np.flatnonzero(missing)[known]
            values.reshape(self._count, -1)[:, place] = found[:, known]
            missing.ravel()[place] = False
        return values


_NEAREST_FIRST = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def _look_up(
    source: NDArray[np.uint8], rows: NDArray[np.int64], cols: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Take pixels of a block, `UNKNOWN` outside it; shape (C, M)."""
    _, height, width = source.shape
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    found = np.full((len(source), len(rows)), UNKNOWN, np.uint8)
    found[:, inside] = source[:, rows[inside], cols[inside]]
    return found
