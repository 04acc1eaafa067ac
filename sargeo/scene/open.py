"""Open whatever holds a scene."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from sargeo.errors import InputError, UsageError
from sargeo.foreign import check_projections
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.geotiff import GeoTiffScene, gdal_name
from sargeo.scene.scene import Scene
from sargeo.scene.xarray import DataArrayScene

if TYPE_CHECKING:
    import xarray


def open_scene(
    source: Scene | str | Path | xarray.DataArray, *, assume: Assumptions | str | None = None
) -> Scene:
    """Open a scene.

    Parameters
    ----------
    source : Scene, str, Path or xarray.DataArray
        A GeoTIFF or any raster that GDAL opens, a ``/vsi…`` name, or a DataArray with dims (y, x)
        or (band, y, x) and a CRS (see `sargeo.scene.xarray.DataArrayScene`). Of one file per
        polarisation, any. What is a scene already is returned as it is.
    assume : Assumptions or str, optional
        What the file does not say, or says wrongly, such as ``"vv,vh,db"``.

    Raises
    ------
    InputError
        If the source is refused; its subclasses say why.
    UsageError
        If the assumptions make no sense.
    EnvironmentLackError
        If rasterio finds no PROJ database that it can read.
    """
    check_projections()
    assumed = Assumptions.parse(assume) if isinstance(assume, str) else assume
    if isinstance(source, (str, Path)):
        _refuse_safe(gdal_name(source))
        return GeoTiffScene(source, assumed)
    if _is_data_array(source):
        return DataArrayScene(source, assumed)
    if isinstance(source, Scene):
        return source
    raise UsageError(
        f"A scene cannot be opened from a {type(source).__name__}.",
        "Give a path, a /vsi name, or an xarray.DataArray with a CRS.",
    )


def _is_data_array(source: object) -> TypeGuard[xarray.DataArray]:
    # xarray takes long to import, and whoever passes a DataArray has imported it.
    return type(source).__module__.startswith("xarray") and type(source).__name__ == "DataArray"


def _refuse_safe(path: str) -> None:
    if _is_safe(path):
        raise InputError(
            f"{path} is a Sentinel-1 SAFE product, which is not calibrated or placed on a map yet.",
            "Calibrate and terrain-correct it to GeoTIFF first, in SNAP or with sarsen, and give "
            "that file.",
        )


def _is_safe(path: str) -> bool:
    name = path.rstrip("/\\").lower()
    if name.endswith((".safe", "manifest.safe")):
        return True
    try:
        return _holds_manifest(Path(path), name)
    except (OSError, zipfile.BadZipFile):  # GDAL, which is asked next, says what is wrong
        return False


def _holds_manifest(local: Path, name: str) -> bool:
    if local.is_dir():
        return (local / "manifest.safe").is_file()
    if not (name.endswith(".zip") and local.is_file() and zipfile.is_zipfile(local)):
        return False
    with zipfile.ZipFile(local) as archive:
        return any(member.endswith("manifest.safe") for member in archive.namelist())
