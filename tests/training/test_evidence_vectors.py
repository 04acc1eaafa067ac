"""Extracts of OpenStreetMap: lengths and areas against pyproj.Geod, names, completeness."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS, Geod
from shapely import LineString, Point, Polygon, box

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import GeoGrid
from sargeo_training.data.chips.evidence.osm import read_features
from sargeo_training.data.chips.evidence.vectors import VectorMap
from sargeo_training.data.facts import VectorFacts

GEOD = Geod(ellps="WGS84")
X, Y = 500_000.0, 5_000_000.0
SCENE = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, X, 0, -10, Y), (300, 300))

FRAME = box(X - 500, Y - 3500, X + 3500, Y + 500).exterior
"""A fence around the scene, so that an extract reaches beyond it."""


def at(col: float, row: float) -> tuple[float, float]:
    """Place of a pixel of the scene in its CRS."""
    return X + 10 * col, Y - 10 * row


def extract(path: Path, shapes: list, tags: list[dict], crs: int = 4326) -> Path:
    """Write features with their tags, in degrees unless asked otherwise, and a fence around."""
    frame = gpd.GeoDataFrame(
        pd.DataFrame([*tags, {"barrier": "fence"}]), geometry=[*shapes, FRAME], crs=SCENE.crs
    )
    frame.to_crs(crs).to_file(path)
    return path


def facts_of(path: Path, grid: GeoGrid = SCENE) -> VectorFacts | None:
    return VectorMap.around(SCENE, (path,), "OSM").gather(grid)


def geodesic(shape, crs: int = 32633) -> tuple[float, float]:
    """Length in km and area in km² of a shape with many points, by pyproj."""
    dense = shapely.segmentize(shape, 50)
    lonlat = gpd.GeoSeries([dense], crs=crs).to_crs(4326).iloc[0]
    area, _ = (
        GEOD.geometry_area_perimeter(shapely.geometry.polygon.orient(lonlat))
        if isinstance(shape, Polygon)
        else (0.0, 0.0)
    )
    return GEOD.geometry_length(lonlat) / 1e3, area / 1e6


CHIP_KM2 = geodesic(box(X, Y - 3000, X + 3000, Y))[1]


@pytest.mark.parametrize(("suffix", "crs"), [("gpkg", 4326), ("gpkg", 3857), ("geojson", 4326)])
def test_roads_are_measured_on_the_ground_and_cut_at_the_chip(
    tmp_path: Path, suffix: str, crs: int
) -> None:
    across = LineString([at(-20, 100), at(320, 100)])  # beyond both sides
    within = LineString([at(50, 200), at(50, 250), at(90, 250)])
    path = LineString([at(10, 10), at(200, 10)])
    file = extract(
        tmp_path / f"x.{suffix}",
        [across, within, path],
        [{"highway": "motorway"}, {"highway": "residential"}, {"highway": "footway"}],
        crs,
    )
    facts = facts_of(file)
    assert facts is not None
    expected = geodesic(LineString([at(0, 100), at(300, 100)]))[0] + geodesic(within)[0]
    assert facts.road_km == pytest.approx(expected, abs=0.002)
    assert facts.road_km_per_km2 == pytest.approx(expected / CHIP_KM2, abs=0.001)
    assert facts.layer == "OSM"


def test_railways_and_waterways_are_measured_apart(tmp_path: Path) -> None:
    lines = [LineString([at(30, 10 * i), at(130, 10 * i)]) for i in range(1, 6)]
    tags = [
        {"railway": "rail"},
        {"railway": "abandoned"},
        {"waterway": "river"},
        {"waterway": "canal"},
        {"waterway": "dam"},
    ]
    facts = facts_of(extract(tmp_path / "x.gpkg", lines, tags))
    assert facts is not None
    assert facts.rail_km == pytest.approx(geodesic(lines[0])[0], abs=0.002)
    assert facts.water_km == pytest.approx(2 * facts.rail_km, abs=0.003)
    assert facts.road_km is None  # the extract holds no road: perhaps it was made without


def test_buildings_are_counted_and_the_ground_they_cover_is_counted_once(tmp_path: Path) -> None:
    one = box(*at(10, 20), *at(20, 10))
    overlapping = box(*at(15, 20), *at(25, 10))
    on_the_edge = box(*at(-10, 60), *at(10, 50))
    outside = box(*at(-30, 60), *at(-20, 50))
    beside = box(*at(300, 60), *at(310, 50))
    none = box(*at(100, 110), *at(110, 100))
    shapes = [one, overlapping, on_the_edge, outside, beside, none]
    tags = [*[{"building": "yes"}] * 5, {"building": "no"}]
    facts = facts_of(extract(tmp_path / "x.gpkg", shapes, tags, 32633))
    assert facts is not None
    assert facts.buildings == 3
    pixels = 15 * 10 + 10 * 10
    assert facts.building_share == pytest.approx(pixels / 300**2, abs=1e-5)


def test_waters_have_a_share_holes_taken_out(tmp_path: Path) -> None:
    lake = Polygon(
        [at(100, 100), at(200, 100), at(200, 200), at(100, 200)],
        [[at(140, 140), at(160, 140), at(160, 160), at(140, 160)]],
    )
    facts = facts_of(extract(tmp_path / "x.gpkg", [lake], [{"natural": "water"}]))
    assert facts is not None
    assert facts.water_share == pytest.approx((100**2 - 20**2) / 300**2, abs=1e-5)
    assert facts.named == ()


def test_names_are_told_with_their_kind_and_sector(tmp_path: Path) -> None:
    shapes = [
        Point(at(250, 250)),
        box(*at(10, 60), *at(60, 10)),
        LineString([at(150, -5), at(150, 40)]),
        LineString([at(150, 40), at(150, 70)]),
        box(*at(130, 170), *at(170, 130)),
        LineString([at(10, 150), at(50, 150)]),
        Point(at(400, 400)),
    ]
    tags = [
        {"harbour": "yes", "name": "Old Port"},
        {"aeroway": "aerodrome", "name": "Flughafen", "name:en": "City Airport"},
        {"waterway": "river", "name": "Long River"},
        {"waterway": "river", "name": "Long River"},
        {"natural": "water", "water": "reservoir", "name": "Stausee"},
        {"highway": "primary", "name": "High Street"},
        {"harbour": "yes", "name": "Elsewhere"},
    ]
    facts = facts_of(extract(tmp_path / "x.gpkg", shapes, tags))
    assert facts is not None
    assert {(n.kind, n.name, n.sector) for n in facts.named} == {
        ("port", "Old Port", "lower right"),
        ("airport", "City Airport", "upper left"),
        ("river", "Long River", "top"),
        ("reservoir", "Stausee", "centre"),
    }


def test_sectors_are_of_the_picture_where_the_grid_is_turned(tmp_path: Path) -> None:
    turned = GeoGrid(SCENE.crs, SCENE.transform @ Affine.rotation(90), (200, 200))
    x, y = turned.xy(20, 180)  # upper right of the picture
    file = extract(
        tmp_path / "x.gpkg", [Point(float(x), float(y))], [{"harbour": "yes", "name": "P"}]
    )
    facts = VectorMap.around(turned, (file,), "OSM").gather(turned)
    assert facts is not None
    assert [n.sector for n in facts.named] == ["upper right"]


def test_a_chip_without_roads_amid_roads_has_none(tmp_path: Path) -> None:
    road = LineString([at(10, 10), at(290, 10)])
    file = extract(tmp_path / "x.gpkg", [road], [{"highway": "primary"}])
    empty = GeoGrid(SCENE.crs, SCENE.transform @ Affine.translation(100, 100), (50, 50))
    facts = facts_of(file, empty)
    assert facts is not None
    assert (facts.road_km, facts.road_km_per_km2, facts.buildings) == (0, 0, None)


def test_nothing_is_said_where_the_extract_ends(tmp_path: Path) -> None:
    small = gpd.GeoDataFrame(
        {"highway": ["primary", "primary"]},
        geometry=[LineString([at(10, 10), at(60, 10)]), LineString([at(60, 10), at(60, 60)])],
        crs=SCENE.crs,
    )
    small.to_file(tmp_path / "small.gpkg")
    assert facts_of(tmp_path / "small.gpkg") is None
    covered = GeoGrid(SCENE.crs, SCENE.transform @ Affine.translation(45, 15), (10, 10))
    facts = facts_of(tmp_path / "small.gpkg", covered)
    assert facts is not None
    assert facts.road_km == 0


def test_tags_are_found_where_gdal_packs_them(tmp_path: Path) -> None:
    shapes = [box(*at(10, 60), *at(60, 10)), LineString([at(0, 100), at(100, 100)])]
    tags = [
        {"other_tags": '"name"=>"Quay \\"9\\"","industrial"=>"port"'},
        {"other_tags": '"railway"=>"rail"'},
    ]
    facts = facts_of(extract(tmp_path / "x.gpkg", shapes, tags))
    assert facts is not None
    assert [(n.kind, n.name) for n in facts.named] == [("port", 'Quay "9"')]
    assert facts.rail_km == pytest.approx(geodesic(shapes[1])[0], abs=0.002)


OSM_XML = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
{nodes}
<way id="10" version="1">{fence}<tag k="barrier" v="fence"/></way>
<way id="11" version="1">{road}<tag k="highway" v="primary"/></way>
<way id="12" version="1">{house}<tag k="building" v="yes"/></way>
</osm>
"""


def way(*nodes: int) -> str:
    return "".join(f'<nd ref="{node}"/>' for node in nodes)  # codespell:ignore nd


def test_osm_files_themselves_are_read(tmp_path: Path) -> None:
    fence = [at(-50, -50), at(350, -50), at(350, 350), at(-50, 350)]
    road, house = [at(0, 150), at(300, 150)], [at(10, 10), at(30, 10), at(30, 30)]
    points = gpd.GeoSeries([Point(p) for p in fence + road + house], crs=SCENE.crs).to_crs(4326)
    nodes = "\n".join(
        f'<node id="{i}" lat="{p.y}" lon="{p.x}" version="1"/>' for i, p in enumerate(points)
    )
    file = tmp_path / "x.osm"
    ways = {"fence": way(0, 1, 2, 3, 0), "road": way(4, 5), "house": way(6, 7, 8, 6)}
    file.write_text(OSM_XML.format(nodes=nodes, **ways), encoding="utf-8")
    facts = facts_of(file)
    assert facts is not None
    assert facts.road_km == pytest.approx(geodesic(LineString(road))[0], abs=0.002)
    assert facts.buildings == 1


def test_extracts_are_joined(tmp_path: Path) -> None:
    roads = extract(
        tmp_path / "roads.gpkg", [LineString([at(0, 9), at(100, 9)])], [{"highway": "primary"}]
    )
    houses = extract(
        tmp_path / "houses.gpkg", [box(*at(10, 60), *at(60, 10))], [{"building": "yes"}]
    )
    facts = VectorMap.around(SCENE, (roads, houses), "OSM").gather(SCENE)
    assert facts is not None
    assert facts.buildings == 1
    assert facts.road_km == pytest.approx(1.0, abs=0.002)


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:32701", Affine(10, 0, 179_500, 0, -10, 8_100_000)),
        ("EPSG:4326", Affine(1e-4, 0, 179.985, 0, -1e-4, -17.0)),
    ],
    ids=["utm", "degrees"],
)
def test_the_antimeridian_may_cross_a_chip(tmp_path: Path, crs: str, transform: Affine) -> None:
    grid = GeoGrid(CRS.from_user_input(crs), transform, (300, 300))
    (west, east), _ = grid.lonlat([150, 150], [0, 300])
    lat = float(grid.lonlat(150, 150)[1])
    east = east % 360
    assert west < 180 < east
    roads = [
        LineString([(west - 0.01, lat), (180, lat)]),
        LineString([(-180, lat), (east - 359.99, lat)]),
    ]
    fences = [box(179.5, lat - 0.1, 180, lat + 0.1), box(-180, lat - 0.1, -179.5, lat + 0.1)]
    gpd.GeoDataFrame(
        {"highway": ["primary"] * 2 + [None] * 2}, geometry=roads + fences, crs=4326
    ).to_file(tmp_path / "x.gpkg")
    facts = VectorMap.around(grid, (tmp_path / "x.gpkg",), "OSM").gather(grid)
    assert facts is not None
    assert facts.road_km == pytest.approx(GEOD.inv(west, lat, east, lat)[2] / 1e3, rel=2e-3)


def test_an_extract_far_away_says_nothing(tmp_path: Path) -> None:
    far = gpd.GeoDataFrame(
        {"highway": ["primary"]}, geometry=[LineString([(1, 1), (2, 2)])], crs=4326
    )
    far.to_file(tmp_path / "far.gpkg")
    assert facts_of(tmp_path / "far.gpkg") is None


def test_files_without_tags_or_crs_and_no_vectors_are_refused(tmp_path: Path) -> None:
    untagged = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(15, 45.1)], crs=4326)
    untagged.to_file(tmp_path / "untagged.gpkg")
    with pytest.raises(ReferenceDataError, match=r"untagged\.gpkg have none of the OpenStreetMap"):
        read_features(tmp_path / "untagged.gpkg", SCENE)
    (tmp_path / "plain.csv").write_text('WKT,highway\n"POINT (1 1)",primary\n', encoding="utf-8")
    with pytest.raises(ReferenceDataError, match="have no CRS"):
        read_features(tmp_path / "plain.csv", SCENE)
    (tmp_path / "text.geojson").write_text(json.dumps({"a": 1}), encoding="utf-8")
    for name in ("text.geojson", "absent.gpkg"):
        with pytest.raises(ReferenceDataError, match="cannot be read"):
            read_features(tmp_path / name, SCENE)


def test_broken_polygons_are_repaired(tmp_path: Path) -> None:
    bow = Polygon([at(10, 10), at(30, 30), at(30, 10), at(10, 30)])
    facts = facts_of(extract(tmp_path / "x.gpkg", [bow], [{"building": "yes"}]))
    assert facts is not None
    assert facts.buildings == 1
    assert facts.building_share == pytest.approx(200 / 300**2, abs=1e-5)


def test_a_city_is_asked_chip_by_chip_without_reading_it_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 298, (2000, 2))
    shapes = [box(*at(c, r + 1), *at(c + 1, r)) for c, r in corners]
    file = extract(tmp_path / "x.gpkg", shapes, [{"building": "yes"}] * len(shapes))
    city = VectorMap.around(SCENE, (file,), "OSM")
    file.unlink()
    chips = [
        GeoGrid(SCENE.crs, SCENE.transform @ Affine.translation(c, r), (100, 100))
        for r in (0, 100, 200)
        for c in (0, 100, 200)
    ]
    counts = [facts.buildings for facts in map(city.gather, chips) if facts]
    on_both = sum(any(v % 100 > 99 and v < 200 for v in corner) for corner in corners)
    assert 2000 < sum(counts) <= 2000 + 3 * on_both + 3
