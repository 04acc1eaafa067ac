"""The land-cover polygons: valid, of the legend, inside their blocks, and cleanly split."""

from __future__ import annotations

import re
from importlib.resources import files

import geopandas as gpd
import pytest

from sargeo.legend import LAND_COVER
from sargeo_training.reference.blocks import GroundBlock
from sargeo_training.reference.labels import load_landcover

NAMES = {c.name for c in LAND_COVER}


@pytest.fixture(scope="module")
def polygons() -> gpd.GeoDataFrame:
    return load_landcover(on="optical")


def test_is_in_longitude_and_latitude(polygons):
    assert polygons.crs.to_epsg() == 4326


def test_every_polygon_is_valid_and_has_its_own_id(polygons):
    assert polygons.geometry.is_valid.all()
    assert set(polygons.geometry.geom_type) == {"Polygon"}
    assert polygons["id"].is_unique


def test_classes_are_those_of_the_legend(polygons):
    assert set(polygons["class"]) == NAMES


def test_every_polygon_lies_in_its_block(polygons):
    metric = polygons.to_crs(3395)
    for name, part in metric.groupby("block"):
        block = GroundBlock.parse(name)
        assert set(part["scene"]) == {block.scene}
        # Six decimals of a degree are 0.1 m on the ground.
        assert part.within(block.outline.buffer(0.2)).all(), name


def test_no_pixel_has_two_classes(polygons):
    metric = polygons.to_crs(3395)
    pairs = gpd.sjoin(metric, metric, predicate="overlaps")
    assert (pairs["class_left"] == pairs["class_right"]).all()


def test_a_tile_is_held_out_as_a_whole(polygons):
    tiles = polygons["block"].map(lambda name: GroundBlock.parse(name).tile)
    assert (polygons.groupby(tiles)["split"].nunique() == 1).all()


def test_training_ground_and_held_out_ground_do_not_overlap_between_scenes(polygons):
    split_of = polygons.groupby("block")["split"].first()
    outlines = {name: GroundBlock.parse(name).outline for name in split_of.index}
    for train in split_of.index[split_of == "train"]:
        for held in split_of.index[split_of == "holdout"]:
            assert outlines[train].intersection(outlines[held]).area == 0, (train, held)


def test_every_class_is_in_both_splits(polygons):
    counts = polygons.groupby(["split", "class"]).size()
    assert len(counts) == 2 * len(NAMES)
    assert counts.min() >= 3


def test_on_the_radar_polygons_lie_where_the_displacement_says(polygons):
    drawn, moved = polygons.to_crs(3395).centroid, load_landcover().to_crs(3395).centroid
    assert (moved.x - drawn.x).to_numpy() == pytest.approx(10.0 * polygons["radar_cols"], abs=0.2)
    assert (moved.y - drawn.y).to_numpy() == pytest.approx(-10.0 * polygons["radar_rows"], abs=0.2)
    assert polygons["radar_cols"].abs().max() > 0


def test_the_protocol_states_the_true_counts(polygons):
    protocol = files("sargeo_training.reference").joinpath("PROTOCOL.md").read_text("utf-8")
    row = re.compile(r"^\| (.+) \| (\d+) \([\d.]+\) \| (\d+) \([\d.]+\) \|$", re.MULTILINE)
    stated = {name: (int(a), int(b)) for name, a, b in row.findall(protocol) if name in NAMES}
    counts = polygons.groupby(["class", "split"]).size()
    assert stated == {name: (counts[name, "train"], counts[name, "holdout"]) for name in NAMES}
    assert f"{len(polygons)} polygons" in protocol
    assert f"in {polygons['block'].nunique()} blocks" in protocol
