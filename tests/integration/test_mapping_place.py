"""What the network sees at a place is found at that place in the products, in every CRS."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from support.rasters import CRS_CASES
from support.stub_model import SPEC, StubModel

from sargeo.geo.grid import GeoGrid
from sargeo.mapping import map_scene
from sargeo.model.spec import ModelSpec, SpacingSpec

DARK, BRIGHT, SHIP = -20.0, -4.0, 25.0

# Spacings of the second half make the mapper work on another grid than the scene's.
PLACES = {
    **CRS_CASES,
    "utm_5m": ("EPSG:32611", Affine(5, 0, 380_000, 0, -5, 3_730_000)),
    "utm_25m": ("EPSG:32611", Affine(25, 0, 380_000, 0, -25, 3_730_000)),
    "anisotropic": ("EPSG:32611", Affine(4, 0, 380_000, 0, -20, 3_730_000)),
    "mercator_70_north": ("EPSG:3395", Affine(10, 0, 2_100_000, 0, -10, 11_000_000)),
    "degrees_70_north": ("EPSG:4326", Affine(1e-4, 0, 20.0, 0, -1e-4, 70.2)),
    "degrees_80_north": ("EPSG:4326", Affine(1e-4, 0, 20.0, 0, -1e-4, 80.0)),
    "antimeridian_coarse": ("EPSG:4326", Affine(4e-4, 0, 179.95, 0, -4e-4, -17.0)),
    "rotated_coarse": ("EPSG:32633", Affine(30, 0, 5e5, 0, -30, 5e6) @ Affine.rotation(30)),
}
SHAPE = (150, 203)
SHIPS = ((40, 30), (100, 36), (75, 60), (20, 90), (130, 85))


def bright_half(rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """A slanting coast: land to the right of a line."""
    return np.asarray(cols + 0.3 * rows > 150)


def write_scene(path: Path, case: str) -> tuple[GeoGrid, int]:
    crs, transform = PLACES[case]
    grid = GeoGrid(CRS.from_string(crs), transform, SHAPE)
    # Twice as large as a cell of the stub, on the ground: one cell at least is all ship.
    ship_px = math.ceil(80 / min(s.min() for s in grid.sampled_spacing_m()))
    rows, cols = np.indices(SHAPE)
    values = np.where(bright_half(rows, cols), BRIGHT, DARK).astype(np.float32)
    for row, col in SHIPS:
        values[row : row + ship_px, col : col + ship_px] = SHIP
    values[:25, :25] = np.nan
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, height=SHAPE[0], width=SHAPE[1],
        crs=crs, transform=transform, nodata=np.nan,
    ) as dataset:  # fmt: skip
        dataset.write(values, 1)
        dataset.set_band_description(1, "VV")
        dataset.update_tags(1, UNITS="dB", QUANTITY="sigma0")
    return grid, ship_px


EXACTLY_10_M = SPEC.model_copy(update={"spacing": SpacingSpec(min_m=10, preferred_m=10, max_m=10)})
"""No real grid has one spacing to the last digit: with this model all work is done in UTM."""


@pytest.mark.parametrize("spec", [SPEC, EXACTLY_10_M], ids=["tolerant", "always_warped"])
@pytest.mark.parametrize("case", PLACES)
def test_place_survives(case: str, spec: ModelSpec, tmp_path: Path) -> None:
    grid, ship_px = write_scene(tmp_path / "x_vv.tif", case)
    model = StubModel(spec=spec)
    report = map_scene(tmp_path / "x_vv.tif", model, tmp_path / "out", cell_size_m=1000)
    with rasterio.open(tmp_path / "out" / "x_vv_landcover.tif") as dataset:
        landcover = dataset.read(1)
        assert dataset.shape == SHAPE
        assert dataset.transform.almost_equals(grid.transform)
        assert CRS.from_user_input(dataset.crs) == grid.crs
    rows, cols = np.indices(SHAPE)
    nodata = (rows < 25) & (cols < 25)
    np.testing.assert_array_equal(landcover == 0, nodata)

    reach = ship_px // 2 + 10
    distance = np.abs(cols + 0.3 * rows - 150)
    ship = np.zeros(SHAPE, dtype=bool)
    for row, col in SHIPS:
        below, right = row + ship_px + reach, col + ship_px + reach
        ship[max(0, row - reach) : below, max(0, col - reach) : right] = True
    # Away from the coast by more than a cell of the model on either grid, nothing may be wrong.
    clear = ~nodata & ~ship & (distance > reach)
    expected = np.where(bright_half(rows, cols), 60, 80)
    np.testing.assert_array_equal(landcover[clear], expected[clear])

    found = gpd.read_file(tmp_path / "out" / "x_vv_objects.gpkg", layer="objects")
    assert report.objects == len(found)
    found_rows, found_cols = grid.rowcol(found.geometry.x, found.geometry.y)
    for row, col in SHIPS:
        near = np.hypot(found_rows - row - ship_px / 2, found_cols - col - ship_px / 2)
        assert near.min() < ship_px, f"no ship at {row}, {col}: nearest {near.min():.1f} px away"
    lon, lat = grid.lonlat(found_rows, found_cols)
    np.testing.assert_allclose((found["lon"] - lon + 180) % 360, 180, atol=1e-6)
    np.testing.assert_allclose(found["lat"], lat, atol=1e-6)


@pytest.mark.parametrize("case", ["utm_north", "degrees", "mercator_70_north"])
def test_counts_are_conserved(case: str, tmp_path: Path) -> None:
    write_scene(tmp_path / "x_vv.tif", case)
    report = map_scene(tmp_path / "x_vv.tif", StubModel(), tmp_path / "out", cell_size_m=300)
    with rasterio.open(tmp_path / "out" / "x_vv_count.tif") as dataset:
        counts, share = dataset.read()
        assert dataset.nodata == 65535
    assert report.objects
    assert counts[counts != 65535].sum() == report.objects
    assert ((counts == 65535) == (share == 0)).all()
