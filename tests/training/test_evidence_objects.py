"""Tables of objects in pixels, in degrees and as VOC, and the facts made of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from shapely import LineString, Point, Polygon, box

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import Block, GeoGrid
from sargeo_training.data.chips.evidence.boxes import SceneObjects
from sargeo_training.data.chips.evidence.objects import object_facts, spacing_at
from sargeo_training.data.facts import ObjectFact
from sargeo_training.data.sources import opensarship, ssdd
from sargeo_training.images import NO_SHIPS

SCENE = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, 500_000, 0, -10, 5_000_000), (400, 600))
NOTHING = np.zeros((100, 200), dtype=bool)
ALL = ~NOTHING


def ships(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def read(path: Path, *, complete: bool = False) -> SceneObjects:
    return SceneObjects.read(path, SCENE, layer="boxes", complete=complete)


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_ships_are_placed_measured_and_sorted_from_the_top() -> None:
    found = ships((75, 150, 0, 10, 10), (25, 20, 6, 8, 10), (50, 50, np.nan, np.nan, np.nan))
    facts = object_facts(
        found,
        ALL,
        ALL,
        "AIS",
        categories=("cargo", None, "tanker"),
        spacing_m=spacing_at(found, None, (10.0, 5.0)),
    )
    assert facts is not None
    assert (facts.layer, facts.searched) == ("AIS", 1.0)
    along = np.hypot(6 * 10, 8 * 5) / 10  # metres of a pixel along the diagonal of 6 by 8
    assert facts.items == (
        ObjectFact(kind="ship", row=0.25, col=0.1, length_m=round(10 * along, 2), length_px=10),
        ObjectFact(kind="ship", row=0.5, col=0.25, category="tanker"),
        ObjectFact(kind="ship", row=0.75, col=0.75, length_m=50, length_px=10, category="cargo"),
    )
    assert [item.sector for item in facts.items] == ["upper left", "left", "lower right"]


def test_lengths_on_a_grid_are_those_of_the_ground() -> None:
    mercator = GeoGrid(CRS.from_epsg(3395), Affine(10, 0, 0, 0, -10, 8_400_000), (100, 200))
    found = ships((50, 100, 3, 20, 20))
    facts = object_facts(found, ALL, ALL, "x", spacing_m=spacing_at(found, mercator, None))
    assert facts is not None
    metres = float(mercator.spacing_m(50, 100)[1])
    assert metres < 6  # Mercator stretches this far north
    assert facts.items[0].length_m == pytest.approx(20 * metres, abs=0.2)


def test_without_spacing_lengths_stay_in_pixels() -> None:
    facts = object_facts(ships((50, 100, 3, 20, 20)), ALL, ALL, "x")
    assert facts is not None
    assert (facts.items[0].length_m, facts.items[0].length_px) == (None, 20)


def test_what_was_not_searched_says_nothing_and_an_empty_search_does() -> None:
    assert object_facts(NO_SHIPS, NOTHING, ALL, "x") is None
    assert object_facts(NO_SHIPS, ALL, NOTHING, "x") is None
    empty = object_facts(NO_SHIPS, ALL, ALL, "x")
    assert empty is not None
    assert (empty.searched, empty.items) == (1.0, ())


def test_searched_is_a_share_of_what_the_chip_shows_and_ships_outside_it_are_left_out() -> None:
    valid, searched = ALL.copy(), ALL.copy()
    valid[:, 100:] = False
    searched[50:] = False
    found = ships((10, 10, 1, 1, 1), (-0.1, 10, 1, 1, 1), (10, 200, 1, 1, 1), (100, 0, 1, 1, 1))
    facts = object_facts(found, searched, valid, "x")
    assert facts is not None
    assert facts.searched == 0.5
    assert len(facts.items) == 1


def test_a_category_is_told_for_every_ship_or_none() -> None:
    with pytest.raises(ValueError, match="shorter"):
        object_facts(ships((1, 1, 1, 1, 1), (2, 2, 1, 1, 1)), ALL, ALL, "x", categories=("cargo",))


def test_boxes_in_pixels_come_onto_a_chip_of_coarser_pixels(tmp_path: Path) -> None:
    path = table(
        tmp_path / "x.csv",
        "xmin,ymin,xmax,ymax,category,length_m\n100,200,120,210,Tanker,200\n500,300,510,310,,\n",
    )
    scene = read(path, complete=True)
    chip = SCENE.crop(Block(100, 50, 200, 300)).zoom_out(2, 2)
    found = scene.within(chip)
    # Row (205 - 100) / 2, column (110 - 50) / 2; 200 m at 10 / 0.9996 m in a pixel, halved.
    np.testing.assert_allclose(found.ships, [[52.5, 30, 5, 10, 200 * 0.9996 / 20]], rtol=1e-4)
    assert found.categories == ("tanker",)
    assert found.searched.shape == (100, 150)
    assert found.searched.all()
    assert not read(path).within(chip).searched.any()
    everything = scene.within(SCENE)
    assert everything.categories == ("tanker", None)
    assert np.isnan(everything.ships[1, 4])


def test_tables_in_degrees_are_placed(tmp_path: Path) -> None:
    lon, lat = SCENE.lonlat(120.5, 33.25)
    path = table(tmp_path / "x.csv", f"kind,lon,lat\nship,{lon:.9f},{lat:.9f}\naircraft,15,45.1\n")
    found = read(path).within(SCENE)
    np.testing.assert_allclose(found.ships[:, :2], [[120.5, 33.25]], atol=1e-3)
    assert np.isnan(found.ships[:, 2:]).all()


@pytest.mark.parametrize("name", ["x.geojson", "x.gpkg"])
def test_vectors_are_points_or_boxes_and_turned_boxes_tell_lengths(
    tmp_path: Path, name: str
) -> None:
    turned = Polygon([(0, 30), (30, 0), (36, 6), (6, 36)])  # (col, row): 30 √2 long
    shapes = [box(100, 200, 120, 210), turned, Point(300, 50)]
    frame = gpd.GeoDataFrame({"category": ["cargo", None, None]}, geometry=shapes)
    frame.geometry = frame.affine_transform([10, 0, 0, -10, 500_000, 5_000_000])
    frame.set_crs(SCENE.crs).to_crs(4326).to_file(tmp_path / name)
    found = read(tmp_path / name).within(SCENE)
    np.testing.assert_allclose(
        found.ships,
        [
            [205, 110, 10, 20, np.nan],
            [18, 18, 36, 36, 30 * np.sqrt(2)],
            [50, 300, np.nan, np.nan, np.nan],
        ],
        atol=0.02,
    )
    assert found.categories == ("cargo", None, None)


VOC = """<annotation>
<object><name>Cargo</name><bndbox><xmin>100</xmin><ymin>200</ymin><xmax>120</xmax>
<ymax>210</ymax></bndbox></object>
<object><name>ship</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>10</xmax><ymax>10</ymax></bndbox>
<rotated_bndbox><rotated_bbox_w>12</rotated_bbox_w><rotated_bbox_h>4</rotated_bbox_h>
</rotated_bndbox></object></annotation>
"""


def test_voc_annotations_are_read_in_pixels(tmp_path: Path) -> None:
    found = read(table(tmp_path / "x.xml", VOC)).within(SCENE)
    np.testing.assert_array_equal(found.ships, [[205, 110, 10, 20, np.nan], [5, 5, 10, 10, 12]])
    assert found.categories == ("cargo", None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "xmin,ymin,xmax,ymax\n"),
        ("x.csv", "lon,lat,length_m,category,kind\n"),
        ("x.xml", "<annotation></annotation>"),
        ("x.geojson", '{"type": "FeatureCollection", "features": []}'),
    ],
)
def test_empty_tables_hold_no_ships(tmp_path: Path, name: str, text: str) -> None:
    found = read(table(tmp_path / name, text), complete=True).within(SCENE)
    assert (found.ships.shape, found.categories) == ((0, 5), ())
    assert object_facts(found.ships, found.searched, found.searched, "x") is not None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "left,top\n1,2\n", r"x\.csv has the columns left, top"),
        ("x.csv", "lon,lat\nhere,there\n", "cannot be read"),
        ("x.csv", "", "cannot be read"),
        ("x.xml", "<annotation><object>", "cannot be read as a VOC annotation"),
        ("x.xml", "<a><object><name>ship</name></object></a>", "object without a box"),
        ("x.geojson", "{}", "cannot be read as vectors"),
    ],
)
def test_tables_that_make_no_sense_are_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(ReferenceDataError, match=message):
        read(table(tmp_path / name, text))


def test_lines_are_refused_as_boxes(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[LineString([(15, 45), (15.1, 45)])], crs=4326)
    frame.to_file(tmp_path / "x.gpkg")
    with pytest.raises(ReferenceDataError, match="holds LineString"):
        read(tmp_path / "x.gpkg")


@pytest.mark.data
def test_annotations_of_ssdd_are_read_as_its_sheets_are(sargeo_data: Path) -> None:
    path = min((sargeo_data / "ssdd" / "annotations").glob("*.xml"))
    image = ssdd._image(sargeo_data / "ssdd", path.stem)
    np.testing.assert_array_equal(read(path).ships.astype(np.float32), image.ships)


@pytest.mark.data
def test_ships_of_opensarship_keep_their_categories(sargeo_data: Path) -> None:
    images = opensarship.load(sargeo_data).images
    told = [category for image in images for category in image.categories]
    assert len(told) == sum(len(image.ships) for image in images)
    assert (told.count("cargo"), told.count("tanker"), told.count(None)) == (96, 37, 24)
    image = images[0]
    facts = object_facts(
        image.ships,
        image.searched,
        image.valid,
        "AIS",
        categories=image.categories,
        spacing_m=spacing_at(image.ships, None, image.gsd_m),
    )
    assert facts is not None
    assert {item.category for item in facts.items} == set(image.categories)
