"""Areas and other vectors that cannot be used: what is advised leads to a map of the area."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from support.advice import follows
from support.rasters import CRS_CASES
from support.seaside import SIDE, landcover, seaside

from sargeo.legend import NODATA

Gdal = Callable[..., str]

UTM, GRID = CRS_CASES["utm_north"]
SITE = 'LOCAL_CS["site grid",UNIT["metre",1]]'


def rectangle(west: int, north: int, east: int, south: int) -> shapely.Polygon:
    """Return a rectangle by columns and rows of the scene."""
    return shapely.box(*(GRID @ (west, south)), *(GRID @ (east, north)))


AREA = rectangle(16, 0, 80, SIDE)
MAINLAND = rectangle(100, 0, 120, SIDE)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif")


@pytest.fixture
def refused_area(scene: Path, refused: Callable[..., Any]) -> Callable[[object], str]:
    """Map with an area that is refused; returns the remedy."""

    def call(area: object) -> str:
        remedy: str = refused("map", scene, "-o", scene.parent / "first", "--aoi", area).remedy
        return remedy

    return call


@pytest.fixture
def maps_the_area(scene: Path, mapped: Callable[..., Path]) -> Callable[[object], None]:
    """Map with an area, and find the map to cover `AREA` and nothing else."""

    def call(area: object) -> None:
        inside = np.zeros((SIDE, SIDE), dtype=bool)
        inside[:, 16:80] = True
        codes = landcover(mapped(scene, "--aoi", area, "--overwrite"))
        np.testing.assert_array_equal(codes != NODATA, inside)

    return call


Refused = Callable[[object], str]
Maps = Callable[[object], None]


def frame(*shapes: Any, crs: str | None = UTM, **fields: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(fields, geometry=list(shapes), crs=crs)


def vectors(path: Path, *shapes: Any, crs: str | None = UTM, **fields: object) -> Path:
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # where there is no CRS
        frame(*shapes, crs=crs, **fields).to_file(path)
    return path


def layers(path: Path, **by_name: Any) -> Path:
    for name, shape in by_name.items():
        frame(shape).to_file(path, layer=name)
    return path


def quoted(remedy: str) -> list[str]:
    return re.findall(r'"([^"]+)"', remedy)


# What a file holds.


@follows("sargeo.geo.vectors:read_vectors", "Give a file with at least one ….")
def test_a_file_with_a_polygon_is_given(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    refused_area(vectors(tmp_path / "points.gpkg", AREA.centroid))
    maps_the_area(vectors(tmp_path / "area.gpkg", AREA.centroid, AREA))


@follows("sargeo.geo.vectors:_Vectors._layer", "Give a file with at least one ….")
def test_layers_with_a_polygon_are_given(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    path = layers(tmp_path / "area.gpkg", ports=AREA.centroid, roads=AREA.boundary)
    refused_area(path)
    maps_the_area(layers(path, area=AREA))


@follows(
    "sargeo.geo.aoi:PolygonArea.of_interest",
    "Check that both lie in the same place, and that the file's CRS is right.",
)
def test_the_crs_of_an_area_is_set_right(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps, gdal: Gdal
) -> None:
    """Coordinates of one UTM zone that call themselves another's."""
    wrong, right = vectors(tmp_path / "wrong.gpkg", AREA, crs="EPSG:32611"), tmp_path / "right.gpkg"
    refused_area(wrong)
    gdal("ogr2ogr", "-a_srs", UTM, right, wrong)
    maps_the_area(right)


@follows(
    "sargeo.geo.vectors:_repaired",
    "Remove that feature, or save the file again from the program that made it.",
)
@pytest.mark.parametrize("way", ["remove", "save"])
def test_a_shape_without_a_place_is_removed(
    way: str, tmp_path: Path, refused_area: Refused, maps_the_area: Maps, gdal: Gdal
) -> None:
    nowhere = shapely.Polygon([(5e5, 5e6), (5e5, np.inf), (6e5, 5e6)])
    spoilt, saved = vectors(tmp_path / "spoilt.gpkg", nowhere, AREA), tmp_path / "saved.gpkg"
    refused_area(spoilt)
    if way == "remove":
        gdal("ogr2ogr", "-where", "fid <> 1", saved, spoilt)
    else:
        vectors(saved, AREA)
    maps_the_area(saved)


@follows("sargeo.geo.vectors:_Vectors._layer", "Give a file whose features have geometries.")
def test_features_with_geometries_are_given(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    table = tmp_path / "area.csv"
    pd.DataFrame({"port": ["A"], "tons": [1]}).to_csv(table, index=False)
    refused_area(table)
    maps_the_area(vectors(tmp_path / "area.gpkg", AREA, port=["A"]))


@follows("sargeo.geo.vectors:read_layer", "Give a file whose features have geometries.")
def test_a_layer_with_geometries_is_given(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    table = tmp_path / "ports.csv"
    pd.DataFrame({"port": ["A"], "tons": [1]}).to_csv(table, index=False)
    refused_area(f"{table}|layername=ports")
    maps_the_area(f"{vectors(tmp_path / 'area.gpkg', AREA)}|layername=area")


# Formats.


def write(path: Path) -> Path:
    """Write the area in the format of the file's ending."""
    area = frame(AREA)
    if path.suffix == ".geojson":
        area = area.to_crs(4326)
    area.to_parquet(path) if path.suffix == ".parquet" else area.to_file(path)
    return path


@follows(
    "sargeo.geo.vectors:_Vectors.read",
    "Give a GeoPackage, GeoJSON, Shapefile, GeoParquet or what else GDAL opens.",
)
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".parquet", ".fgb"])
def test_an_area_is_given_as_vectors(
    suffix: str, tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    letter = tmp_path / "area.txt"
    letter.write_text("from the harbour to the cape", encoding="utf-8")
    refused_area(letter)
    maps_the_area(write(tmp_path / f"area{suffix}"))


@follows("sargeo.geo.vectors:_Vectors._check_path", "Check the path.")
@pytest.mark.parametrize("suffix", [".parquet", ".gpkg", ".geojson"])
def test_the_path_of_an_area_is_checked(
    suffix: str, tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    path = write(tmp_path / f"area{suffix}")
    refused_area(path.with_name(f"aera{suffix}"))
    maps_the_area(path)


@follows(
    "sargeo.geo.vectors:_Vectors._read_parquet",
    "Write it as GeoParquet, or give a GeoPackage or GeoJSON.",
)
@pytest.mark.parametrize("suffix", [".parquet", ".gpkg", ".geojson"])
def test_plain_parquet_is_written_as_geoparquet(
    suffix: str, tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    plain = tmp_path / "plain.parquet"
    pd.DataFrame({"geometry": [AREA.wkb]}).to_parquet(plain)
    refused_area(plain)
    maps_the_area(write(tmp_path / f"area{suffix}"))


@follows("sargeo.geo.vectors:_Vectors._read_parquet", "Check the path, or write the file again.")
@pytest.mark.parametrize("way", ["path", "write"])
def test_parquet_that_is_cut_off_is_written_again(
    way: str, tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    whole, cut = write(tmp_path / "area.parquet"), tmp_path / "cut.parquet"
    cut.write_bytes(whole.read_bytes()[:-99])
    refused_area(cut)
    maps_the_area(whole if way == "path" else write(cut))


# Names as QGIS writes them.


@follows("sargeo.geo.vectors:_Vectors._read_parquet", "Give ….")
def test_parquet_is_named_without_a_layer(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    remedy = refused_area(f"{write(tmp_path / 'area.parquet')}|layername=area")
    maps_the_area(remedy.removeprefix("Give ").removesuffix("."))


@follows(
    "sargeo.geo.vectors:_Vectors.named",
    "Save the features that pass it to a file of their own, and give that.",
)
def test_features_that_pass_a_filter_are_saved(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps, gdal: Gdal
) -> None:
    both = vectors(tmp_path / "both.gpkg", AREA, MAINLAND, use=["sea", "land"])
    refused_area(f"{both}|layername=both|subset=use = 'sea'")
    saved = tmp_path / "saved.gpkg"
    gdal("ogr2ogr", "-where", "use = 'sea'", saved, both)
    maps_the_area(saved)


@follows(
    "sargeo.geo.vectors:_Vectors.named",
    'Write …, or with a layer "…|layername=NAME" or "…|layerid=0".',
)
@pytest.mark.parametrize("way", ["plain", "NAME", "layerid"])
def test_a_name_is_written_as_told(
    way: str, tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    remedy = refused_area(f"{vectors(tmp_path / 'area.gpkg', AREA)}|geometrytype=Polygon")
    plain = remedy.removeprefix("Write ").split(", or")[0]
    named = {name.split("|")[1].split("=")[0]: name for name in quoted(remedy)}
    told = {"plain": plain, "NAME": named["layername"].replace("NAME", "area")}
    maps_the_area(told.get(way) or named[way])


@follows("sargeo.geo.vectors:_Vectors._layer", 'Name one of them: "…|layername=…".')
def test_one_of_several_layers_is_named(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    (name,) = quoted(refused_area(layers(tmp_path / "x.gpkg", area=AREA, mainland=MAINLAND)))
    maps_the_area(name)


@follows("sargeo.geo.vectors:_Vectors._known", 'Name one of them: "…|layername=…".')
@pytest.mark.parametrize("wrong", ["layername=aera", "layerid=2"])
def test_a_layer_that_is_there_is_named(
    wrong: str, tmp_path: Path, refused_area: Refused, maps_the_area: Maps
) -> None:
    path = layers(tmp_path / "x.gpkg", area=AREA, mainland=MAINLAND)
    (name,) = quoted(refused_area(f"{path}|{wrong}"))
    maps_the_area(name)


# Reference systems.


@follows(
    "sargeo.geo.vectors:_check_crs",
    "Assign the CRS that its coordinates are in, for instance in QGIS.",
)
def test_the_crs_of_an_area_is_assigned(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps, gdal: Gdal
) -> None:
    """By ogr2ogr, which is what "Assign projection" runs in QGIS."""
    area, assigned = vectors(tmp_path / "area.shp", AREA, crs=None), tmp_path / "assigned.gpkg"
    refused_area(area)
    gdal("ogr2ogr", "-a_srs", UTM, assigned, area)
    maps_the_area(assigned)


@follows(
    "sargeo.geo.vectors:_check_crs", "Transform it to longitude and latitude, such as EPSG:4326."
)
def test_a_geocentric_area_is_transformed(
    tmp_path: Path, refused_area: Refused, maps_the_area: Maps, gdal: Gdal
) -> None:
    east, north = shapely.get_coordinates(shapely.segmentize(AREA, 50)).T
    to_xyz = Transformer.from_crs(UTM, "EPSG:4978", always_xy=True)
    around = shapely.Polygon(np.stack(to_xyz.transform(east, north, np.zeros(len(east))), axis=1))
    area = vectors(tmp_path / "area.gpkg", around, crs="EPSG:4978")
    refused_area(area)
    gdal("ogr2ogr", "-t_srs", "EPSG:4326", tmp_path / "lonlat.gpkg", area)
    maps_the_area(tmp_path / "lonlat.gpkg")


@follows(
    "sargeo.geo.vectors:_check_crs",
    "Give it the right one, for instance in QGIS, or save it in longitude and latitude.",
)
@pytest.mark.parametrize("way", ["right", "lonlat"])
def test_a_crs_without_a_place_is_replaced(
    way: str, tmp_path: Path, refused_area: Refused, maps_the_area: Maps, gdal: Gdal
) -> None:
    area, saved = vectors(tmp_path / "area.gpkg", AREA, crs=SITE), tmp_path / "saved.gpkg"
    refused_area(area)
    target = ["-t_srs", "EPSG:4326", "-s_srs"] if way == "lonlat" else ["-a_srs"]
    gdal("ogr2ogr", *target, UTM, saved, area)
    maps_the_area(saved)
