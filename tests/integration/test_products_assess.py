"""Land cover against reference data."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point, Polygon
from support.products import PLACES, grid_at, ships_at, write_products

from sargeo.errors import InputError, ReferenceDataError
from sargeo.evaluation.assess import LandCoverAssessment, assess, assess_landcover
from sargeo.geo.grid import GeoGrid
from sargeo.geo.pixel_area import pixel_area_m2

NO_SHIPS = ships_at(np.zeros(0), np.zeros(0))


def two_halves(shape: tuple[int, int]) -> np.ndarray:
    """Water to the left, trees to the right, a column of nodata, one uncertain pixel."""
    codes = np.full(shape, 10, np.uint8)
    codes[:, : shape[1] // 2] = 80
    codes[:, -1] = 0
    codes[0, 0] = 254
    return codes


def points_at(
    grid: GeoGrid, rows: list[float], cols: list[float], classes: list[object]
) -> gpd.GeoDataFrame:
    shapes = gpd.points_from_xy(*grid.xy(rows, cols))
    return gpd.GeoDataFrame({"class": classes}, geometry=shapes, crs=grid.crs)


def rectangle(grid: GeoGrid, row: float, col: float, height: float, width: float) -> Polygon:
    rows = [row, row, row + height, row + height]
    return Polygon(zip(*grid.xy(rows, [col, col + width, col + width, col]), strict=True))


@pytest.mark.parametrize("place", PLACES)
def test_points_give_the_confusion_matrix_anywhere(place: str, tmp_path: Path) -> None:
    grid = grid_at(place, (60, 40))
    paths = write_products(tmp_path, grid, two_halves(grid.shape), NO_SHIPS)
    rows, cols = [5.5, 6.5, 7.5, 8.5, 9.5, 0.5, 3.5], [3.5, 4.5, 30.5, 31.5, 32.5, 0.5, 39.5]
    reference = points_at(
        grid, rows, cols, ["water", "trees", "trees", "trees", "built-up", 80, 80]
    )
    reference["class"] = reference["class"].replace("water", "open water")
    found = assess_landcover(reference.to_crs(4326), paths.landcover)
    assert found.samples == 5
    assert found.confusion.loc["open water", "open water"] == 1
    assert found.confusion.loc["open water", "trees"] == 1
    assert found.confusion.loc["trees", "trees"] == 2
    assert found.confusion.loc["trees", "built-up"] == 1
    assert found.sample_overall == pytest.approx(3 / 5)
    assert set(found.notes) == {
        "1 samples lie on nodata.",
        "1 samples are uncertain on the map.",
    }


def test_areas_are_adjusted_by_what_the_map_gets_wrong(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (60, 40))
    paths = write_products(tmp_path, grid, two_halves(grid.shape), NO_SHIPS)
    # Of four samples on water one is trees: so is a quarter of the mapped water.
    rows, cols = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5], [3.5, 3.5, 3.5, 3.5, 30.5, 31.5]
    found = assess_landcover(points_at(grid, rows, cols, [80, 80, 80, 10, 10, 10]), paths.landcover)
    by_name = {c.name: c for c in found.classes}
    area = pixel_area_m2(grid, grid.block) / 1e4
    codes = two_halves(grid.shape)
    water_ha, trees_ha = area[codes == 80].sum(), area[codes == 10].sum()
    assert by_name["open water"].mapped_ha == pytest.approx(water_ha)
    assert by_name["open water"].area_ha.value == pytest.approx(0.75 * water_ha)
    assert by_name["trees"].area_ha.value == pytest.approx(trees_ha + 0.25 * water_ha)
    expected = (0.75 * water_ha + trees_ha) / (water_ha + trees_ha)
    assert found.overall.value == pytest.approx(expected)
    assert found.overall.low < expected < found.overall.high


@pytest.mark.parametrize("place", ["utm_north", "rotated", "antimeridian"])
def test_polygons_count_pixels_and_say_what_intervals_mean(place: str, tmp_path: Path) -> None:
    grid = grid_at(place, (1100, 600))
    paths = write_products(tmp_path, grid, two_halves(grid.shape), NO_SHIPS)
    # The second crosses internal tiles; the third is half wrong.
    shapes = [
        rectangle(grid, 10, 10, 20, 5),
        rectangle(grid, 500, 100, 40, 30),
        rectangle(grid, 5, 290, 10, 20),
    ]
    reference = gpd.GeoDataFrame({"code": [80, 80, 80]}, geometry=shapes, crs=grid.crs)
    found = assess_landcover(reference, paths.landcover, class_field="code")
    assert found.samples == 100 + 1200 + 200
    assert found.confusion.loc["trees", "open water"] == 100
    assert found.sample_overall == pytest.approx(1400 / 1500)
    assert "bootstrap" in found.method


def test_a_reference_across_the_antimeridian_is_met(tmp_path: Path) -> None:
    """The grid runs on to 180.002 degrees, where a reference says -179.998."""
    grid = grid_at("antimeridian", (60, 40))
    paths = write_products(tmp_path, grid, two_halves(grid.shape), NO_SHIPS)
    lon, lat = grid.lonlat([5.5], [30.5])
    reference = gpd.GeoDataFrame({"class": [10]}, geometry=[Point(lon[0] - 360, lat[0])], crs=4326)
    assert assess_landcover(reference, paths.landcover).samples == 1


def test_classes_by_name_code_and_worldcover(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (60, 40))
    paths = write_products(tmp_path, grid, two_halves(grid.shape), NO_SHIPS)
    classes = ["Trees", "low_vegetation", "95", 40.0, 90, "70", None, 80]
    rows = [float(i) + 0.5 for i in range(len(classes))]
    found = assess_landcover(points_at(grid, rows, [30.5] * 8, classes), paths.landcover)
    assert found.confusion.loc["trees"].tolist() == [2, 3, 0, 0, 1]
    assert "2 features have no class that the map knows." in found.notes


def test_a_class_of_the_map_without_samples_is_told(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (60, 40))
    paths = write_products(tmp_path, grid, two_halves(grid.shape), NO_SHIPS)
    found = assess_landcover(points_at(grid, [5.5], [3.5], [80]), paths.landcover)
    assert any("is trees and has no sample" in note for note in found.notes)
    facts = found.to_dict()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_the_product_decides_what_is_assessed(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (60, 40))
    ships = ships_at(np.array([5.0]), np.array([5.0]))
    paths = write_products(tmp_path, grid, two_halves(grid.shape), ships)
    reference = points_at(grid, [5.0], [5.0], [80])
    reference.to_file(tmp_path / "reference.gpkg")
    landcover = assess(tmp_path / "reference.gpkg", paths.landcover)
    assert isinstance(landcover, LandCoverAssessment)
    assert landcover.samples == 1
    assert assess(tmp_path / "reference.gpkg", paths.objects).to_dict()["matched"] == 1


def test_bad_references_are_refused(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (60, 40))
    paths = write_products(tmp_path, grid, two_halves(grid.shape), NO_SHIPS)
    good = points_at(grid, [5.5], [3.5], [80])
    for frame, problem in (
        (good.drop(columns="class"), "no field class"),
        (points_at(grid, [5.5], [3.5], ["lava"]), "lava"),
        (points_at(grid, [500.0], [500.0], [80]), "lies on its valid pixels"),
        (
            good.set_geometry([LineString([(0, 0), (1, 1)])], crs=grid.crs),
            "no polygon or point, but 1 line",
        ),
    ):
        with pytest.raises(ReferenceDataError, match=problem):
            assess_landcover(frame, paths.landcover)
    with pytest.raises(InputError, match="no land-cover class"):
        assess_landcover(good, paths.count)
    with pytest.raises(InputError, match="cannot be opened"):
        assess_landcover(good, tmp_path / "none.tif")
