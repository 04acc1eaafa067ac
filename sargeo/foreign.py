"""Environment variables of another GDAL or PROJ, which would make ours read its files.

PostGIS, OSGeo4W, QGIS and conda set them for a whole system. rasterio obeys them even where it
brings its own data, as wheels do, and then finds a database of another version or none at all;
pyproj and pyogrio prefer their own.
"""

from __future__ import annotations

import os
from collections.abc import Container
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sargeo.errors import EnvironmentLackError

FOREIGN_VARIABLES = (
    "GDAL_DATA",
    "GDAL_DRIVER_PATH",
    "OGR_DRIVER_PATH",
    "PROJ_DATA",
    "PROJ_LIB",
)

SWITCHES = ("GDAL_SKIP", "OGR_SKIP")
"""Variables that name drivers which GDAL leaves out."""

_set_aside: dict[str, str] = {}


def set_aside_foreign_variables() -> None:
    """Take `FOREIGN_VARIABLES` out of this process's environment, if rasterio brings its own data.

    For programs that own their process, before rasterio is used. A rasterio that brings none, such
    as conda's, was built to read what its own installation names in these variables.
    """
    if not _brings_its_data("rasterio"):
        return
    for name in FOREIGN_VARIABLES:
        if name in os.environ:
            _set_aside[name] = os.environ.pop(name)


def foreign_variables() -> dict[str, str]:
    """Return the values of `FOREIGN_VARIABLES`, be they in force or set aside."""
    present = {name: os.environ[name] for name in FOREIGN_VARIABLES if name in os.environ}
    return _set_aside | present


def ignored_variables() -> list[str]:
    """Return the names of those that are set aside."""
    return sorted(_set_aside)


@cache
def check_projections() -> None:
    """Make sure that rasterio finds a PROJ database that it can read.

    Without one, GDAL would read the CRS of some files wrongly, and say so only when one is written.

    Raises
    ------
    EnvironmentLackError
        If it finds none, or that of another version.
    """
    from rasterio.crs import CRS  # takes its time, and stays where rasters are read
    from rasterio.errors import CRSError

    try:
        CRS.from_epsg(4326).to_wkt()
    except CRSError as error:
        raise _unreadable() from error


def require_raster_drivers(*names: str) -> None:
    """Make sure that rasterio's GDAL has drivers, which a variable may have switched off.

    Raises
    ------
    EnvironmentLackError
    """
    import rasterio

    with rasterio.Env() as env:
        _require(names, env.drivers(), "rasterio")


def require_vector_drivers(*names: str) -> None:
    """Make sure that pyogrio's GDAL has drivers that write; see `require_raster_drivers`."""
    import pyogrio

    _require(names, pyogrio.list_drivers(write=True), "pyogrio")


def _require(names: tuple[str, ...], there: Container[str], package: str) -> None:
    for name in names:
        if name not in there:
            said = [f"{v}={os.environ[v]}" for v in SWITCHES if v in os.environ]
            cause = f": {' and '.join(said)} switches drivers off" if said else ""
            raise EnvironmentLackError(
                f"The GDAL of {package} has no driver {name}{cause}.",
                f"Unset {' and '.join(SWITCHES)} before Python starts, or reinstall {package}.",
            )


def _unreadable() -> EnvironmentLackError:
    found = {k: v for k, v in foreign_variables().items() if k.startswith("PROJ_")}
    if not found:
        return EnvironmentLackError(
            "rasterio finds no PROJ database that it can read.",
            "Reinstall it: python -m pip install --force-reinstall rasterio.",
        )
    values = " and ".join(f"{name}={value}" for name, value in found.items())
    return EnvironmentLackError(
        f"The environment variable {values} names no PROJ database that rasterio can read: it is "
        "probably another program's.",
        f"Unset {' and '.join(found)} before Python starts.",
    )


def _brings_its_data(package: str) -> bool:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return False
    return (Path(spec.origin).parent / "proj_data" / "proj.db").is_file()
