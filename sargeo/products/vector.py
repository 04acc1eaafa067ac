"""Objects as points: GeoPackage for GIS, GeoParquet for large tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.enums import WktVersion
from pyproj.exceptions import CRSError

from sargeo.errors import InputError
from sargeo.foreign import require_vector_drivers
from sargeo.geo.antimeridian import unwrap
from sargeo.geo.grid import FloatArray, GeoGrid
from sargeo.geo.vectors import SHAPES, read_layer
from sargeo.legend import OBJECT_KINDS
from sargeo.products.files import SMALL_FILE_BYTES, replacing, storage_error
from sargeo.products.style import objects_qml
from sargeo.tiling.detections import Detections

LAYER = "objects"

# What QGIS looks up for a layer's default style (QgsOgrProvider::loadStyle).
_STYLE_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
    description TEXT(256), owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))
"""


def objects_frame(
    detections: Detections,
    grid: GeoGrid,
    *,
    kinds: Sequence[str],
    length_known: bool,
    assumed_gsd_m: float | None = None,
) -> gpd.GeoDataFrame:
    """Return objects as points in the CRS of a grid, sorted from the top left.

    Parameters
    ----------
    detections : Detections
        In pixels of ``grid``.
    grid : GeoGrid
    kinds : sequence of str
        Names of the kinds that detections refer to by index.
    length_known : bool
        False where nothing is known of the spacing on the ground: lengths are then missing.
    assumed_gsd_m : float, optional
        Spacing that the user gave, and that the grid does not tell.

    Returns
    -------
    GeoDataFrame
        Columns kind, confidence (0 to 1), length_m, lon, lat (degrees, WGS 84) and geometry.
    """
    order = np.lexsort((detections.kind, detections.col, detections.row))
    found = detections.take(order)
    lon, lat = (np.where(np.isfinite(v), v, np.nan) for v in grid.lonlat(found.row, found.col))
    lon = unwrap(lon, 0.0)  # of a grid across the antimeridian
    length = np.full(len(found), np.nan)
    if length_known:
        length = lengths_m(found, grid, assumed_gsd_m)
    columns = {
        "kind": pd.Series([kinds[k] for k in found.kind], dtype="str"),
        "confidence": found.confidence.astype(float).round(4),
        "length_m": length.round(1),
        "lon": lon.round(7),
        "lat": lat.round(7),
    }
    points = gpd.points_from_xy(*grid.xy(found.row, found.col))
    return gpd.GeoDataFrame(columns, geometry=points, crs=grid.crs)


def lengths_m(
    detections: Detections, grid: GeoGrid, assumed_gsd_m: float | None = None
) -> NDArray[np.float64]:
    """Return lengths on the ground in metres, where spacings per axis may differ.

    An object's axis is taken along the diagonal of its upright box, since a ship is long and thin.
    """
    if assumed_gsd_m is not None:
        return np.asarray(detections.length_px.astype(float) * assumed_gsd_m)
    down, across = grid.spacing_m(detections.row, detections.col)
    height = detections.height_px.astype(float)
    width = detections.width_px.astype(float)
    diagonal_px = np.hypot(height, width)
    # An object without extent has no axis; its length is that of a square one.
    flat = diagonal_px == 0
    height, width = np.where(flat, 1.0, height), np.where(flat, 1.0, width)
    metres_per_px: FloatArray = np.hypot(height * down, width * across) / np.hypot(height, width)
    length = detections.length_px.astype(float) * metres_per_px
    return np.where(np.isfinite(length), length, np.nan)


def write_objects(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write objects as GeoParquet if the path ends in ``.parquet``, else as GeoPackage.

    A GeoPackage holds the layer "objects" and its QGIS style.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    with replacing(path) as part:
        if path.suffix == ".parquet":
            frame.to_parquet(part)
        else:
            kinds = tuple(dict.fromkeys((*OBJECT_KINDS, *frame["kind"])))
            write_geopackage(part, frame, layer=LAYER, geometry="Point")
            _add_style(part, objects_qml(kinds))


def check_objects_crs(crs: CRS) -> None:
    """Make sure that objects in a CRS can be written as a GeoPackage.

    Raises
    ------
    sargeo.errors.InputError
        If the CRS has none of the words in which GeoPackages hold one.
    sargeo.errors.EnvironmentLackError
        If GDAL has no driver for them.
    """
    require_vector_drivers("GPKG")
    try:
        crs.to_wkt(WktVersion.WKT1_GDAL)
    except CRSError as error:
        raise InputError(
            f"Objects in the scene's CRS, {crs.name} ({crs.type_name}), cannot be written: a "
            "GeoPackage holds none of its kind.",
            "Add --products landcover, or warp the scene with gdalwarp -t_srs EPSG:4326 SCENE "
            "warped.tif and map that.",
        ) from error


def read_objects_file(path: Path) -> gpd.GeoDataFrame:
    """Read objects from any file that GDAL opens, or from GeoParquet.

    Raises
    ------
    sargeo.errors.InputError
        If it cannot be read.
    """
    return read_layer(path, InputError, "file of objects", SHAPES)


def write_geopackage(
    path: Path, frame: gpd.GeoDataFrame, *, layer: str, geometry: str | None = None
) -> None:
    """Write a GeoPackage of one layer in place; see `sargeo.products.files.replacing`.

    Parameters
    ----------
    geometry : str, optional
        Type of the layer; needed where the frame may be empty.

    Raises
    ------
    OSError
        If the operating system refuses.
    """
    # In memory, as pyogrio takes some characters of a path for the syntax of an address, and
    # reports a full disk in words only.
    written = BytesIO()
    frame.rename(columns=_columns_of_geopackage(frame)).to_file(
        written,
        layer=layer,
        driver="GPKG",
        engine="pyogrio",
        geometry_type=geometry,
        dataset_options={"VERSION": "1.3"},  # the newest that QGIS 3.22's GDAL knows
    )
    path.write_bytes(written.getvalue())


def _columns_of_geopackage(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Map names of columns that a GeoPackage has itself, or takes for the same, to free ones."""
    names: dict[str, str] = {}
    taken = {"fid", "geom"}
    for column in frame.columns.drop(frame.geometry.name):
        name = str(column)
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        names[column] = name
    return names


def _add_style(path: Path, qml: str) -> None:
    try:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(_STYLE_TABLE)
            database.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
                "VALUES ('layer_styles', 'attributes', 'layer_styles')"
            )
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, useAsDefault, description) "
                "VALUES ('', '', ?, 'geom', 'sargeo', ?, 1, 'Objects by kind')",
                (LAYER, qml),
            )
    except sqlite3.Error as error:
        raise storage_error(path, SMALL_FILE_BYTES, error) from error
