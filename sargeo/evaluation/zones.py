"""Areas of land cover and numbers of objects by polygon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from sargeo.errors import ReferenceDataError, UsageError
from sargeo.geo.antimeridian import period_of
from sargeo.geo.grid import WGS84
from sargeo.geo.pixel_area import SQUARE_METRES_PER_HECTARE, pixel_area_m2
from sargeo.geo.placement import on_grid
from sargeo.geo.vectors import POLYGONS, read_vectors
from sargeo.legend import NODATA, OBJECT_KINDS
from sargeo.products.files import replacing
from sargeo.products.names import ProductPaths, find_products
from sargeo.products.read import read_objects
from sargeo.products.style import LEGEND
from sargeo.products.vector import write_geopackage
from sargeo.products.windows import ProductRaster, open_product, polygon_tiles

OUTSIDE = "outside the scene, or without valid pixels"
NO_POLYGON = "holds no polygon"

_LONGEST_M = 10_000.0
_LONGEST_DEG = 0.1
"""Edges are followed at points this close, since straight lines in a CRS are no geodesics."""


def zonal_table(
    polygons: Path | gpd.GeoDataFrame, out_dir: str | Path, name: str | None = None
) -> gpd.GeoDataFrame:
    """Sum up the products of a scene by polygon.

    Parameters
    ----------
    polygons : Path or GeoDataFrame
        In any CRS that GDAL reads.
    out_dir : str or Path
        Folder that the scene was mapped to.
    name : str, optional
        Name of the scene, where the folder holds several.

    Returns
    -------
    GeoDataFrame
        A row for each feature, with its polygons, its own fields (but those of the same names)
        and, as far as the products exist,

        - area_ha: geodesic area of the polygon;
        - note: why a polygon has nothing on the map;
        - <class>_ha and <class>_share: area of the pixels whose centre lies inside, and its share
          of all valid ones;
        - nodata_share: of the polygon's area, 0 to 1, what the map does not show;
        - mean_confidence: percent, over the valid pixels by area;
        - <kind>_count: number of objects inside, borders included.

    Raises
    ------
    sargeo.errors.ReferenceDataError
        If the polygons cannot be read, several layers hold some or none does, or they have no CRS.
    sargeo.errors.InputError
        If the folder holds no products of this scene.
    """
    frame = read_vectors(polygons, ReferenceDataError, "file of zones", POLYGONS, keep_all=True)
    frame = frame.reset_index(drop=True)
    paths = find_products(Path(out_dir), name)
    area_ha = _areas_ha(frame)
    with open_product(paths.landcover if paths.landcover.exists() else paths.count) as product:
        inside = on_grid(frame.geometry, product.grid)
    parts = [pd.DataFrame({"area_ha": area_ha})]
    if paths.landcover.exists():
        parts.append(_land_cover(inside, area_ha, paths))
    if paths.objects.exists():
        parts.append(_object_counts(inside, paths))
    measured = pd.concat(parts, axis=1)
    # A table of before may be measured again.
    own = frame.drop(columns=[frame.geometry.name, *frame.columns.intersection(measured.columns)])
    table = pd.concat([own, measured], axis=1)
    return gpd.GeoDataFrame(table, geometry=frame.geometry, crs=frame.crs)


def write_zones(path: Path, table: gpd.GeoDataFrame) -> None:
    """Write a table of zones as CSV (without shapes) or GeoPackage, by the ending of the path.

    Raises
    ------
    sargeo.errors.UsageError
        If the path ends in something else.
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".gpkg"):
        raise UsageError(f"{path} is no table that sargeo writes.", "End it in .csv or .gpkg.")
    with replacing(path) as part:
        if suffix == ".csv":
            table.drop(columns=table.geometry.name).to_csv(part, index=False, encoding="utf-8")
            return
        write_geopackage(part, table, layer="zones")


def _land_cover(
    inside: gpd.GeoSeries, area_ha: NDArray[np.float64], paths: ProductPaths
) -> pd.DataFrame:
    with open_product(paths.landcover) as landcover, open_product(paths.confidence) as confidence:
        rows = np.array([_sums(polygon, landcover, confidence) for polygon in inside])
    by_code, confident = rows[:, :-1], rows[:, -1]
    valid = by_code.sum(axis=1)
    why = np.where(inside.is_empty & (area_ha == 0), NO_POLYGON, OUTSIDE)
    columns: dict[str, NDArray[Any]] = {"note": np.where(valid > 0, "", why)}
    for i, c in enumerate(LEGEND):
        title = c.name.replace(" ", "_").replace("-", "_")
        columns[f"{title}_ha"] = by_code[:, i]
        columns[f"{title}_share"] = _ratio(by_code[:, i], valid, 0.0)
    # Pixels on the border are in or out as a whole, so that their area may exceed the polygon's.
    columns["nodata_share"] = np.clip(1 - _ratio(valid, area_ha, 0.0), 0, 1)
    columns["nodata_share"][valid == 0] = 1.0
    columns["mean_confidence"] = _ratio(confident, valid, np.nan)
    return pd.DataFrame(columns)


def _sums(
    polygon: BaseGeometry, landcover: ProductRaster, confidence: ProductRaster
) -> NDArray[np.float64]:
    """Hectares of every class of the legend in a polygon, and confidence times hectares."""
    sums = np.zeros(len(LEGEND) + 1)
    for tile, inside in polygon_tiles(landcover.grid, polygon):
        codes = landcover.read(tile)
        inside &= codes != NODATA
        area = pixel_area_m2(landcover.grid, tile)[inside] / SQUARE_METRES_PER_HECTARE
        by_code = np.bincount(codes[inside], area, minlength=256)
        sums[:-1] += by_code[[c.code for c in LEGEND]]
        sums[-1] += (confidence.read(tile)[inside] * area).sum()
    return sums


def _object_counts(inside: gpd.GeoSeries, paths: ProductPaths) -> pd.DataFrame:
    objects = read_objects(paths.folder, paths.stem)
    zone, found = objects.sindex.query(inside, predicate="intersects")
    kinds = objects["kind"].to_numpy()[found]
    return pd.DataFrame(
        {
            f"{kind}_count": np.bincount(zone[kinds == kind], minlength=len(inside))
            for kind in dict.fromkeys((*OBJECT_KINDS, *objects["kind"]))
        }
    )


def _areas_ha(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    crs = frame.crs
    unit = float(crs.axis_info[0].unit_conversion_factor)  # to metres, or to radians
    longest = (np.radians(_LONGEST_DEG) if crs.is_geographic else _LONGEST_M) / unit
    parts = [_slices(shape, period_of(crs)) for shape in frame.geometry]
    owner = np.repeat(np.arange(len(parts)), [len(of_one) for of_one in parts])
    pieces = gpd.GeoSeries([piece for of_one in parts for piece in of_one], crs=crs)
    degrees = pieces.segmentize(longest).to_crs(4326)
    area_m2 = [abs(WGS84.geometry_area_perimeter(piece)[0]) for piece in degrees]
    return np.bincount(owner, area_m2, minlength=len(parts)) / SQUARE_METRES_PER_HECTARE


def _slices(shape: BaseGeometry, period: float) -> list[BaseGeometry]:
    """Cut what goes around the Earth along meridians: geodesics around all of it hold nothing."""
    west, south, east, north = shape.bounds
    if not period or not east - west > period / 2:
        return [shape]
    step = period / 4
    return [shape & box(x, south, x + step, north) for x in np.arange(west, east, step)]


def _ratio(
    part: NDArray[np.float64], whole: NDArray[np.float64], otherwise: float
) -> NDArray[np.float64]:
    known = whole > 0
    return np.where(known, part / np.where(known, whole, 1.0), otherwise)
