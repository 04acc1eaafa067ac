"""Rasters of any grid, read onto the grid of a chip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.errors import RasterioError
from rasterio.warp import Resampling, reproject

from sargeo.errors import ReferenceDataError
from sargeo.geo.footprint import footprint_lonlat
from sargeo.geo.grid import GeoGrid

_COARSER = 1.5
"""From this many pixels of the raster in a pixel of the chip, they are summed up."""


def touches(path: Path, grid: GeoGrid, what: str) -> bool:
    """Tell whether a raster meets a grid on the ground; ``what`` names the raster in errors."""
    with _opened(path, what) as file:
        return bool(footprint_lonlat(_grid_of(file)).intersects(footprint_lonlat(grid)))


def read_onto(
    path: Path, grid: GeoGrid, what: str, *, fine: Resampling, coarse: Resampling
) -> NDArray[np.float64]:
    """Read the first band of a raster on another grid.

    Parameters
    ----------
    path : Path
    grid : GeoGrid
    what : str
        What the raster is, for errors.
    fine, coarse : rasterio.warp.Resampling
        How, where the grid's pixels are about as large as the raster's, and where they are larger.

    Returns
    -------
    ndarray of float64, shape (H, W)
        NaN where the raster has nodata, or ends.

    Raises
    ------
    sargeo.errors.ReferenceDataError
        If the file is no raster, has no CRS, or is damaged.
    """
    values = np.full(grid.shape, np.nan)
    with _opened(path, what) as file:
        source = _grid_of(file)
        if not footprint_lonlat(source).intersects(footprint_lonlat(grid)):
            return values
        reproject(
            rasterio.band(file, 1),
            values,
            src_nodata=file.nodata,
            dst_nodata=np.nan,
            dst_crs=grid.crs.to_wkt(),
            dst_transform=grid.transform,
            resampling=coarse if _pixels_within(grid, source) >= _COARSER else fine,
        )
    return values


@contextmanager
def _opened(path: Path, what: str) -> Iterator[rasterio.DatasetReader]:
    try:
        with rasterio.open(path) as file:
            if file.crs is None:
                raise ReferenceDataError(
                    f"The {what} {path} has no CRS.",
                    "Assign the CRS that it is in, for instance with gdal_edit -a_srs.",
                )
            yield file
    except RasterioError as error:
        raise ReferenceDataError(
            f"The {what} {path} cannot be read as a raster: {error}.",
            "Give a GeoTIFF or another raster that GDAL opens, or get the file again.",
        ) from error


def _grid_of(file: rasterio.DatasetReader) -> GeoGrid:
    return GeoGrid(CRS.from_user_input(file.crs), file.transform, file.shape)


def _pixels_within(grid: GeoGrid, raster: GeoGrid) -> float:
    """How many pixels of a raster lie side by side in a pixel of a grid, in its middle."""
    row, col = grid.height / 2, grid.width / 2
    to_raster = Transformer.from_crs(grid.crs, raster.crs, always_xy=True)
    place = raster.rowcol(*to_raster.transform(*grid.xy(row, col)))
    ours, theirs = grid.spacing_m(row, col), raster.spacing_m(*place)
    return math.sqrt(float(ours[0] * ours[1] / (theirs[0] * theirs[1])))
