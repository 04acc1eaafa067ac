"""Reading OpenStreetMap extracts: which features are roads, buildings, waters, ports.

Anything that GDAL reads will do as long as the tags are its fields, or stand in ``other_tags`` as
GDAL itself writes them.
"""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyproj import CRS, Transformer

from sargeo.errors import ReferenceDataError
from sargeo.geo.footprint import footprint_lonlat
from sargeo.geo.grid import Block, GeoGrid
from sargeo.geo.placement import on_grid
from sargeo.geo.vectors import SHAPES, read_vectors

THEMES = ("road", "rail", "building", "waterway", "water")

# Foot and cycle paths, tracks and planned roads show nothing on a radar picture.
_MAIN_ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary")
_ROADS = (
    *_MAIN_ROADS,
    *(f"{road}_link" for road in _MAIN_ROADS),
    *("unclassified", "residential", "living_street", "service", "road"),
)
_RAILWAYS = ("rail", "light_rail", "narrow_gauge")
_WATERWAYS = ("river", "canal", "stream", "tidal_channel", "drain", "ditch")
_NAMED_WATERWAYS = ("river", "canal", "stream")
_WATERS = ("lake", "reservoir", "lagoon", "river", "canal", "pond")
_UNNAMED_KIND = "water body"

_THEME_KEYS = (
    *("highway", "railway", "building", "waterway", "natural", "landuse"),
    *("aeroway", "harbour", "industrial", "leisure", "seamark:type"),
)
_KEYS = (*_THEME_KEYS, "water", "name", "name:en")
_PACKED = "other_tags"

_METRES_PER_DEGREE = 111_320.0
_AROUND_DEG = 0.05
"""Read around a scene too: whether an extract goes on there tells that it is complete within."""


def read_features(path: Path, scene: GeoGrid) -> gpd.GeoDataFrame:
    """Read the features of an extract around a scene.

    Parameters
    ----------
    path : Path
    scene : GeoGrid

    Returns
    -------
    geopandas.GeoDataFrame
        In the CRS of the scene; a column of bool for each of `THEMES`, ``kind`` and ``name``, None
        where a feature has none.

    Raises
    ------
    sargeo.errors.ReferenceDataError
        If the file cannot be read, has no CRS, or knows none of the tags.
    """
    layers = [_read_layer(path, name, scene) for name in _layers(path)]
    known = [layer for layer in layers if layer is not None]
    if not known:
        raise ReferenceDataError(
            f"The vectors {path} have none of the OpenStreetMap tags {', '.join(_THEME_KEYS)}.",
            "Give an extract with the tags as fields, such as an .osm.pbf or a GeoPackage of one.",
        )
    tags = pd.concat(known, ignore_index=True)
    tags = tags.set_geometry(on_grid(tags.geometry, _around(scene)))
    return _classified(tags[~tags.geometry.is_empty].reset_index(drop=True))


def _layers(path: Path) -> list[str]:
    """Names of the layers that have a geometry."""
    try:
        return [name for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    except pyogrio.errors.DataSourceError as error:
        raise ReferenceDataError(
            f"The vectors {path} cannot be read: {error}.",
            "Give an .osm.pbf, GeoPackage, GeoJSON or another file that GDAL opens.",
        ) from error


def _read_layer(path: Path, name: str, scene: GeoGrid) -> gpd.GeoDataFrame | None:
    """Read the tags of a layer around the scene as text; None where it has none of them."""
    info = pyogrio.read_info(path, layer=name)
    columns = [key for key in (*_KEYS, _PACKED) if key in info["fields"]]
    if not {*_THEME_KEYS, _PACKED}.intersection(columns):
        return None
    parts = [
        pyogrio.read_dataframe(path, layer=name, columns=columns, bbox=box, fid_as_index=True)
        for box in _boxes(scene, info["crs"], path)
    ]
    read = pd.concat(parts)
    drawn = ~read.index.duplicated() & read.geometry.notna() & ~read.geometry.is_empty
    read = read_vectors(
        read[drawn], ReferenceDataError, f"vectors {path}", SHAPES, may_be_empty=True
    )
    tags = {key: _tag(read, key) for key in _KEYS}
    return gpd.GeoDataFrame(tags, geometry=read.geometry, crs=read.crs)


def _boxes(scene: GeoGrid, crs: str | None, path: Path) -> list[tuple[float, ...]]:
    """Bounding boxes of a scene in a layer's CRS: two where it crosses the antimeridian."""
    if crs is None:
        raise ReferenceDataError(
            f"The vectors {path} have no CRS.",
            "Assign the CRS that their coordinates are in, for instance in QGIS.",
        )
    to_layer = Transformer.from_crs(CRS.from_epsg(4326), CRS.from_user_input(crs), always_xy=True)
    outline = footprint_lonlat(scene).buffer(_AROUND_DEG)
    return [
        to_layer.transform_bounds(*part.bounds) for part in getattr(outline, "geoms", [outline])
    ]


def _tag(read: gpd.GeoDataFrame, key: str) -> pd.Series[str]:
    """Return the values of a tag, from its own field or from the packed ones."""
    values = pd.Series(None, index=read.index, dtype="object")
    if key in read:
        values = read[key].astype("object")
    if _PACKED in read:
        pattern = rf'"{key}"=>"((?:[^"\\]|\\.)*)"'
        packed = read[_PACKED].astype("object").str.extract(pattern, expand=False)
        values = values.where(values.notna(), packed.str.replace(r"\\(.)", r"\1", regex=True))
    return values.where(values.notna(), None)


def _around(scene: GeoGrid) -> GeoGrid:
    """Grow a grid by what is read around it."""
    down, across = (float(s) for s in scene.spacing_m(scene.height / 2, scene.width / 2))
    beyond = math.ceil(_AROUND_DEG * _METRES_PER_DEGREE / min(down, across))
    return scene.crop(Block(-beyond, -beyond, scene.height + 2 * beyond, scene.width + 2 * beyond))


def _classified(tags: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    line = tags.geom_type.isin(("LineString", "MultiLineString"))
    area = tags.geom_type.isin(("Polygon", "MultiPolygon", "GeometryCollection"))
    water = (tags["natural"] == "water") | (tags["waterway"] == "riverbank")
    return gpd.GeoDataFrame(
        {
            "road": line & tags["highway"].isin(_ROADS),
            "rail": line & tags["railway"].isin(_RAILWAYS),
            "building": area & tags["building"].notna() & (tags["building"] != "no"),
            "waterway": line & tags["waterway"].isin(_WATERWAYS),
            "water": area & (water | (tags["landuse"] == "reservoir")),
            "kind": _kinds(tags),
            "name": tags["name:en"].where(tags["name:en"].notna(), tags["name"]),
        },
        geometry=tags.geometry,
        crs=tags.crs,
    )


def _kinds(tags: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return what a feature with a name is called, None for what texts do not name."""
    harbour = tags["harbour"].notna() & (tags["harbour"] != "no")
    port = (tags["landuse"] == "port") | (tags["industrial"] == "port")
    kinds = pd.Series(None, index=tags.index, dtype="object")
    kinds[tags["natural"] == "water"] = _UNNAMED_KIND
    for key, names in (("water", _WATERS), ("waterway", _NAMED_WATERWAYS)):
        kinds = kinds.mask(tags[key].isin(names), tags[key])
    kinds[tags["leisure"] == "marina"] = "marina"
    kinds[harbour | port | (tags["seamark:type"] == "harbour")] = "port"
    kinds[tags["aeroway"] == "aerodrome"] = "airport"
    return kinds
