"""Files of vectors as users give them: layers, collections, and CRSs without a place."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path, PureWindowsPath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from sargeo.errors import ReferenceDataError
from sargeo.geo.vectors import PLACES, POLYGONS, SHAPES, Kinds, read_layer, read_vectors

SPIKED = Polygon([(0, 0), (2, 0), (2, 3), (1, 3), (1, 4), (1, 3), (0, 3)])
MOON = (
    'GEOGCS["Moon 2000",DATUM["D_Moon_2000",SPHEROID["Moon_2000_IAU_IAG",1737400,0]],'
    'PRIMEM["Reference_Meridian",0],UNIT["degree",0.0174532925199433]]'
)
SITE = 'LOCAL_CS["site grid",UNIT["metre",1]]'


def frame(*shapes: BaseGeometry | None, crs: Any = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=list(shapes), crs=crs)


def read(source: Any, kinds: Kinds = POLYGONS, **how: bool) -> gpd.GeoDataFrame:
    return read_vectors(source, ReferenceDataError, "file of zones", kinds, **how)


def area_of(source: Any) -> float:
    """In square units of the CRS."""
    return float(shapely.area(read(source).geometry.to_numpy()).sum())


def refusal(source: Any, kinds: Kinds = POLYGONS) -> ReferenceDataError:
    with pytest.raises(ReferenceDataError) as caught:
        read(source, kinds)
    return caught.value


def layers(path: Path, **by_name: BaseGeometry) -> Path:
    for name, shape in by_name.items():
        frame(shape).to_file(path, layer=name)
    return path


# Polygons keep their area.


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        pytest.param(SPIKED, 6, id="spike"),
        pytest.param(MultiPolygon([SPIKED, box(5, 0, 6, 1)]), 7, id="spike of a part"),
        pytest.param(Polygon([(0, 0), (2, 0), (0, 2), (2, 2)]), 2, id="bow tie"),
        pytest.param(
            Polygon(
                [(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (3, 1), (3, 3), (9, 9), (3, 3), (1, 3)]]
            ),
            81 - 4,
            id="spike of a hole",
        ),
        pytest.param(GeometryCollection([box(0, 0, 1, 1), Point(5, 5)]), 1, id="collection"),
        pytest.param(
            GeometryCollection(
                [Point(9, 9), GeometryCollection([box(0, 0, 1, 1), LineString([(0, 0), (5, 5)])])]
            ),
            1,
            id="nested collection",
        ),
        pytest.param(
            GeometryCollection([box(0, 0, 2, 1), box(1, 0, 3, 1)]), 3, id="overlapping parts"
        ),
        pytest.param(shapely.force_3d(SPIKED), 6, id="with heights"),
    ],
)
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "memory"])
def test_polygons_keep_their_area(
    shape: BaseGeometry, area: float, ending: str, tmp_path: Path
) -> None:
    given: Any = frame(shape)
    if ending == "parquet":
        given.to_parquet(tmp_path / "x.parquet")
    elif ending != "memory":
        given.to_file(tmp_path / f"x.{ending}")
    found = read(given if ending == "memory" else tmp_path / f"x.{ending}")
    assert shapely.area(found.geometry.to_numpy()).sum() == pytest.approx(area)
    assert found.geom_type.isin(("Polygon", "MultiPolygon")).all()


def test_a_polygon_that_leaps_is_read_across_the_antimeridian() -> None:
    leaping = Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    assert read(frame(leaping)).geometry.iloc[0].equals(box(179, 0, 181, 1))


def test_what_holds_none_is_left_out_or_kept_as_empty() -> None:
    mixed = frame(box(0, 0, 1, 1), LineString([(0, 0), (1, 1)]), None, Polygon())
    assert read(mixed)["id"].tolist() == [0]
    kept = read(mixed, keep_all=True)
    assert kept["id"].tolist() == [0, 1, 2, 3]
    assert kept.geometry.is_empty.tolist() == [False, True, True, True]


def test_points_count_where_they_may(tmp_path: Path) -> None:
    mixed = frame(GeometryCollection([box(0, 0, 1, 1), Point(5, 5)]), Point(1, 1))
    assert read(mixed, PLACES).geom_type.tolist() == ["Polygon", "Point"]


@pytest.mark.parametrize(
    ("shapes", "held"),
    [
        ([LineString([(0, 0), (1, 1)]), Point(0, 0), Point(1, 1)], "1 line and 2 points"),
        ([GeometryCollection([Point(0, 0), LineString([(0, 0), (1, 1)])])], "1 line and 1 point"),
        ([Polygon([(0, 0), (1, 1), (0, 0)])], "1 line"),
        ([None, Polygon()], "no shape at all"),
        ([], "no shape at all"),
    ],
)
def test_the_message_tells_what_a_file_holds_instead(
    shapes: list[BaseGeometry | None], held: str
) -> None:
    assert f"holds no polygon, but {held}." in refusal(frame(*shapes)).problem


def test_a_file_may_say_that_nothing_was_found() -> None:
    assert read(frame(), may_be_empty=True).empty
    with pytest.raises(ReferenceDataError, match="but 1 point"):
        read(frame(Point(0, 0)), may_be_empty=True)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_coordinates_that_are_no_numbers_are_refused(number: float) -> None:
    with np.errstate(invalid="ignore"):
        shape = Polygon([(0, 0), (number, 1), (1, 1)])
    assert "no finite numbers" in refusal(frame(shape)).problem


@pytest.mark.parametrize(
    ("far", "crs"),
    [(1e300, 4326), (5e5, 4326), (1e10, 32633), (-1e12, 3857), (2000, "EPSG:4979")],
)
def test_coordinates_that_are_nowhere_in_their_crs_are_refused(far: float, crs: Any) -> None:
    shapes = gpd.GeoDataFrame({"id": [0]}, geometry=[box(0, 0, far, 1)], crs=crs)
    assert "nowhere on Earth in its CRS" in refusal(shapes).problem


@pytest.mark.parametrize("x", [-539.0, 540.0, 1e3])
def test_some_turns_around_the_earth_are_places(x: float) -> None:
    assert len(read(frame(box(x, 0, x + 1, 1)))) == 1


@pytest.mark.parametrize(
    "words",
    [
        "POLYGON ((0 0, 1 0, 1 1, 0 0), EMPTY)",
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0), EMPTY), EMPTY)",
        "GEOMETRYCOLLECTION (POINT (5 5), POLYGON ((0 0, 1 0, 1 1, 0 0), EMPTY))",
        "POLYGON ((0 0, 9 0, 9 9, 0 0), EMPTY, (2 1, 8 1, 8 7, 2 1))",
    ],
)
def test_holes_without_a_point_are_left_out(words: str) -> None:
    """GEOS 3.14 ends the process where such a polygon is segmentised."""
    shape = read(frame(shapely.from_wkt(words))).geometry.iloc[0]
    assert not shapely.is_empty(shapely.get_rings(shapely.get_parts(shape))).any()
    assert shape.area == pytest.approx(shapely.from_wkt(words).area)
    assert shapely.segmentize(shape, 0.1).area == pytest.approx(shape.area)


@pytest.mark.parametrize(
    "ring",
    [
        [(179, 0), (-179, 0), (179, 0), (179, 0)],
        [(179, 0), (-179, 0), (-179, 0), (179, 0)],
        [(170, 5), (-170, 5), (170, 5), (170, 5), (170, 5)],
    ],
)
def test_a_ring_that_only_leaps_holds_nothing(ring: list[tuple[float, float]]) -> None:
    both = read(frame(Polygon(ring), box(0, 0, 1, 1)))
    assert both["id"].tolist() == [1]


# Layers.


@pytest.mark.parametrize(
    "beside",
    [Point(9, 9), LineString([(0, 0), (1, 1)]), GeometryCollection([Point(0, 0)])],
    ids=["points", "lines", "collection"],
)
@pytest.mark.parametrize(
    "wanted", [SPIKED, GeometryCollection([SPIKED])], ids=["polygon", "in a collection"]
)
def test_the_only_layer_with_polygons_is_taken(
    beside: BaseGeometry, wanted: BaseGeometry, tmp_path: Path
) -> None:
    path = layers(tmp_path / "x.gpkg", a_first=beside, b_area=wanted)
    assert area_of(path) == pytest.approx(6)


def test_an_empty_layer_and_a_table_are_no_choice(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    frame().to_file(path, layer="empty", geometry_type="Polygon")
    layers(path, area=box(0, 0, 1, 1))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('notes', 'attributes', 'notes')"
        )
    assert len(read(path)) == 1


def written(folder: Path, kind: str) -> Path:
    """Two areas, of one and of two square degrees."""
    path = folder / f"x{kind}"
    for name, side in (("a_first", 1), ("b_area", 2)):
        table = frame(box(0, 0, side, 1))
        if kind == ".kml":
            mode = "a" if path.exists() else "w"
            table.to_file(path, layer=name, driver="LIBKML", mode=mode)
        elif kind == ".gpkg":
            table.to_file(path, layer=name)
        else:
            path.mkdir(exist_ok=True)
            table.to_file(path / f"{name}.shp")
    return path


@pytest.mark.parametrize("kind", [".gpkg", ".kml", " folder of shapefiles"])
def test_of_several_layers_one_is_asked_for(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, kind)
    error = refusal(path)
    assert "several layers with polygons" in error.problem
    assert "a_first" in error.problem
    assert "b_area" in error.problem
    # What it says to do leads to an area.
    assert area_of(Path(error.remedy.split('"')[1])) in (1, 2)
    assert area_of(Path(f"{path}|layername=a_first")) == 1
    assert area_of(Path(f"{path}|layername=b_area")) == 2


def test_a_layer_by_number_and_of_no_such_name(tmp_path: Path) -> None:
    path = layers(tmp_path / "x.gpkg", a=box(0, 0, 1, 1), b=box(0, 0, 2, 1))
    assert area_of(Path(f"{path}|layerid=1")) == 2
    assert area_of(Path(f"{path}|LAYERNAME=a")) == 1
    for wrong in ("layername=c", "layerid=2", "layerid=-1", "layerid=one"):
        error = refusal(Path(f"{path}|{wrong}"))
        assert "its layers are a, b" in error.problem
        assert len(read(Path(error.remedy.split('"')[1]))) == 1


def test_a_named_layer_without_polygons_is_refused(tmp_path: Path) -> None:
    path = layers(tmp_path / "x.gpkg", a=Point(0, 0), b=box(0, 0, 2, 1))
    assert "holds no polygon, but 1 point" in refusal(Path(f"{path}|layername=a")).problem


def test_layers_without_polygons_are_named_with_what_they_hold(tmp_path: Path) -> None:
    path = layers(tmp_path / "x.gpkg", a=Point(0, 0), b=LineString([(0, 0), (1, 1)]))
    assert "no polygon in any of its layers: a (points), b (lines)" in refusal(path).problem


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        ("layername=a|subset=id > 1", "filter"),
        ("subset=\"name\" = 'a|b'", "filter"),
        ("geometrytype=Polygon", "|geometrytype behind its name"),
        ("a", "|a behind its name"),
    ],
)
def test_what_else_qgis_writes_behind_a_path_is_refused(
    behind: str, words: str, tmp_path: Path
) -> None:
    path = layers(tmp_path / "x.gpkg", a=box(0, 0, 1, 1))
    assert words in refusal(Path(f"{path}|{behind}")).problem


@pytest.mark.parametrize("layer", ["weird | name", "a|b=c", "x|"])
def test_a_layer_may_have_bars_in_its_name(layer: str, tmp_path: Path) -> None:
    path = layers(tmp_path / "x.gpkg", **{layer: box(0, 0, 1, 1), "b": box(0, 0, 2, 1)})
    assert len(read(Path(f"{path}|layername={layer}"))) == 1


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    missing = refusal(tmp_path / "x.gpkg")
    assert missing.problem.endswith("x.gpkg does not exist.")
    assert missing.remedy == "Check the path."


def test_a_file_may_have_a_bar_in_its_name(tmp_path: Path) -> None:
    plain = layers(tmp_path / "x.gpkg", a=box(0, 0, 1, 1))
    barred = tmp_path / "x|layername=b.gpkg"
    try:
        shutil.copy(plain, barred)
    except OSError:
        pytest.skip("this system allows no bar in names")
    assert len(read(barred)) == 1
    assert len(read(Path(f"{barred}|layername=a"))) == 1


def test_names_that_look_like_addresses_are_read(tmp_path: Path) -> None:
    path = layers(tmp_path / "x.gpkg", a=box(0, 0, 1, 1), b=box(0, 0, 2, 1))
    path = path.rename(tmp_path / "area!; old.gpkg")
    assert "several layers" in refusal(path).problem
    assert area_of(Path(f"{path}|layername=b")) == 2


def test_paths_of_windows_are_taken_apart_alike() -> None:
    """A drive has a colon and a backslash, and no bar."""
    path = PureWindowsPath(r"C:\Users\Zoë\my data\project.gpkg|layername=b area")
    error = refusal(path)
    assert r"C:\Users\Zoë\my data\project.gpkg" in error.problem
    assert error.problem.endswith(r"my data\project.gpkg does not exist.")


def test_objects_of_a_file_with_a_style_are_the_only_layer(tmp_path: Path) -> None:
    from sargeo.products.vector import write_objects

    objects = frame(Point(0, 0)).assign(kind="ship", confidence=0.5, length_m=10.0)
    write_objects(tmp_path / "x.gpkg", objects)
    assert len(read_layer(tmp_path / "x.gpkg", ReferenceDataError, "objects", SHAPES)) == 1


# Formats, and files that are none.


def test_parquet_is_read_whatever_the_case_of_its_ending(tmp_path: Path) -> None:
    for name in ("x.PARQUET", "x.geoparquet"):
        frame(SPIKED, crs=32633).to_parquet(tmp_path / name)
        found = read(tmp_path / name)
        assert found.crs == CRS(32633)
        assert shapely.area(found.geometry.to_numpy()).sum() == pytest.approx(6)


def test_parquet_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "plain.parquet")
    assert "without the metadata of GeoParquet" in refusal(tmp_path / "plain.parquet").problem
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    assert "cannot be read as GeoParquet" in refusal(tmp_path / "cut.parquet").problem
    assert "does not exist" in refusal(tmp_path / "none.parquet").problem
    frame(box(0, 0, 1, 1)).to_parquet(tmp_path / "x.parquet")
    assert "has none" in refusal(Path(f"{tmp_path / 'x.parquet'}|layername=a")).problem
    frame(box(0, 0, 1, 1), crs=None).to_parquet(tmp_path / "lost.parquet")
    assert "has no CRS" in refusal(tmp_path / "lost.parquet").problem


def test_files_without_shapes_are_named(tmp_path: Path) -> None:
    table, rubbish = tmp_path / "x.csv", tmp_path / "x.gpkg"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "tables without shapes" in refusal(table).problem
    assert "table without shapes" in refusal(Path(f"{table}|layername=x")).problem
    rubbish.write_bytes(b"no vectors")
    assert "cannot be read as vectors" in refusal(rubbish).problem
    assert "does not exist" in refusal(tmp_path / "missing.gpkg").problem


# CRSs without a place on Earth.


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        pytest.param(None, "has no CRS", id="none"),
        pytest.param(4978, "is in the geocentric CRS WGS 84", id="geocentric"),
        pytest.param(SITE, "is in the CRS site grid, which nothing ties", id="local"),
        pytest.param(MOON, "is in the CRS Moon 2000, which nothing ties", id="moon"),
        pytest.param(5773, "is in the CRS EGM96 height, which nothing ties", id="heights"),
    ],
)
def test_a_crs_without_a_place_is_the_cause(crs: Any, words: str, tmp_path: Path) -> None:
    known = None if crs is None else CRS.from_user_input(crs)
    error = refusal(frame(box(0, 0, 1, 1), crs=known))
    assert words in error.problem


def test_geojson_without_a_crs_is_in_degrees(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {}, "geometry": box(0, 0, 1, 1).__geo_interface__}
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps(feature), encoding="utf-8")
    assert read(path).crs == CRS(4326)
