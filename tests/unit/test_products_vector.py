"""Objects as points."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from support.products import PLACES, grid_at, ships_at

from sargeo.errors import InputError
from sargeo.geo.grid import GeoGrid
from sargeo.products.vector import lengths_m, objects_frame, read_objects_file, write_objects
from sargeo.tiling.detections import Detections

COLUMNS = ["kind", "confidence", "length_m", "lon", "lat", "geometry"]


def some_ships(n: int = 12) -> Detections:
    rng = np.random.default_rng(0)
    return ships_at(rng.uniform(0, 80, n), rng.uniform(0, 60, n))


@pytest.mark.parametrize("place", PLACES)
def test_points_lie_in_the_scenes_crs_and_on_earth(place: str) -> None:
    grid, ships = grid_at(place, (80, 60)), some_ships()
    frame = objects_frame(ships, grid, kinds=("ship",), length_known=True)
    assert list(frame.columns) == COLUMNS
    assert CRS(frame.crs).equals(grid.crs)
    rows, cols = grid.rowcol(frame.geometry.x, frame.geometry.y)
    order = np.argsort(ships.row)
    np.testing.assert_allclose(rows, ships.row[order], atol=1e-6)
    np.testing.assert_allclose(cols, ships.col[order], atol=1e-6)
    assert frame["lon"].between(-180, 180).all()
    back = frame.to_crs(4326)
    difference = (back.geometry.x - frame["lon"] + 180) % 360 - 180
    np.testing.assert_allclose(difference, 0, atol=1e-6)


def test_the_order_of_detections_does_not_matter() -> None:
    grid, ships = grid_at("utm_north", (80, 60)), some_ships()
    shuffled = ships.take(np.random.default_rng(1).permutation(len(ships)))
    frames = [
        objects_frame(found, grid, kinds=("ship",), length_known=True)
        for found in (ships, shuffled)
    ]
    assert frames[0].equals(frames[1])


def test_lengths_follow_the_axis_where_spacings_differ() -> None:
    """Pixels of 20 m down and 10 m across, near the equator of a Mercator grid."""
    grid = GeoGrid(CRS.from_epsg(3395), Affine(10, 0, 0, 0, -20, 0), (100, 100))
    ships = ships_at(np.array([10.0, 10.0, 10.0]), np.array([10.0, 20.0, 30.0]))
    upright = Detections(
        ships.row,
        ships.col,
        np.array([10, 0, 5], np.float32),
        np.array([0, 10, 5], np.float32),
        np.full(3, 10, np.float32),
        ships.confidence,
        ships.kind,
    )
    np.testing.assert_allclose(
        lengths_m(upright, grid), [200, 100, 10 * np.hypot(20, 10) / np.sqrt(2)], rtol=1e-2
    )


def test_lengths_are_missing_or_assumed_where_the_grid_does_not_tell() -> None:
    grid, ships = grid_at("utm_north", (80, 60)), some_ships(3)
    unknown = objects_frame(ships, grid, kinds=("ship",), length_known=False)
    assert unknown["length_m"].isna().all()
    assumed = objects_frame(ships, grid, kinds=("ship",), length_known=True, assumed_gsd_m=3)
    assert (assumed["length_m"] == 15).all()


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet"])
@pytest.mark.parametrize("n", [0, 5])
def test_files_return_what_was_written(n: int, suffix: str, tmp_path: Path) -> None:
    grid = grid_at("polar_north", (80, 60))
    frame = objects_frame(some_ships(n), grid, kinds=("ship",), length_known=True)
    path = tmp_path / f"x_objects{suffix}"
    write_objects(path, frame)
    write_objects(path, frame)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    back = read_objects_file(path)
    assert list(back.columns) == COLUMNS
    assert CRS(back.crs).equals(grid.crs)
    assert back["length_m"].dtype == float
    assert back.geometry.geom_equals_exact(frame.geometry, 0).all()
    assert back["kind"].tolist() == frame["kind"].tolist()


def test_a_geopackage_brings_its_default_style(tmp_path: Path) -> None:
    grid = grid_at("utm_south", (80, 60))
    write_objects(
        tmp_path / "x.gpkg", objects_frame(some_ships(), grid, kinds=("ship",), length_known=True)
    )
    with closing(sqlite3.connect(tmp_path / "x.gpkg")) as database:
        layer, column, default, qml = database.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchone()
        declared = database.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = 'objects'"
        ).fetchone()
    assert (layer, default) == ("objects", 1)
    assert (column,) == declared
    assert "categorizedSymbol" in qml


def test_other_vectors_are_read_and_rubbish_is_refused(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1.0], [2.0]), crs=4326)
    points.to_file(tmp_path / "x.geojson", driver="GeoJSON")
    assert len(read_objects_file(tmp_path / "x.geojson")) == 1
    (tmp_path / "x.gpkg").write_bytes(b"nothing")
    for path in (tmp_path / "x.gpkg", tmp_path / "none.parquet"):
        with pytest.raises(InputError, match=path.name):
            read_objects_file(path)
