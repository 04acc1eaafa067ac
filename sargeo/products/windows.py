"""Finished products, read a block at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from sargeo.errors import InputError
from sargeo.foreign import check_projections
from sargeo.geo.aoi import PolygonArea
from sargeo.geo.grid import Block, GeoGrid
from sargeo.products.raster import TILE


class ProductRaster:
    """One open raster with its grid.

    Attributes
    ----------
    path : Path
    grid : GeoGrid
    band_names : tuple of str
    scales : tuple of float
        What the values of each band are multiplied by to get quantities.
    tags : mapping of str to str
    """

    def __init__(self, path: Path, dataset: Any) -> None:
        self.path = path
        self.grid = GeoGrid(
            CRS.from_wkt(dataset.crs.to_wkt()), dataset.transform, (dataset.height, dataset.width)
        )
        self.band_names: tuple[str, ...] = tuple(d or "" for d in dataset.descriptions)
        self.scales: tuple[float, ...] = tuple(dataset.scales)
        self.tags: Mapping[str, str] = dataset.tags()
        self._dataset = dataset

    def read(self, block: Block, band: int = 1) -> NDArray[Any]:
        """Read one band of a block, shape (height, width).

        Raises
        ------
        sargeo.errors.InputError
            If the file is damaged.
        """
        window = Window(block.col, block.row, block.width, block.height)
        return self._read(band, window=window)

    def read_all(self, block: Block) -> NDArray[Any]:
        """Read all bands of a block, shape (C, height, width).

        Raises
        ------
        sargeo.errors.InputError
            If the file is damaged.
        """
        window = Window(block.col, block.row, block.width, block.height)
        return self._read(None, window=window)

    def read_coarse(self, factor: int, how: Literal["mode", "average"]) -> NDArray[Any]:
        """Read the first band with pixels joined, ``factor`` per axis, through its overviews.

        Returns
        -------
        ndarray, shape (ceil(H / factor), ceil(W / factor))

        Raises
        ------
        sargeo.errors.InputError
            If the file is damaged.
        """
        shape = tuple(-(-n // factor) for n in self.grid.shape)
        return self._read(1, out_shape=shape, resampling=Resampling[how])

    def _read(self, band: int | None, **how: Any) -> NDArray[Any]:
        try:
            return np.asarray(self._dataset.read(band, **how))
        except RasterioError as error:
            raise InputError(
                f"The pixels of {self.path} cannot be read: {error}.",
                "Map the scene again with --overwrite.",
            ) from error


@contextmanager
def open_product(path: Path) -> Iterator[ProductRaster]:
    """Open a raster that sargeo wrote.

    Raises
    ------
    sargeo.errors.InputError
        If the file does not exist, or is not a georeferenced raster.
    sargeo.errors.EnvironmentLackError
        If rasterio finds no PROJ database that it can read.
    """
    check_projections()
    try:
        dataset = rasterio.open(path)
    except RasterioError as error:
        raise InputError(
            f"{path} cannot be opened as a raster: {error}.", "Give a raster that sargeo wrote."
        ) from error
    with dataset:
        if dataset.crs is None:
            raise InputError(f"{path} has no CRS.", "Give a raster that sargeo wrote.")
        yield ProductRaster(path, dataset)


def tiles(whole: Block) -> Iterator[Block]:
    """Cut a block along the internal tiles of a product, in row-major order."""
    for row in range(whole.row // TILE * TILE, whole.row_stop, TILE):
        for col in range(whole.col // TILE * TILE, whole.col_stop, TILE):
            tile = Block(row, col, TILE, TILE).intersection(whole)
            if tile is not None:
                yield tile


def polygon_tiles(
    grid: GeoGrid, polygon: BaseGeometry
) -> Iterator[tuple[Block, NDArray[np.bool_]]]:
    """Yield the tiles under a polygon in the grid's CRS, with the mask of pixels inside.

    A pixel is inside where its centre is.
    """
    if polygon.is_empty:
        return
    xs, ys = shapely.get_coordinates(polygon).T
    rows, cols = grid.rowcol(xs, ys)
    # Coordinates that the CRS cannot hold are infinite; the raster ends long before.
    top, bottom = np.clip([np.floor(rows.min()), np.ceil(rows.max())], 0, grid.height).astype(int)
    left, right = np.clip([np.floor(cols.min()), np.ceil(cols.max())], 0, grid.width).astype(int)
    area = PolygonArea(grid, (polygon,))
    for tile in tiles(Block(int(top), int(left), int(bottom - top), int(right - left))):
        inside = area.mask(tile)
        if inside.any():
            yield tile, inside
