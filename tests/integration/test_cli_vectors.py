"""Vectors that users give, through the commands: which pixels, zones and objects they choose."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from support.outcome import Outcome
from support.products import ships_at, write_products
from support.rasters import backscatter_db, write_raster

from sargeo.geo.grid import GeoGrid
from sargeo.geo.nearness import near
from sargeo.mapping.object_filters import ObjectControls

Cli = Callable[..., Outcome]

UTM = 32611
CORNER = (500_000.0, 4_650_000.0)
SHAPE = (150, 150)

# As programs repair it, a polygon and a line.
SPIKED = Polygon(
    [
        *[(500_100, 4_649_000), (500_900, 4_649_000), (500_900, 4_649_800)],
        *[(500_500, 4_649_800), (500_500, 4_649_950), (500_500, 4_649_800), (500_100, 4_649_800)],
    ]
)
SOUND = box(501_000, 4_649_000, 501_200, 4_649_800)


def vectors(
    path: Path, *shapes: BaseGeometry, crs: int = UTM, layer: str | None = None, **columns: list
) -> Path:
    table = gpd.GeoDataFrame({"id": range(len(shapes)), **columns}, geometry=list(shapes), crs=crs)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_file(path, layer=layer)
    return path


def scene_at(folder: Path, grid: GeoGrid) -> Path:
    path = folder / "scene_sigma0_vv.tif"
    write_raster(path, backscatter_db(grid.shape, 1), crs=grid.crs, transform=grid.transform)
    return path


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return scene_at(tmp_path, GeoGrid(CRS(UTM), Affine(10, 0, CORNER[0], 0, -10, CORNER[1]), SHAPE))


@pytest.fixture
def map_pixels(cli: Cli, tiny_model: Path, tmp_path: Path) -> Callable[..., int]:
    """Map with an area of interest, and count the pixels of the product."""
    runs: list[Path] = []

    def call(scene: Path, aoi: object, *options: object) -> int:
        out = tmp_path / f"out{len(runs)}"
        runs.append(out)
        asked = ["map", scene, "-o", out, "--model", tiny_model, "--device", "cpu"]
        outcome = cli(*asked, "--assume", "db", "--aoi", aoi, *options)
        assert outcome.code == 0, outcome.err
        (path,) = out.glob("*_landcover.tif")
        with rasterio.open(path) as product:
            return int((product.read(1) > 0).sum())

    return call


@pytest.fixture
def refused(cli: Cli, tiny_model: Path, tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Map what is refused; both sentences."""

    def call(scene: Path, *options: object) -> tuple[str, str]:
        out = tmp_path / "out"
        asked = ["map", scene, "-o", out, "--model", tiny_model, "--device", "cpu"]
        outcome = cli(*asked, "--assume", "db", *options)
        assert outcome.code == 3, outcome.err
        assert not out.exists()
        problem, remedy = [line for line in outcome.err.splitlines() if line.strip()][-2:]
        return problem, remedy

    return call


# Polygons with a spike, and in collections.


@pytest.mark.parametrize(
    ("shapes", "pixels"),
    [
        pytest.param([SPIKED], 6400, id="spike"),
        pytest.param([SOUND, SPIKED], 8000, id="beside a sound one"),
        pytest.param([GeometryCollection([SPIKED, Point(0, 0)])], 6400, id="in a collection"),
        pytest.param(
            [GeometryCollection([GeometryCollection([SPIKED, SOUND]), LineString(SOUND.exterior)])],
            8000,
            id="in a collection in one",
        ),
        pytest.param([MultiPolygon([SOUND, SPIKED])], 8000, id="of several parts"),
    ],
)
@pytest.mark.parametrize("ending", ["gpkg", "parquet"])
def test_an_area_of_interest_keeps_its_polygons(
    map_pixels: Callable[..., int],
    scene: Path,
    tmp_path: Path,
    shapes: Sequence[BaseGeometry],
    pixels: int,
    ending: str,
) -> None:
    assert map_pixels(scene, vectors(tmp_path / f"aoi.{ending}", *shapes)) == pixels


def test_what_holds_no_polygon_is_told(refused: Callable, scene: Path, tmp_path: Path) -> None:
    aoi = vectors(tmp_path / "aoi.gpkg", Point(CORNER), LineString([CORNER, (0, 0)]))
    problem, _ = refused(scene, "--aoi", aoi)
    assert "holds no polygon, but 1 line and 1 point." in problem


# Layers.


@pytest.fixture
def two_areas(tmp_path: Path) -> Path:
    path = vectors(tmp_path / "project.gpkg", SOUND, layer="a_first")
    return vectors(path, SPIKED, layer="b_area")


def test_the_layer_with_polygons_is_taken(
    map_pixels: Callable[..., int], scene: Path, tmp_path: Path
) -> None:
    path = vectors(tmp_path / "project.gpkg", Point(CORNER), layer="a_first")
    assert map_pixels(scene, vectors(path, SPIKED, layer="b_area")) == 6400


@pytest.mark.parametrize("option", ["--aoi", "--exclude", "--land-mask"])
def test_of_several_layers_one_is_asked_for_before_the_run(
    refused: Callable, map_pixels: Callable, scene: Path, two_areas: Path, option: str
) -> None:
    problem, remedy = refused(scene, option, two_areas)
    assert "several layers with polygons" in problem
    assert "a_first, b_area" in problem
    named = remedy.split('"')[1]
    assert named == f"{two_areas}|layername=a_first"
    assert map_pixels(scene, f"{two_areas}|layername=b_area", option, named) == (
        1600 if option == "--aoi" else 6400
    )


@pytest.mark.parametrize("option", ["--aoi", "--exclude", "--land-mask"])
def test_a_filter_of_qgis_is_refused(
    refused: Callable, scene: Path, two_areas: Path, option: str
) -> None:
    problem, remedy = refused(scene, option, f"{two_areas}|layername=b_area|subset=id = 1")
    assert "filter (subset)" in problem
    assert "file of their own" in remedy


@pytest.mark.parametrize("option", ["--aoi", "--exclude", "--land-mask"])
@pytest.mark.parametrize("crs", [None, 4978, 5773])
def test_a_crs_without_a_place_is_the_cause(
    refused: Callable, scene: Path, tmp_path: Path, option: str, crs: int | None
) -> None:
    table = gpd.GeoDataFrame(geometry=[SOUND], crs=crs)
    table.to_parquet(tmp_path / "x.parquet")
    problem, _ = refused(scene, option, tmp_path / "x.parquet")
    words = {None: "has no CRS", 4978: "geocentric", 5773: "nothing ties to places on Earth"}
    assert words[crs] in problem


# Zones and references, on products that are written as those of a run are.


def products_at(folder: Path, grid: GeoGrid) -> Path:
    """Water in the west, built-up in the east; a ship in either half."""
    codes = np.full(grid.shape, 80, np.uint8)
    codes[:, grid.width // 2 :] = 50
    middle, quarter = grid.height / 2, grid.width / 4
    ships = ships_at(np.array([middle, middle + 1]), np.array([quarter, 3 * quarter]))
    write_products(folder, grid, codes, ships)
    return folder


@pytest.fixture
def products(tmp_path: Path) -> Path:
    grid = GeoGrid(CRS(UTM), Affine(10, 0, CORNER[0], 0, -10, CORNER[1]), SHAPE)
    (tmp_path / "products").mkdir()
    return products_at(tmp_path / "products", grid)


def zones_of(cli: Cli, *words: object) -> list[dict[str, object]]:
    outcome = cli("zones", *words, "--json")
    assert outcome.code == 0, outcome.err
    found: list[dict[str, object]] = json.loads(outcome.out)["zones"]
    return found


def test_every_zone_has_a_row(cli: Cli, products: Path, tmp_path: Path) -> None:
    line = LineString([CORNER, (500_100, 4_649_900)])
    path = vectors(tmp_path / "zones.gpkg", SOUND, SPIKED, line, name=["sound", "spiked", "line"])
    table = tmp_path / "table.gpkg"
    sound, spiked, nothing = zones_of(cli, path, products, "-o", table)
    assert spiked["name"] == "spiked"
    assert spiked["area_ha"] == pytest.approx(64, rel=2e-3)
    assert sound["area_ha"] == pytest.approx(16, rel=2e-3)
    assert (nothing["note"], nothing["area_ha"]) == ("holds no polygon", 0)
    assert gpd.read_file(table)["name"].tolist() == ["sound", "spiked", "line"]


def test_zones_of_one_layer_of_several(cli: Cli, products: Path, two_areas: Path) -> None:
    outcome = cli("zones", two_areas, products)
    assert outcome.code == 3
    assert "several layers with polygons: a_first, b_area" in outcome.err
    (zone,) = zones_of(cli, f"{two_areas}|layername=b_area", products)
    assert zone["area_ha"] == pytest.approx(64, rel=2e-3)


@pytest.mark.parametrize("shape", ["points", "polygons"])
def test_references_of_one_layer_of_several(
    cli: Cli, products: Path, tmp_path: Path, shape: str
) -> None:
    halves = [box(500_010, 4_649_000, 500_090, 4_649_080), SOUND]
    shapes = halves if shape == "polygons" else [half.centroid for half in halves]
    labels = {"class": ["open water", "built-up"]}
    path = vectors(tmp_path / "reference.gpkg", *shapes, layer="new", **labels)
    vectors(path, *shapes[:1], layer="old", **{"class": ["trees"]})
    product = products / "scene_landcover.tif"
    outcome = cli("assess", path, product)
    assert outcome.code == 3
    assert f"several layers with {'polygons or points'}: new, old" in outcome.err
    outcome = cli("assess", f"{path}|layername=new", product, "--json")
    assert json.loads(outcome.out)["overall_accuracy"] == 1


def test_references_of_objects_from_one_layer_of_several(
    cli: Cli, products: Path, tmp_path: Path
) -> None:
    ships = gpd.read_file(products / "scene_objects.gpkg", layer="objects").geometry
    path = vectors(tmp_path / "ships.gpkg", *ships, layer="new")
    vectors(path, Point(CORNER), layer="old")
    product = products / "scene_objects.gpkg"
    assert cli("assess", path, product).code == 3
    outcome = cli("assess", f"{path}|layerid=0", product, "--json")
    assert json.loads(outcome.out)["matched"] == 2


# The antimeridian, in degrees and in metres.

TURN_M = 40_075_016.68557848
DEGREE_M = TURN_M / 360
ACROSS = {
    "degrees": GeoGrid(CRS(4326), Affine(1e-4, 0, 179.994, 0, -1e-4, 10), (100, 120)),
    "degrees_one_turn_back": GeoGrid(
        CRS(4326), Affine(1e-4, 0, -180.006, 0, -1e-4, 10), (100, 120)
    ),
    "utm_1": GeoGrid(CRS(32601), Affine(10, 0, 170_500, 0, -10, 1_106_500), (100, 120)),
    "web_mercator": GeoGrid(
        CRS(3857), Affine(10, 0, 179.9946 * DEGREE_M, 0, -10, 1_118_889), (100, 120)
    ),
    "pacific_mercator": GeoGrid(
        CRS(3832), Affine(10, 0, 29.9946 * DEGREE_M, 0, -10, 1_111_475), (100, 120)
    ),
    "equal_area_cylinder": GeoGrid(
        CRS(6933), Affine(10, 0, 17_366_930, 0, -10, 1_270_000), (100, 120)
    ),
}


def own_area(grid: GeoGrid) -> gpd.GeoDataFrame:
    """The middle of a grid, across the antimeridian, in its own coordinates."""
    (x0, x1), (y0, y1) = grid.xy([20.0, 80.0], [20.0, 100.0])
    return gpd.GeoDataFrame(geometry=[box(x0, y1, x1, y0)], crs=grid.crs)


def written_ways(grid: GeoGrid) -> dict[str, gpd.GeoDataFrame]:
    """The same area as other programs write it."""
    rows = np.concatenate([np.full(50, 20.0), np.linspace(20, 80, 50), np.full(50, 80.0)])
    cols = np.concatenate([np.linspace(20, 100, 50), np.full(50, 100.0), np.linspace(100, 20, 50)])
    lon, lat = grid.lonlat(rows, cols)
    beyond = Polygon(zip(lon % 360, lat, strict=True))
    west, east = beyond & box(0, -90, 180, 90), beyond & box(180, -90, 360, 90)
    back = gpd.GeoSeries([east]).translate(-360).iloc[0]
    shapes = {
        "beyond": [beyond],
        "one multipolygon": [MultiPolygon([west, back])],
        "two features": [west, back],
        "leaping": [Polygon(zip((lon + 180) % 360 - 180, lat, strict=True))],
    }
    return {name: gpd.GeoDataFrame(geometry=s, crs=4326) for name, s in shapes.items()}


@pytest.mark.parametrize("place", ACROSS)
def test_an_area_across_the_antimeridian(
    map_pixels: Callable[..., int], tmp_path: Path, place: str
) -> None:
    grid = ACROSS[place]
    scene = scene_at(tmp_path, grid)
    own_area(grid).to_file(tmp_path / "own.gpkg")
    expected = map_pixels(scene, tmp_path / "own.gpkg")
    assert expected == 60 * 80
    for name, table in written_ways(grid).items():
        table.to_file(tmp_path / f"{name}.gpkg")
        # A row or a column of pixel centres may lie on the border.
        assert map_pixels(scene, tmp_path / f"{name}.gpkg") == pytest.approx(expected, abs=80), name


@pytest.mark.parametrize("place", ACROSS)
def test_zones_and_references_across_the_antimeridian(cli: Cli, tmp_path: Path, place: str) -> None:
    grid = ACROSS[place]
    (tmp_path / "products").mkdir()
    products = products_at(tmp_path / "products", grid)
    own_area(grid).to_file(tmp_path / "own.gpkg")
    (expected,) = zones_of(cli, tmp_path / "own.gpkg", products)
    assert expected["open_water_share"] == pytest.approx(0.5, abs=1e-4)
    for name, table in written_ways(grid).items():
        if name == "two features":
            table = table.dissolve()
        path = tmp_path / f"{name}.gpkg"
        table.to_file(path)
        (zone,) = zones_of(cli, path, products)
        assert zone["ship_count"] == expected["ship_count"] == 2, name
        assert zone["area_ha"] == pytest.approx(expected["area_ha"], rel=1e-3), name
        assert zone["open_water_share"] == pytest.approx(0.5, abs=0.02), name
    reference = written_ways(grid)["one multipolygon"].assign(**{"class": "open water"})
    reference.to_file(tmp_path / "reference.gpkg")
    outcome = cli("assess", tmp_path / "reference.gpkg", products / "scene_landcover.tif", "--json")
    facts = json.loads(outcome.out)
    assert facts["samples"] == pytest.approx(60 * 80, abs=80)


@pytest.mark.parametrize("place", ACROSS)
def test_objects_across_the_antimeridian(place: str) -> None:
    """Zones, land and platforms are where they are, on whichever side they were written."""
    grid = ACROSS[place]
    points = gpd.points_from_xy(*grid.xy([50.0, 50.0, 5.0], [40.0, 80.0, 5.0]))
    objects = gpd.GeoDataFrame({"length_m": 50.0}, index=range(3), geometry=points, crs=grid.crs)
    outside = [False, False, True]
    for area in (own_area(grid), *written_ways(grid).values()):
        assert ObjectControls(exclude=area).sift(objects, None).kept.tolist() == outside
        assert ObjectControls(land_mask=area).sift(objects, None).kept.tolist() == outside
    lon, lat = grid.lonlat(50.0, 40.0)
    for turn in (-360, 0, 360):
        platform = gpd.GeoDataFrame(geometry=[Point(float(lon) + turn, float(lat))], crs=4326)
        assert ObjectControls(exclude=platform).sift(objects, None).kept.tolist() == [
            False,
            True,
            True,
        ]


@pytest.mark.parametrize("place", ACROSS)
def test_objects_of_a_reference_that_the_antimeridian_cuts(
    cli: Cli, tmp_path: Path, place: str
) -> None:
    """A ship outlined in two halves has its middle between them."""
    grid = ACROSS[place]
    (tmp_path / "products").mkdir()
    products = products_at(tmp_path / "products", grid)
    ship = gpd.read_file(products / "scene_objects.gpkg", layer="objects").to_crs(4326).geometry[0]
    wide = 2 * abs(180 - abs(ship.x)) + 1e-3
    outline = box(ship.x % 360 - wide, ship.y - 1e-4, ship.x % 360 + wide, ship.y + 1e-4)
    west, east = outline & box(0, -90, 180, 90), outline & box(180, -90, 360, 90)
    halves = MultiPolygon([west, gpd.GeoSeries([east]).translate(-360).iloc[0]])
    path = vectors(tmp_path / "ships.gpkg", halves, crs=4326)
    outcome = cli("assess", path, products / "scene_objects.gpkg", "--json")
    assert json.loads(outcome.out)["matched"] == 1


def test_the_world_as_land_and_as_a_zone(cli: Cli, products: Path, tmp_path: Path) -> None:
    world = vectors(tmp_path / "world.gpkg", box(-180, -90, 180, 90), crs=4326)
    (zone,) = zones_of(cli, world, products)
    assert zone["ship_count"] == 2
    assert zone["area_ha"] == pytest.approx(51_006_562_172, rel=1e-4)
    objects = gpd.read_file(products / "scene_objects.gpkg", layer="objects")
    assert near(objects, gpd.read_file(world)).all()


def test_distances_hold_beside_edges_of_a_continent() -> None:
    """From a coast that is drawn with a corner every thousand kilometres."""
    grid = GeoGrid(CRS(32633), Affine(10, 0, 500_000, 0, -10, 5_540_000), (100, 100))
    lon, lat = (float(v) for v in grid.lonlat(50.0, 50.0))
    land = gpd.GeoDataFrame(geometry=[box(lon - 15, lat - 20, lon + 15, lat - 0.01)], crs=4326)
    objects = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*grid.xy([50.0], [50.0])), crs=grid.crs)
    metres = 0.01 * 111_229  # of a degree of latitude at 50 north
    assert near(objects, land, buffer_m=metres + 3).all()
    assert not near(objects, land, buffer_m=metres - 3).any()


def test_no_zones_exclude_nothing() -> None:
    nothing = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=UTM))
    ships = gpd.GeoDataFrame(pd.DataFrame({"id": [1]}), geometry=[Point(CORNER)], crs=UTM)
    assert not near(ships, nothing).any()
    assert len(near(nothing, ships)) == 0
