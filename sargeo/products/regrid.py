"""Results on another grid than the scene's, brought back to it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from sargeo.grid import Block, GeoGrid
from sargeo.products.workspace import writing_to

UNKNOWN = 255
"""Value of what lies outside the grid that was worked on."""


class WorkRaster:
    """Bytes on the grid that the network worked on, kept on disk until all rows are there.

    Parameters
    ----------
    path : Path
        Of a temporary file.
    grid : GeoGrid
        That was worked on.
    count : int
        Number of bands.
    """

    def __init__(self, path: Path, grid: GeoGrid, count: int) -> None:
        self._path = path
        self._grid = grid
        with writing_to(path.parent):
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

    def write(self, row: int, values: NDArray[np.uint8]) -> None:
        """Write rows; values of shape (C, h, W)."""
        with writing_to(self._path.parent):
            _, height, width = values.shape
            if height:
                self._file.write(values, window=Window(0, row, width, height))

    def close(self) -> None:
        """Finish writing, so that the rows can be read."""
        with writing_to(self._path.parent):
            self._file.close()

    def read_on(self, grid: GeoGrid, block: Block) -> NDArray[np.uint8]:
        """Read a block of another grid, by nearest neighbour; shape (C, h, w)."""
        part = grid.crop(block)
        with (
            rasterio.open(self._path) as file,
            WarpedVRT(
                file,
                crs=grid.crs.to_wkt(),
                transform=part.transform,
                width=part.width,
                height=part.height,
                resampling=rasterio.enums.Resampling.nearest,
                nodata=UNKNOWN,
                src_nodata=UNKNOWN,
                tolerance=0.0,
            ) as warped,
        ):
            values: NDArray[np.uint8] = warped.read()
        return values
