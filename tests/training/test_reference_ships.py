"""The ships and the blocks that were searched for them."""

from __future__ import annotations

import geopandas as gpd
import pytest
from pyproj import Geod
from shapely.geometry import Point

from sargeo_training.reference.blocks import GroundBlock
from sargeo_training.reference.labels import load_landcover, load_ship_blocks, load_ships


@pytest.fixture(scope="module")
def ships() -> gpd.GeoDataFrame:
    return load_ships()


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    return load_ship_blocks()


def test_every_ship_is_a_line_with_its_own_id(ships):
    assert ships.crs.to_epsg() == 4326
    assert set(ships.geometry.geom_type) == {"LineString"}
    assert ships["id"].is_unique
    assert len(ships) >= 30


def test_lengths_are_those_of_the_lines(ships):
    geod = Geod(ellps="WGS84")
    measured = ships[ships["length_m"].notna()]
    lengths = [geod.geometry_length(line) for line in measured.geometry]
    assert measured["length_m"].to_numpy() == pytest.approx(lengths, abs=1)
    assert measured["length_m"].between(45, 420).all()


def test_every_ship_lies_in_one_searched_block_of_its_place(ships, blocks):
    for ship in ships.itertuples():
        middle = Point(ship.geometry.interpolate(0.5, normalized=True))
        home = blocks[blocks["scene"].eq(ship.scene) & blocks.contains(middle)]
        assert list(zip(home["block"], home["place"], home["split"], strict=True)) == [
            (ship.block, ship.place, ship.split)
        ]


def test_blocks_count_their_ships(ships, blocks):
    counted = ships.groupby(["block", "place"]).size()
    for block in blocks.itertuples():
        assert block.ships == counted.get((block.block, block.place), 0)


def test_searched_ground_is_valid_and_lies_in_its_block(blocks):
    metric = blocks.to_crs(3395)
    assert metric.geometry.is_valid.all()
    for block in metric.itertuples():
        assert block.geometry.within(GroundBlock.parse(block.block).outline.buffer(0.2))


def test_land_and_open_sea_without_ships_are_in_both_splits(blocks):
    empty = blocks[blocks["place"].isin(["land", "open sea"])]
    assert (empty["ships"] == 0).all()
    assert empty.groupby(["split", "place"]).size().unstack().notna().all(axis=None)


def test_ships_and_land_cover_hold_out_the_same_tiles(blocks):
    both = {
        (GroundBlock.parse(name).tile, split)
        for table in (blocks, load_landcover())
        for name, split in zip(table["block"], table["split"], strict=True)
    }
    assert len({tile for tile, _ in both}) == len(both)
