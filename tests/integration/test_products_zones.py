"""Sums by polygon."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod, Transformer
from shapely.geometry import Point, Polygon, box
from support.products import PLACES, grid_at, ships_at, write_products

from sargeo.errors import ReferenceDataError, UsageError
from sargeo.evaluation.zones import OUTSIDE, write_zones, zonal_table
from sargeo.geo.grid import GeoGrid

SHAPE = (600, 540)


def rectangle(grid: GeoGrid, row: float, col: float, height: float, width: float) -> Polygon:
    rows = [row, row, row + height, row + height]
    return Polygon(zip(*grid.xy(rows, [col, col + width, col + width, col]), strict=True))


def mapped(folder: Path, place: str) -> GeoGrid:
    """Water above, built-up below, nodata to the right; ships in the upper left."""
    grid = grid_at(place, SHAPE)
    codes = np.full(SHAPE, 80, np.uint8)
    codes[300:] = 50
    codes[:, 520:] = 0
    ships = ships_at(np.array([10.5, 20.5, 290.5]), np.array([10.5, 20.5, 500.5]))
    write_products(folder, grid, codes, ships)
    return grid


@pytest.mark.parametrize("place", PLACES)
def test_areas_shares_and_counts_anywhere(place: str, tmp_path: Path) -> None:
    grid = mapped(tmp_path, place)
    shapes = [
        rectangle(grid, 0, 0, 100, 100),
        rectangle(grid, 200, 400, 200, 130),  # across tiles, classes and nodata
        rectangle(grid, 900, 900, 10, 10),
    ]
    zones = gpd.GeoDataFrame({"name": ["a", "b", "c"]}, geometry=shapes, crs=grid.crs)
    table = zonal_table(zones, tmp_path)
    assert table["name"].tolist() == ["a", "b", "c"]
    assert table["ship_count"].tolist() == [2, 1, 0]
    assert table["note"].tolist() == ["", "", OUTSIDE]
    first, second, third = (table.iloc[i] for i in range(3))
    assert first["open_water_ha"] == pytest.approx(first["area_ha"], rel=1e-3)
    assert (first["open_water_share"], first["trees_ha"]) == (1, 0)
    assert first["mean_confidence"] == pytest.approx(80)
    assert second["open_water_share"] == pytest.approx(0.5, abs=5e-3)
    assert second["built_up_share"] + second["open_water_share"] == pytest.approx(1)
    assert second["nodata_share"] == pytest.approx(10 / 130, abs=2e-3)
    assert third["nodata_share"] == 1
    assert np.isnan(third["mean_confidence"])


def test_zones_come_in_any_crs(tmp_path: Path) -> None:
    grid = mapped(tmp_path, "polar_north")
    zones = gpd.GeoDataFrame(geometry=[rectangle(grid, 5, 5, 100, 80)], crs=grid.crs)
    own = zonal_table(zones, tmp_path).iloc[0]
    degrees = zonal_table(zones.to_crs(4326), tmp_path).iloc[0]
    assert degrees["open_water_ha"] == pytest.approx(own["open_water_ha"], rel=1e-2)
    assert degrees["ship_count"] == own["ship_count"] == 2


def test_a_zone_as_wide_as_the_world_holds_all_of_the_scene(tmp_path: Path) -> None:
    grid = mapped(tmp_path, "utm_north")
    own = gpd.GeoDataFrame(geometry=[rectangle(grid, 0, 0, grid.height, grid.width)], crs=grid.crs)
    world = gpd.GeoDataFrame(geometry=[box(-180, -90, 180, 90)], crs=4326)
    expected, found = zonal_table(own, tmp_path).iloc[0], zonal_table(world, tmp_path).iloc[0]
    assert found["open_water_ha"] == expected["open_water_ha"] > 0
    assert found["ship_count"] == expected["ship_count"] > 0


def test_a_table_of_before_is_measured_again(tmp_path: Path) -> None:
    grid = mapped(tmp_path, "utm_north")
    shapes = [rectangle(grid, 0, 0, 100, 100)]
    zones = gpd.GeoDataFrame({"name": ["a"], "note": ["mine"]}, geometry=shapes, crs=grid.crs)
    table = zonal_table(zones, tmp_path)
    pd.testing.assert_frame_equal(zonal_table(table, tmp_path), table)


@pytest.mark.parametrize("suffix", [".csv", ".gpkg"])
def test_tables_are_written_by_their_ending(suffix: str, tmp_path: Path) -> None:
    grid = mapped(tmp_path, "utm_north")
    zones = gpd.GeoDataFrame(
        {"name": ["Küste"]}, geometry=[rectangle(grid, 0, 0, 9, 9)], crs=grid.crs
    )
    table = zonal_table(zones, tmp_path)
    path = tmp_path / f"zones{suffix}"
    write_zones(path, table)
    back = pd.read_csv(path, encoding="utf-8") if suffix == ".csv" else gpd.read_file(path)
    assert back["name"].tolist() == ["Küste"]
    assert back["open_water_ha"][0] == pytest.approx(table["open_water_ha"][0])
    with pytest.raises(UsageError, match="xlsx"):
        write_zones(tmp_path / "zones.xlsx", table)


@pytest.mark.parametrize(
    ("columns", "written"),
    [
        ({"fid": ["a", "b"]}, ["fid_"]),
        ({"fid": [1, 1]}, ["fid_"]),
        ({"FID": [1.5, 2.5], "fid_": [3, 4]}, ["FID_", "fid__"]),
        ({"geom": ["a", "b"]}, ["geom_"]),
        ({"Class": [1, 2], "class": [3, 4]}, ["Class", "class_"]),
    ],
)
def test_columns_that_a_geopackage_has_itself_are_renamed(
    columns: dict[str, list[object]], written: list[str], tmp_path: Path
) -> None:
    """As QGIS and ogr2ogr leave them in GeoJSON."""
    grid = mapped(tmp_path, "utm_north")
    shapes = [rectangle(grid, 0, 0, 9, 9), rectangle(grid, 9, 9, 9, 9)]
    table = zonal_table(gpd.GeoDataFrame(columns, geometry=shapes, crs=grid.crs), tmp_path)
    write_zones(tmp_path / "zones.gpkg", table)
    back = gpd.read_file(tmp_path / "zones.gpkg")
    assert list(back.columns[: len(written)]) == written
    for name, (_, values) in zip(written, columns.items(), strict=True):
        np.testing.assert_array_equal(back[name], values)


def test_points_are_no_zones(tmp_path: Path) -> None:
    grid = mapped(tmp_path, "utm_north")
    with pytest.raises(ReferenceDataError, match="no polygon"):
        zonal_table(gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=grid.crs), tmp_path)


@pytest.mark.parametrize("place", ["utm_north", "utm_south", "degrees"])
def test_hectares_are_those_of_the_ellipsoid(place: str, tmp_path: Path) -> None:
    """An oracle of its own: the geodesic area of the zone's outline, by PROJ, over 10,000 m²."""
    grid = mapped(tmp_path, place)
    outline = rectangle(grid, 10, 20, 128, 256)  # whole pixels of water
    lon, lat = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(
        *outline.segmentize(outline.length / 400).exterior.xy
    )
    hectares = abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0]) / 10_000
    found = zonal_table(gpd.GeoDataFrame(geometry=[outline], crs=grid.crs), tmp_path).iloc[0]
    assert found["open_water_ha"] == pytest.approx(hectares, rel=1e-5)
    assert found["area_ha"] == pytest.approx(hectares, rel=1e-5)
