"""Heights and slopes against planes whose slope is known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from support.rasters import write_raster

from sargeo.geo.grid import GeoGrid
from sargeo_training.data.chips.evidence.terrain import TerrainModel, slopes_deg
from sargeo_training.data.facts import TerrainFacts

UTM = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, 500_000, 0, -10, 5_000_000), (64, 64))
MERCATOR = GeoGrid(CRS.from_epsg(3395), Affine(10, 0, 1_500_000, 0, -10, 8_400_000), (64, 64))
DEGREES = GeoGrid(CRS.from_epsg(4326), Affine(1e-4, 0, 15, 0, -1e-4, 60), (64, 64))


def model(path: Path, heights: np.ndarray, grid: GeoGrid = UTM, **how: object) -> TerrainModel:
    write_raster(path, heights[None], crs=grid.crs.to_wkt(), transform=grid.transform, **how)
    return TerrainModel("plane", (path,))


def everywhere(grid: GeoGrid) -> np.ndarray:
    return np.ones(grid.shape, dtype=bool)


def test_a_plane_in_utm_has_its_slope_and_heights(tmp_path: Path) -> None:
    rows, cols = np.indices(UTM.shape)
    heights = (100 + 3.0 * cols - 4.0 * rows).astype(np.float32)  # 5 m on 10 m
    facts = model(tmp_path / "dem.tif", heights).gather(UTM, everywhere(UTM))
    assert facts is not None
    assert (facts.lowest_m, facts.mean_m, facts.highest_m) == (100 - 252, 68.5, 289)
    # On the central meridian of a zone, 10 m of the map are 10 / 0.9996 m of ground.
    assert facts.slope_deg == pytest.approx(math.degrees(math.atan(0.5 * 0.9996)), abs=0.005)


@pytest.mark.parametrize("grid", [MERCATOR, DEGREES], ids=["mercator", "degrees"])
def test_slopes_are_measured_on_the_ground_not_on_the_map(grid: GeoGrid) -> None:
    """A rise of a tenth of the ground between rows, whatever the map makes of that ground."""
    rows = np.arange(grid.height) + 0.5
    down_m, _ = grid.spacing_m(rows, np.full_like(rows, 32))
    heights = np.repeat(np.cumsum(0.1 * down_m)[:, None], grid.width, axis=1)
    assert slopes_deg(heights, grid) == pytest.approx(math.degrees(math.atan(0.1)), rel=1e-3)


def test_a_model_in_another_crs_keeps_its_heights(tmp_path: Path) -> None:
    lon, lat = UTM.lonlat(32, 32)
    there = GeoGrid(
        CRS.from_epsg(4326), Affine(3e-4, 0, lon - 0.02, 0, -3e-4, lat + 0.02), (140,) * 2
    )
    facts = model(tmp_path / "dem.tif", np.full(there.shape, 42, np.int16), there).gather(
        UTM, everywhere(UTM)
    )
    assert facts == TerrainFacts(layer="plane", lowest_m=42, mean_m=42, highest_m=42, slope_deg=0)


def test_nodata_lowers_neither_heights_nor_slopes(tmp_path: Path) -> None:
    heights = np.full(UTM.shape, 500, dtype=np.int16)
    heights[10:15, 10:15] = -32768
    facts = model(tmp_path / "dem.tif", heights, nodata=-32768).gather(UTM, everywhere(UTM))
    assert facts == TerrainFacts(
        layer="plane", lowest_m=500, mean_m=500, highest_m=500, slope_deg=0
    )


def test_only_valid_ground_is_measured(tmp_path: Path) -> None:
    heights = np.zeros(UTM.shape, dtype=np.float32)
    heights[:, 32:] = 1000
    valid = everywhere(UTM)
    valid[:, 30:] = False
    facts = model(tmp_path / "dem.tif", heights).gather(UTM, valid)
    assert facts is not None
    assert (facts.highest_m, facts.slope_deg) == (0, 0)


def test_nothing_is_said_of_a_chip_that_is_covered_in_part(tmp_path: Path) -> None:
    heights = np.full((64, 50), 7, dtype=np.float32)  # 78 %
    terrain = model(tmp_path / "dem.tif", heights)
    assert terrain.gather(UTM, everywhere(UTM)) is None
    covered = everywhere(UTM)
    covered[:, 50:] = False
    assert terrain.gather(UTM, covered) is not None
    assert terrain.gather(UTM, ~everywhere(UTM)) is None


def test_two_tiles_make_one_model(tmp_path: Path) -> None:
    left = model(tmp_path / "left.tif", np.full((64, 32), 1, np.float32))
    half = GeoGrid(UTM.crs, UTM.transform @ Affine.translation(32, 0), (64, 32))
    right = model(tmp_path / "right.tif", np.full((64, 32), 1, np.float32), half)
    both = TerrainModel("plane", left.paths + right.paths)
    facts = both.gather(UTM, everywhere(UTM))
    assert facts is not None
    assert (facts.lowest_m, facts.highest_m) == (1, 1)


@pytest.mark.data
def test_the_model_of_rome_is_read_from_its_compound_crs(sargeo_data: Path) -> None:
    path = sargeo_data / "readers" / "Rome-30m-DEM.tif"
    grid = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, 289_500, 0, -10, 4_654_000), (512, 512))
    terrain = TerrainModel("Rome", (path,))
    facts = terrain.gather(grid, everywhere(grid))
    assert facts is not None
    with rasterio.open(path) as file:
        rows, cols = rasterio.transform.rowcol(file.transform, *grid.lonlat(256, 256))
        nearest = file.read(1)[rows, cols]
    assert terrain.heights(grid)[256, 256] == pytest.approx(nearest, abs=3)
    assert 5 <= facts.lowest_m < facts.mean_m < facts.highest_m <= 115
    assert 1 < facts.slope_deg < 15


@pytest.mark.data
def test_the_terrain_of_terramind_is_read_as_it_stands(sargeo_data: Path) -> None:
    (path,) = (sargeo_data / "terramind" / "DEM").glob("*.tif")
    with rasterio.open(path) as file:
        heights = file.read(1)
        grid = GeoGrid(CRS.from_user_input(file.crs), file.transform, file.shape)
    facts = TerrainModel("TerraMesh", (path,)).gather(grid, everywhere(grid))
    assert facts is not None
    assert (facts.lowest_m, facts.highest_m) == (heights.min(), heights.max())
    assert facts.mean_m == pytest.approx(heights.mean(), abs=0.06)
