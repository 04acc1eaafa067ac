"""Products in a notebook: rasters as lazy xarray, objects as geopandas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from sargeo.errors import InputError
from sargeo.products.names import ProductPaths, find_products
from sargeo.products.style import LEGEND
from sargeo.products.vector import read_objects_file
from sargeo.products.windows import open_product

if TYPE_CHECKING:
    import xarray as xr

CHUNK = 2048
"""Side of the dask chunks in pixels: four internal tiles, 4 MB of uint8."""


def open_products(out_dir: str | Path, name: str | None = None) -> xr.Dataset:
    """Open the land cover of a mapped scene, without reading pixels.

    Parameters
    ----------
    out_dir : str or Path
        Folder that the scene was mapped to.
    name : str, optional
        Name of the scene, where the folder holds several.

    Returns
    -------
    xarray.Dataset
        Dimensions y and x, rioxarray's accessor ``.rio``; dask arrays

        - landcover, uint8: class codes, named by the CF attributes flag_values and flag_meanings;
        - confidence, uint8: percent, 255 where nothing is known;
        - probability, uint8, with a dimension ``class`` of names: where they were written.

    Raises
    ------
    sargeo.errors.InputError
        If the folder holds no land cover of this scene.
    """
    import xarray as xr  # with rioxarray and dask slower to import than all that zones need

    paths = find_products(Path(out_dir), name)
    landcover = _open(paths, paths.landcover).squeeze("band", drop=True)
    landcover.attrs |= {
        "flag_values": [c.code for c in LEGEND],
        "flag_meanings": " ".join(c.name.replace(" ", "_") for c in LEGEND),
    }
    variables = {"landcover": landcover}
    variables["confidence"] = _open(paths, paths.confidence).squeeze("band", drop=True)
    if paths.probabilities.exists():
        bands = _open(paths, paths.probabilities).rename(band="class")
        variables["probability"] = bands.assign_coords({"class": list(bands.attrs["long_name"])})
    return xr.Dataset(variables)


def open_counts(out_dir: str | Path, name: str | None = None) -> xr.Dataset:
    """Open the counts of a mapped scene, on the grid of their cells.

    Returns
    -------
    xarray.Dataset
        Dimensions y and x; ``objects`` (uint16, 65535 in cells that were not seen) and
        ``valid_share`` (uint16, in 1/1000).

    Raises
    ------
    sargeo.errors.InputError
        If the folder holds no counts of this scene.
    """
    import xarray as xr

    paths = find_products(Path(out_dir), name)
    bands = _open(paths, paths.count)
    names = {1: "objects", 2: "valid_share"}
    return xr.Dataset({title: bands.sel(band=band, drop=True) for band, title in names.items()})


def read_objects(out_dir: str | Path, name: str | None = None) -> gpd.GeoDataFrame:
    """Read the objects of a mapped scene as points.

    Returns
    -------
    GeoDataFrame
        See `sargeo.products.vector.objects_frame`.

    Raises
    ------
    sargeo.errors.InputError
        If the folder holds no objects of this scene.
    """
    paths = find_products(Path(out_dir), name)
    return read_objects_file(_existing(paths, paths.objects))


def _open(paths: ProductPaths, path: Path) -> xr.DataArray:
    import rioxarray
    import xarray as xr

    with open_product(_existing(paths, path)) as product:
        rectilinear = product.grid.transform.is_rectilinear
    # A rotated grid has two coordinates per pixel, many times the size of the product: its
    # transform has to do (`.rio.transform()`).
    array = rioxarray.open_rasterio(
        path, chunks={"x": CHUNK, "y": CHUNK}, parse_coordinates=rectilinear
    )
    if not isinstance(array, xr.DataArray):  # never of a GeoTIFF: it has one image
        raise TypeError(f"{path} holds several images")
    return array


def _existing(paths: ProductPaths, path: Path) -> Path:
    if not path.exists():
        raise InputError(
            f"{paths.folder} holds no {path.name}.",
            f"Map {paths.stem} with the product that it belongs to.",
        )
    return path
