"""Vectors as nobody should draw them, as strategies for hypothesis."""

# Tables of odd values are read more easily in long lines.
# ruff: noqa: E501

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from hypothesis import strategies as st

_INSIDE = (15.0051, 45.1505)
"""A place in the scenes of `support.rasters.write_scene`, in degrees."""

_DEGREES = st.one_of(
    st.sampled_from(
        [0.0, 15.0, 45.15, 90.0, -90.0, 180.0, -180.0, 181.0, 360.0, 1e20, -1e300, 5e6]
    ),
    st.floats(-400, 400),
)
_NO_NUMBERS = st.sampled_from([None, "15", True, [], float("nan"), float("inf"), float("-inf")])

_PLACES = st.one_of(
    st.tuples(*(st.floats(c - 0.02, c + 0.02) for c in _INSIDE)).map(list),
    st.tuples(*(st.floats(c - 0.02, c + 0.02) for c in _INSIDE)).map(list),
    st.tuples(_DEGREES, _DEGREES).map(list),
    st.tuples(_DEGREES, _DEGREES, _DEGREES).map(list),
    st.tuples(st.one_of(_DEGREES, _NO_NUMBERS), _DEGREES).map(list),
    st.lists(_DEGREES, max_size=5),
)

_LINES = st.lists(_PLACES, max_size=7)


def _closed(ring: list[Any]) -> list[Any]:
    return [*ring, ring[0]] if ring else ring


_RINGS = st.one_of(_LINES.map(_closed), _LINES.map(_closed), _LINES)

_SPIKE = [
    [15.0, 45.148],
    [15.01, 45.148],
    [15.01, 45.153],
    [15.02, 45.16],
    [15.01, 45.153],
    [15.0, 45.148],
]
_BOW = [[15.0, 45.148], [15.01, 45.154], [15.01, 45.148], [15.0, 45.154], [15.0, 45.148]]
_HUGE = [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]
_GOOD = [[15.0, 45.148], [15.01, 45.148], [15.01, 45.154], [15.0, 45.154], [15.0, 45.148]]

_SIMPLE = st.one_of(
    st.sampled_from([_SPIKE, _BOW, _HUGE, _GOOD, _GOOD]).map(
        lambda ring: {"type": "Polygon", "coordinates": [ring]}
    ),
    st.lists(_RINGS, max_size=3).map(lambda rings: {"type": "Polygon", "coordinates": rings}),
    st.lists(st.lists(_RINGS, max_size=2), max_size=3).map(
        lambda parts: {"type": "MultiPolygon", "coordinates": parts}
    ),
    _PLACES.map(lambda place: {"type": "Point", "coordinates": place}),
    _LINES.map(lambda line: {"type": "LineString", "coordinates": line}),
    _LINES.map(lambda line: {"type": "MultiPoint", "coordinates": line}),
    st.sampled_from(
        [None, {}, {"type": "Polygon"}, {"type": "Nonsense", "coordinates": []}, 7, "POINT (1 2)",
         {"type": "Polygon", "coordinates": []}, {"type": "GeometryCollection", "geometries": None}]
    ),
)  # fmt: skip

_GEOMETRIES = st.recursive(
    _SIMPLE,
    lambda inner: st.lists(inner, max_size=3).map(
        lambda parts: {"type": "GeometryCollection", "geometries": parts}
    ),
    max_leaves=4,
)

_VALUES = st.one_of(
    st.sampled_from(
        [None, "", "water", "80", 80, 80.5, -1, 1e300, True, [1], {"a": 1}, "é\u202e", "a" * 300]
    ),
    st.text(max_size=8),
)
_PROPERTIES = st.dictionaries(
    st.sampled_from(
        ["class", "name", "geometry", "fid", "id", "count", "é", "", "area_km2", "zone"]
    ),
    _VALUES,
    max_size=3,
)

_CRS = st.sampled_from(
    [None, None, None, "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:32633", "EPSG:3857", "EPSG:4978", "EPSG:5773",
     "EPSG:7405", "EPSG:27700", "EPSG:0", "nonsense", "", "IAU_2015:30100", 7]
)  # fmt: skip


@st.composite
def odd_geojson(draw: st.DrawFn) -> bytes:
    """Return the bytes of a GeoJSON file, or of what someone took for one."""
    features = draw(
        st.lists(
            st.fixed_dictionaries(
                {"type": st.just("Feature"), "geometry": _GEOMETRIES, "properties": _PROPERTIES}
            ),
            max_size=4,
        )
    )
    crs = draw(_CRS)
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs is not None:
        collection["crs"] = {"type": "name", "properties": {"name": crs}}
    what = draw(
        st.sampled_from(["collection"] * 8 + ["feature", "geometry", "cut", "latin", "deep"])
    )
    text = json.dumps(features[0] if what == "feature" and features else collection)
    match what:
        case "geometry":
            text = json.dumps(draw(_GEOMETRIES))
        case "cut":
            text = text[: draw(st.integers(0, len(text)))]
        case "latin":
            return json.dumps(collection, ensure_ascii=False).encode("latin-1", errors="replace")
        case "deep":
            text = _deep(draw(st.sampled_from([30, 300, 3000])))
    return text.encode()


def _deep(levels: int) -> str:
    inner = json.dumps({"type": "Polygon", "coordinates": [_GOOD]})
    opened = '{"type":"GeometryCollection","geometries":['
    return (
        '{"type":"Feature","properties":{},"geometry":'
        + opened * levels
        + inner
        + "]}" * levels
        + "}"
    )


WKTS = (
    "CURVEPOLYGON (CIRCULARSTRING (15 45.148, 15.01 45.148, 15.01 45.154, 15 45.154, 15 45.148))",
    "MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (15 45.148, 15.01 45.148, 15.01 45.154, 15 45.154, 15 45.148)))",
    "TIN Z (((15 45.148 0, 15.01 45.148 0, 15.01 45.154 0, 15 45.148 0)))",
    "POLYHEDRALSURFACE Z (((15 45.148 0, 15.01 45.148 0, 15.01 45.154 0, 15 45.148 0)))",
    "COMPOUNDCURVE ((15 45.148, 15.01 45.148), CIRCULARSTRING (15.01 45.148, 15.01 45.154, 15 45.154))",
    "POLYGON M ((15 45.148 1, 15.01 45.148 1, 15.01 45.154 1, 15 45.148 1))",
    "POLYGON ZM ((15 45.148 1 2, 15.01 45.148 1 2, 15.01 45.154 1 2, 15 45.148 1 2))",
    "POINT EMPTY", "POLYGON EMPTY", "GEOMETRYCOLLECTION EMPTY", "MULTIPOLYGON EMPTY", "TRIANGLE EMPTY",
    "MULTIPOINT (15 45.15, EMPTY)", "POINT (nan nan)", "LINESTRING (15 45, 15 45)", "nonsense", "",
    "POLYGON ((15 45.148, 15.01 45.148, 15.01 45.154, 15 45.148))",
)  # fmt: skip
"""As in a CSV file with a column WKT, which GDAL reads, curved or not."""


@st.composite
def odd_csv(draw: st.DrawFn) -> bytes:
    """Return a table of shapes in words."""
    shapes = draw(st.lists(st.sampled_from(WKTS), max_size=4))
    head = draw(st.sampled_from(["WKT,class", "WKT", "wkt,class", "x,y", "WKT,WKT", ""]))
    return "\n".join([head, *(f'"{shape}",water' for shape in shapes)]).encode()


def with_crs(table: Path, crs: str) -> Path:
    """Write a virtual file that gives a table of `odd_csv` a CRS; return it."""
    virtual = table.with_suffix(".vrt")
    virtual.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="{table.stem}"><SrcDataSource>{table}</SrcDataSource>'
        f"<LayerSRS>{crs}</LayerSRS></OGRVRTLayer></OGRVRTDataSource>",
        encoding="utf-8",
    )
    return virtual


@st.composite
def odd_frames(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """Return a frame in memory, with or without CRS, columns of odd types, and missing shapes."""
    shapes = draw(
        st.lists(
            st.sampled_from(
                [
                    None,
                    shapely.Point(),
                    shapely.Point(15.005, 45.15),
                    shapely.box(15, 45.148, 15.01, 45.154),
                    shapely.Polygon(_SPIKE),
                    shapely.Polygon(_BOW),
                    shapely.Polygon(_HUGE),
                    shapely.GeometryCollection(
                        [shapely.box(15, 45.148, 15.01, 45.154), shapely.Point(1, 2)]
                    ),
                    shapely.box(float("-inf"), 0, 1, 1),
                    shapely.box(5e5, 4.9994e6, 5.008e5, 5e6),
                ]
            ),
            max_size=4,
        )
    )
    crs = draw(st.sampled_from([None, 4326, 4326, 32633, 3857, 4978, 3031, "IAU_2015:30100"]))
    values = [draw(_VALUES) for _ in shapes]
    return gpd.GeoDataFrame({"class": values}, geometry=gpd.GeoSeries(shapes, crs=crs))


def write_vectors(folder: Path, suffix: str, data: bytes) -> Path:
    """Write bytes as a vector file of a driver that goes by its suffix."""
    path = folder / f"odd{suffix}"
    path.write_bytes(data)
    return with_crs(path, "EPSG:4326") if suffix == ".csv" else path
