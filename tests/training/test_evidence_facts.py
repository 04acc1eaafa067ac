"""Everything known of a chip joined, the files of layers in settings, and what facts refuse."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pydantic import ValidationError
from pyproj import CRS
from shapely import LineString, box
from support.rasters import write_raster

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import Block, GeoGrid
from sargeo_training.data.chips.evidence.layers import Layers, facts_of
from sargeo_training.data.chips.evidence.settings import LayerFiles
from sargeo_training.data.facts import (
    SECTORS,
    Facts,
    LandCoverFacts,
    NamedFact,
    ObjectFact,
    TerrainFacts,
    sector_of,
)
from sargeo_training.data.sources import los_angeles
from sargeo_training.images import NO_SHIPS
from sargeo_training.reference.blocks import SCENES
from sargeo_training.reference.labels import load_landcover

GRID = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, 500_000, 0, -10, 5_000_000), (60, 60))
UNKNOWN = np.zeros(GRID.shape, dtype=np.uint8)
VALID = np.ones(GRID.shape, dtype=bool)


def facts(labels: np.ndarray, layers: Layers | None = None, grid: GeoGrid | None = GRID) -> Facts:
    return facts_of(grid, labels, VALID, NO_SHIPS, ~VALID, layers=layers)


@pytest.fixture
def files(tmp_path: Path) -> LayerFiles:
    """Every kind of layer around the grid, and a tile elsewhere that is no class raster at all."""
    write_raster(tmp_path / "map.tif", np.full((1, *GRID.shape), 80, np.uint8))
    far = Affine(10, 0, 500_000, 0, -10, 5_500_000)
    write_raster(tmp_path / "far.tif", np.full((1, *GRID.shape), 7, np.uint8), transform=far)
    write_raster(tmp_path / "dem.tif", np.full((1, *GRID.shape), 12, np.int16))
    gpd.GeoDataFrame(
        {"highway": ["primary", None]},
        geometry=[
            LineString([(500_100, 4_999_900), (500_200, 4_999_900)]),
            box(499_000, 4_999_000, 501_000, 5_001_000),
        ],
        crs=GRID.crs,
    ).to_file(tmp_path / "osm.gpkg")
    (tmp_path / "ships.csv").write_text("xmin,ymin,xmax,ymax\n1,2,3,4\n", encoding="utf-8")
    tiles = [tmp_path / "map.tif", tmp_path / "far.tif"]
    return LayerFiles.model_validate(
        {
            "classes": [{"product": "worldcover", "paths": tiles}],
            "terrain": {"paths": [tmp_path / "dem.tif"], "layer": "Copernicus DEM"},
            "vectors": {"paths": [tmp_path / "osm.gpkg"]},
            "objects": {"path": tmp_path / "ships.csv", "complete": True},
        }
    )


def test_all_layers_are_joined(files: LayerFiles) -> None:
    layers = files.around(GRID)
    assert layers.objects is not None
    found = layers.objects.within(GRID)
    joined = facts_of(
        GRID,
        UNKNOWN,
        VALID,
        found.ships,
        found.searched,
        categories=found.categories,
        objects_layer=layers.objects.layer,
        layers=layers,
    )
    assert joined.landcover is not None
    assert (joined.landcover.layer, joined.landcover.shares) == (
        "ESA WorldCover",
        {"open water": (1, 1)},
    )
    assert joined.terrain == TerrainFacts(
        layer="Copernicus DEM", lowest_m=12, mean_m=12, highest_m=12, slope_deg=0
    )
    assert joined.vectors is not None
    assert joined.vectors.road_km == pytest.approx(0.1, abs=0.001)
    assert joined.objects is not None
    assert (joined.objects.layer, len(joined.objects.items)) == ("table of objects", 1)
    assert Facts.model_validate_json(joined.model_dump_json()) == joined


def test_maps_of_lines_are_silent_where_much_of_the_chip_shows_nothing(files: LayerFiles) -> None:
    layers = files.around(GRID)
    for rows, told in ((6, True), (7, False)):
        valid = VALID.copy()
        valid[:rows] = False
        assert (layers.gather(GRID, valid).vectors is not None) == told


def test_the_layer_that_knows_most_is_believed(files: LayerFiles) -> None:
    layers = files.around(GRID)
    labels = UNKNOWN.copy()
    labels[:30] = 10
    told = facts(labels, layers).landcover
    assert told is not None
    assert (told.layer, told.known) == ("ESA WorldCover", 1)
    labels[:] = 10
    told = facts(labels, layers).landcover
    assert told is not None
    assert told.layer == "reference labels"


def test_without_position_only_labels_speak(files: LayerFiles) -> None:
    layers = files.around(GRID)
    assert facts(UNKNOWN, layers, grid=None) == Facts()
    told = facts(np.full(GRID.shape, 10, np.uint8), layers, grid=None)
    assert told.landcover is not None
    assert (told.vectors, told.terrain) == (None, None)


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert facts(UNKNOWN) == Facts()
    assert facts(UNKNOWN, LayerFiles().around(GRID)) == Facts()


def test_a_code_that_is_none_stops_the_chip(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "map.tif", np.full((1, *GRID.shape), 7, np.uint8))
    files = LayerFiles.model_validate({"classes": [{"product": "worldcover", "paths": [path]}]})
    with pytest.raises(ReferenceDataError, match="code 7"):
        facts(UNKNOWN, files.around(GRID))


@pytest.mark.parametrize(
    "settings",
    [
        {"landcover": "map.tif"},
        {"classes": [{"product": "globcover", "paths": ["map.tif"]}]},
        {"classes": [{"product": "worldcover", "paths": []}]},
        {"vectors": {"path": "osm.gpkg"}},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict) -> None:
    with pytest.raises(ValidationError):
        LayerFiles.model_validate(settings)


def test_sectors_are_thirds_of_the_picture() -> None:
    middles = [(row, col) for row in (1 / 6, 0.5, 5 / 6) for col in (1 / 6, 0.5, 5 / 6)]
    assert tuple(sector_of(*place) for place in middles) == SECTORS
    assert sector_of(0, 0) == "upper left"
    assert sector_of(1, 1) == "lower right"
    assert sector_of(0.34, 0.66) == "centre"


def test_facts_refuse_what_cannot_be() -> None:
    nine = ((0.0, 0.0),) * 9
    told = {
        "layer": "x",
        "known": 1.0,
        "shares": {"trees": (1, 1)},
        "sectors": {"trees": nine},
        "patches": {"trees": 0},
    }
    LandCoverFacts.model_validate(told)
    for wrong in (
        {"shares": {"trees": (0.9, 0.9)}},
        {"shares": {"trees": (1, 0.9)}},
        {"shares": {"trees": (0.9, 1)}},
        {"shares": {}},
        {"shares": {"bare": (1, 1)}},
        {"sectors": {"trees": nine[:8]}},
        {"sectors": {"trees": (*nine[:8], (0, float("nan")))}},
        {"known": 0.9},
    ):
        with pytest.raises(ValidationError):
            LandCoverFacts.model_validate(told | wrong)
    with pytest.raises(ValidationError):
        TerrainFacts(layer="x", lowest_m=5, mean_m=4, highest_m=6, slope_deg=0)
    with pytest.raises(ValidationError):
        NamedFact(kind="port", name="x", sector="north")
    with pytest.raises(ValidationError):
        ObjectFact(kind="ship", row=1.5, col=0)


@pytest.mark.data
def test_polygons_of_los_angeles_tell_their_own_class(sargeo_data: Path) -> None:
    """A chip around each of some polygons; the polygon's class leads where it fills the chip."""
    polygons = load_landcover()
    scene = next(iter(SCENES))
    path = next((sargeo_data / "scenes").glob(f"s1_vh_*{scene}*.tif"))
    with rasterio.open(path) as file:
        grid = GeoGrid(CRS.from_user_input(file.crs), file.transform, file.shape)
        drawn = polygons[polygons["scene"] == scene].to_crs(file.crs)
    largest = drawn.loc[drawn.area.groupby(drawn["class"]).idxmax()]
    labels = {
        split: los_angeles._polygons(path, scene, split)
        for split in ("train", "validation", "holdout")
    }
    for shape, name in zip(largest.geometry, largest["class"], strict=True):
        rows, cols = grid.rowcol(*shape.representative_point().coords[0])
        block = Block(int(rows) - 2, int(cols) - 2, 5, 5)
        window = np.maximum.reduce([codes[block.slices()] for codes in labels.values()])
        chip = facts_of(
            grid.crop(block),
            window,
            np.ones_like(window, bool),
            NO_SHIPS,
            np.zeros_like(window, bool),
            labels_layer="reference polygons",
        )
        assert chip.landcover is not None
        shares = chip.landcover.shares
        assert max(shares, key=lambda each: shares[each].lowest) == name
