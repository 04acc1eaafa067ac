"""Files of vectors that users give: one reader for areas, zones, masks and references."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from sargeo.errors import InputError
from sargeo.geo.antimeridian import Shapes, period_of, without_leaps
from sargeo.geo.grid import FloatArray

Kinds = Sequence[str]
"""Geometry types without "Multi", by preference: of a shape that holds several, one counts."""

POLYGONS: Kinds = ("Polygon",)
PLACES: Kinds = ("Polygon", "Point")
SHAPES: Kinds = ("Polygon", "LineString", "Point")

_WORDS = {"Polygon": "polygon", "LineString": "line", "LinearRing": "line", "Point": "point"}
_PARQUET = (".parquet", ".geoparquet")
_MOST_NAMES = 12

_MOST_TURNS = 3
"""Longitudes from -180 to 360 or so are common; what goes on for more turns is no longitude."""

_FARTHEST = 1e9
"""In units of a projection, which are kilometres to millimetres: none has the Earth so large."""
_MISREAD = set("!;?\t\r\n")


_OF_GDAL = re.compile(r"[A-Za-z][A-Za-z0-9_]+:|\s*[{<]")
"""Begins a database, an address, or a document in place of a file; no drive: C:."""

_OPTION = re.compile(r"\|(?=\s*(?:layername|layerid|subset|geometrytype)\s*=)", re.IGNORECASE)
"""Begins an option behind a name; any other bar belongs to the name of a layer."""


@dataclass(frozen=True)
class _Vectors:
    """What a user named, and how messages call it."""

    path: str
    layer_name: str | None
    layer_number: str | None
    title: str
    error: type[InputError]

    @classmethod
    def named(cls, source: Path, error: type[InputError], what: str) -> Self:
        """Take a name apart as QGIS does: FILE, and ``|layername=NAME`` or ``|layerid=NUMBER``."""
        text, title = str(source), f"The {what} {source}"
        path, options = (text, []) if os.path.exists(text) else _apart(text)  # noqa: PTH110 - a name too long is none
        known: dict[str, str] = {}
        for option in options:
            key, _, value = option.partition("=")
            known[key.strip().lower()] = value
            if key.strip().lower() == "subset":
                raise error(
                    f"{title} chooses features by a filter (subset), and sargeo applies none.",
                    "Save the features that pass it to a file of their own, and give that.",
                )
        strange = sorted(set(known) - {"layername", "layerid"})
        if strange:
            raise error(
                f"{title} has |{strange[0]} behind its name, which sargeo does not know.",
                f'Write {path}, or with a layer "{path}|layername=NAME" or "{path}|layerid=0".',
            )
        return cls(path, known.get("layername"), known.get("layerid"), title, error)

    @property
    def names_layer(self) -> bool:
        return self.layer_name is not None or self.layer_number is not None

    def read(self, kinds: Kinds) -> gpd.GeoDataFrame:
        """Read the layer that was named, or the only one that holds what is wanted."""
        if Path(self.path).suffix.lower() in _PARQUET:
            return self._read_parquet()
        self._check_path()
        try:
            return gpd.read_file(ogr_name(self.path), layer=self._layer(kinds))
        except InputError:
            raise
        except Exception as problem:  # pyogrio raises its own and OSError, by driver
            raise self.error(
                f"{self.title} cannot be read as vectors: {str(problem).rstrip('.')}.",
                "Give a GeoPackage, GeoJSON, Shapefile, GeoParquet or what else GDAL opens.",
            ) from problem

    def _read_parquet(self) -> gpd.GeoDataFrame:
        # The GDAL in the wheels of pyogrio has no driver for it.
        if self.names_layer:
            raise self.error(
                f"{self.title} names a layer, and a Parquet file has none.", f"Give {self.path}."
            )
        self._check_path()
        try:
            return gpd.read_parquet(self.path)
        except (OSError, ValueError) as problem:
            if "Missing geo metadata" in str(problem):
                raise self.error(
                    f"{self.title} is a table without the metadata of GeoParquet, so that nothing "
                    "says which of its columns holds shapes.",
                    "Write it as GeoParquet, or give a GeoPackage or GeoJSON.",
                ) from problem
            raise self.error(
                f"{self.title} cannot be read as GeoParquet: {str(problem).rstrip('.')}.",
                "Check the path, or write the file again.",
            ) from problem

    def _check_path(self) -> None:
        """Refuse a file that is not there; names that only GDAL knows are left to it."""
        known_to_gdal = self.path.startswith("/vsi") or _OF_GDAL.match(self.path)
        if not known_to_gdal and not os.path.exists(self.path):  # noqa: PTH110 - a name too long is none
            file = self.title[: self.title.index(self.path) + len(self.path)]
            raise self.error(f"{file} does not exist.", "Check the path.")

    def _layer(self, kinds: Kinds) -> str:
        layers = {
            str(name): _kinds_of(kind) for name, kind in pyogrio.list_layers(ogr_name(self.path))
        }
        if self.layer_name is not None:
            return self._known(self.layer_name, layers)
        if self.layer_number is not None:
            numbered = dict(zip(map(str, range(len(layers))), layers, strict=True))
            return numbered.get(self.layer_number) or self._known(self.layer_number, layers)
        drawn = {name: kind for name, kind in layers.items() if kind is not None}
        if not drawn:
            raise self.error(
                f"{self.title} holds tables without shapes.",
                "Give a file whose features have geometries.",
            )
        if len(drawn) == 1:
            return next(iter(drawn))
        held = {name: _held(ogr_name(self.path), name, kind) for name, kind in drawn.items()}
        fitting = [name for name, kind in held.items() if set(kind) & set(kinds)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise self.error(
                f"{self.title} has several layers with {_plural(kinds)}: {_listed(fitting)}.",
                f'Name one of them: "{self.path}|layername={fitting[0]}".',
            )
        told = [f"{name} ({_plural(kind) or 'nothing'})" for name, kind in held.items()]
        raise self.error(
            f"{self.title} holds no {_one(kinds)} in any of its layers: {_listed(told)}.",
            f"Give a file with at least one {_one(kinds)}.",
        )

    def _known(self, name: str, layers: dict[str, Kinds | None]) -> str:
        if name in layers:
            return name
        raise self.error(
            f"{self.title} has no such layer; its layers are {_listed(list(layers))}.",
            f'Name one of them: "{self.path}|layername={next(iter(layers))}".',
        )


def _apart(text: str) -> tuple[str, list[str]]:
    """Split a name into a path, which may hold bars if it exists, and the options behind it."""
    bars = [bar.start() for bar in re.finditer(r"\|", text)]
    if not bars:
        return text, []
    there = (bar for bar in reversed(bars) if os.path.exists(text[:bar]))  # noqa: PTH110 - a name too long is none
    bar = next(there, bars[0])
    return text[:bar], _OPTION.split(text[bar + 1 :])


def read_vectors(
    source: Path | gpd.GeoDataFrame,
    error: type[InputError],
    what: str,
    kinds: Kinds,
    *,
    keep_all: bool = False,
    may_be_empty: bool = False,
) -> gpd.GeoDataFrame:
    """Read vectors, repair their shapes, and keep of each what is wanted.

    Where a file has several layers, the only one that holds what is wanted is taken. Polygons
    within geometry collections count, such as repairing one with a spike leaves. Polygons that
    leap across the antimeridian, from 179 to -179, go on to 181.

    Parameters
    ----------
    source : Path or GeoDataFrame
        Any file that GDAL opens, or GeoParquet; ``|layername=NAME`` or ``|layerid=NUMBER`` behind
        it chooses a layer.
    error : type
        What is raised where the vectors cannot be used.
    what : str
        What they are for, as in "area of interest".
    kinds : sequence of str
        Such as `POLYGONS`.
    keep_all : bool
        Keep features that hold nothing of the kind, with empty shapes.
    may_be_empty : bool
        Take a file without features: where nothing was found, that is what it says.

    Returns
    -------
    GeoDataFrame
        Of valid shapes, each of one kind.

    Raises
    ------
    InputError
        Of the type ``error``: if the file cannot be read, has several layers that hold what is
        wanted or none, or no CRS that ties it to the Earth.
    """
    frame = read_layer(source, error, what, kinds)
    title = f"The {what} {describe_source(source)}"
    _check_crs(frame.crs, error, title)
    shapes = _repaired(frame.geometry, error, title)
    wanted = np.array([_without_empty_holes(only(s, kinds)) for s in shapes], dtype=object)
    if shapely.is_empty(wanted).all() and not (may_be_empty and not len(wanted)):
        told = _counted(part.geom_type for shape in shapes for part in leaves(shape))
        raise error(
            f"{title} holds no {_one(kinds)}, but {told or 'no shape at all'}.",
            f"Give a file with at least one {_one(kinds)}.",
        )
    frame = frame.set_geometry(gpd.GeoSeries(wanted, index=frame.index, crs=frame.crs))
    return frame if keep_all else frame[~frame.geometry.is_empty]


def _repaired(shapes: gpd.GeoSeries, error: type[InputError], title: str) -> Shapes:
    """Make shapes valid, and missing ones empty."""
    given = np.array(shapes.array, dtype=object)
    given[shapely.is_missing(given)] = shapely.Polygon()
    if not np.isfinite(shapely.get_coordinates(given)).all():
        raise error(
            f"{title} holds a shape with coordinates that are no finite numbers.",
            "Remove that feature, or save the file again from the program that made it.",
        )
    _check_places(shapely.get_coordinates(given), shapes.crs, error, title)
    valid: Shapes = shapely.make_valid(without_leaps(given, period_of(shapes.crs)))
    return valid


def _check_places(places: FloatArray, crs: CRS, error: type[InputError], title: str) -> None:
    """Refuse coordinates far from any place: those of another CRS, or damaged ones."""
    most = _MOST_TURNS * period_of(crs) if crs.is_geographic else _FARTHEST
    if places.size and np.abs(places).max() > most:
        raise error(
            f"{title} holds a shape with the coordinate {np.abs(places).max():.6g}, which is "
            f"nowhere on Earth in its CRS, {crs.name}.",
            "Assign the CRS that its coordinates are in, for instance in QGIS, or remove that "
            "feature.",
        )


def read_layer(
    source: Path | gpd.GeoDataFrame, error: type[InputError], what: str, kinds: Kinds
) -> gpd.GeoDataFrame:
    """Read the layer that was named, or the only one that holds what is wanted, as it is.

    Raises
    ------
    InputError
        Of the type ``error``: if the file cannot be read, or has several such layers.
    """
    if isinstance(source, gpd.GeoDataFrame):
        return source
    vectors = _Vectors.named(source, error, what)
    frame = vectors.read(kinds)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise error(
            f"{vectors.title} is a table without shapes.",
            "Give a file whose features have geometries.",
        )
    return frame


def describe_source(source: Path | gpd.GeoDataFrame) -> str:
    """Name a source in a message."""
    return "in memory" if isinstance(source, gpd.GeoDataFrame) else str(source)


def ogr_name(path: str | Path) -> str:
    """Return the name by which pyogrio opens exactly this file, for reading.

    It takes a path apart at "!", ";" and "?" as it does an address, unless GDAL's own syntax
    begins it: the part of the file from its first byte on.
    """
    return f"/vsisubfile/0,{path}" if _MISREAD & set(str(path)) else str(path)


def leaves(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    """Yield the parts of a shape that hold no others, also of collections within collections."""
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from leaves(part)
    elif not shape.is_empty:
        yield shape


def only(shape: BaseGeometry, kinds: Kinds) -> BaseGeometry:
    """Return what a shape holds of the first kind that it holds; empty where it holds none."""
    if shape.geom_type.removeprefix("Multi") == kinds[0]:
        return shape
    parts = list(leaves(shape))
    for kind in kinds:
        found = [part for part in parts if part.geom_type == kind]
        if found:
            return found[0] if len(found) == 1 else shapely.union_all(found)
    return shapely.Polygon()


def _without_empty_holes(shape: BaseGeometry) -> BaseGeometry:
    """Leave out holes without a point: valid, and GEOS 3.14 ends the process over them."""
    parts = shapely.get_parts(shape)
    if not shapely.is_empty(shapely.get_rings(parts)).any():
        return shape
    whole = [
        shapely.Polygon(part.exterior, [hole for hole in part.interiors if not hole.is_empty])
        for part in parts
        if not part.is_empty
    ]
    return shapely.union_all(whole)


def _check_crs(crs: CRS | None, error: type[InputError], title: str) -> None:
    if crs is None:
        raise error(
            f"{title} has no CRS.",
            "Assign the CRS that its coordinates are in, for instance in QGIS.",
        )
    if crs.is_geocentric:
        raise error(
            f"{title} is in the geocentric CRS {crs.name}, whose X, Y and Z count from the middle "
            "of the Earth.",
            "Transform it to longitude and latitude, such as EPSG:4326.",
        )
    if not _has_place(crs):
        raise error(
            f"{title} is in the CRS {crs.name}, which nothing ties to places on Earth.",
            "Give it the right one, for instance in QGIS, or save it in longitude and latitude.",
        )


def _has_place(crs: CRS) -> bool:
    if not crs.is_geographic and not crs.is_projected:
        return False
    try:
        Transformer.from_crs(crs, CRS.from_epsg(4326))
    except ProjError:  # of another planet, for instance
        return False
    return True


def _kinds_of(geometry_type: str | None) -> Kinds | None:
    """Return what a layer may hold by its type; all where that does not say, None for a table."""
    if geometry_type is None:
        return None
    for mark, kind in (("Polygon", "Polygon"), ("Surface", "Polygon"), ("Point", "Point")):
        if mark in geometry_type:
            return (kind,)
    return ("LineString",) if "Line" in geometry_type or "Curve" in geometry_type else SHAPES


def _held(path: str, layer: str, kinds: Kinds) -> Kinds:
    """Return which kinds a layer holds, by a look at its shapes where its type does not say."""
    if len(kinds) == 1:
        info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
        return kinds if info["features"] else ()
    shapes = pyogrio.read_dataframe(path, layer=layer, columns=[]).geometry
    found = {part.geom_type for shape in shapes[shapes.notna()] for part in leaves(shape)}
    return tuple(kind for kind in SHAPES if kind in found)


def _plural(kinds: Kinds) -> str:
    return " or ".join(f"{_WORDS[kind]}s" for kind in kinds)


def _one(kinds: Kinds) -> str:
    return " or ".join(_WORDS[kind] for kind in kinds)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _counted(types: Iterator[str]) -> str:
    counts = Counter(_WORDS.get(kind, kind) for kind in types)
    return " and ".join(f"{n} {word}{'s' if n > 1 else ''}" for word, n in sorted(counts.items()))
