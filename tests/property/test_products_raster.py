"""What goes into a sink comes out of the file, for any shape, place and cut into rows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rio_cogeo import cog_validate
from support.products import PLACES, grid_at

from sargeo.geo.grid import GeoGrid
from sargeo.legend import LAND_COVER, LAND_COVER_CODES, NODATA, UNCERTAIN
from sargeo.products.pam import write_class_pam
from sargeo.products.raster import (
    TILE,
    RasterSink,
    confidence_sink,
    landcover_sink,
    probabilities_sink,
)

CODES = np.array([NODATA, *LAND_COVER_CODES, UNCERTAIN], dtype=np.uint8)
SHAPES = ((1, 1), (1, 10_000), (513, 1001), (TILE, TILE), (1030, 3))


def write_in_steps(sink: RasterSink, values: np.ndarray, steps: list[int]) -> None:
    row = 0
    for i in range(values.shape[-2]):
        step = steps[i % len(steps)]
        if row >= values.shape[-2]:
            break
        sink.write(row, values[..., row : row + step, :])
        row += step
    sink.finish()


@pytest.mark.parametrize("shape", SHAPES)
@given(steps=st.lists(st.integers(1, 700), min_size=1, max_size=3), seed=st.integers(0, 99))
@settings(max_examples=4)
def test_land_cover_returns_as_written(shape: tuple[int, int], steps: list[int], seed: int) -> None:
    steps = [max(step, shape[0] // 50) for step in steps]
    codes = np.random.default_rng(seed).choice(CODES, shape)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.tif"
        write_in_steps(landcover_sink(path, grid_at("mercator", shape), {}), codes, steps)
        assert [p.name for p in Path(folder).iterdir()] == ["x.tif"]
        with rasterio.open(path) as dataset:
            np.testing.assert_array_equal(dataset.read(1), codes)
            np.testing.assert_array_equal(dataset.read_masks(1) > 0, codes != NODATA)


@pytest.mark.parametrize("place", PLACES)
def test_the_file_lies_where_the_grid_does(place: str, tmp_path: Path) -> None:
    grid = grid_at(place, (600, 700))
    codes = np.random.default_rng(0).choice(CODES, grid.shape)
    sink = landcover_sink(tmp_path / "x.tif", grid, {"model": "tiny 1", "scene": "Küste.tif"})
    sink.write(0, codes)
    sink.finish()
    valid, errors, warnings = cog_validate(tmp_path / "x.tif", quiet=True, strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert CRS.from_wkt(dataset.crs.to_wkt()).equals(grid.crs)
        assert dataset.transform.almost_equals(grid.transform, 1e-9)
        assert (dataset.nodata, dataset.dtypes) == (NODATA, ("uint8",))
        assert dataset.tags()["scene"] == "Küste.tif"
        assert dataset.colormap(1)[10] == (0, 100, 0, 255)


def test_a_crs_that_geotiff_cannot_hold_stands_beside_the_file(tmp_path: Path) -> None:
    crs = CRS.from_proj4("+proj=nsper +h=3000000 +lat_0=10 +lon_0=5")
    grid = GeoGrid(crs, Affine(10, 0, 1000, 0, -10, 5000), (20, 30))
    sink = landcover_sink(tmp_path / "x.tif", grid, {})
    sink.write(0, np.full(grid.shape, 10, np.uint8))
    sink.finish()
    write_class_pam(tmp_path / "x.tif")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.tif", "x.tif.aux.xml"]
    with rasterio.open(tmp_path / "x.tif") as dataset:
        back = GeoGrid(CRS.from_wkt(dataset.crs.to_wkt()), dataset.transform, dataset.shape)
    np.testing.assert_allclose(back.lonlat(3, 4), grid.lonlat(3, 4))


def test_overviews_of_classes_hold_classes_only(tmp_path: Path) -> None:
    codes = np.random.default_rng(0).choice(CODES, (1500, 1500))
    sink = landcover_sink(tmp_path / "x.tif", grid_at("utm_north", codes.shape), {})
    sink.write(0, codes)
    sink.finish()
    with rasterio.open(tmp_path / "x.tif", overview_level=0) as overview:
        assert overview.shape == (750, 750)
        assert set(np.unique(overview.read(1))) <= set(CODES.tolist())


def test_percentages_average_without_their_nodata(tmp_path: Path) -> None:
    values = np.full((1024, 1024), 255, np.uint8)
    values[::2] = 40
    sink = confidence_sink(tmp_path / "x.tif", grid_at("utm_north", values.shape), {})
    sink.write(0, values)
    sink.finish()
    with rasterio.open(tmp_path / "x.tif", overview_level=0) as overview:
        np.testing.assert_array_equal(overview.read(1), 40)


def test_an_empty_scene_is_a_small_file_of_nodata(tmp_path: Path) -> None:
    sink = confidence_sink(tmp_path / "x.tif", grid_at("degrees", (2048, 2048)), {})
    sink.write(0, np.full((2048, 2048), 255, np.uint8))
    sink.finish()
    assert (tmp_path / "x.tif").stat().st_size < 20_000
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert (dataset.read(1) == 255).all()


def test_probabilities_have_a_named_band_per_class(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 101, (5, 700, 600), dtype=np.uint8)
    grid = grid_at("rotated", (700, 600))
    sink = probabilities_sink(tmp_path / "x.tif", grid, LAND_COVER, {})
    write_in_steps(sink, values, [333])
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert dataset.descriptions == ("trees", "low vegetation", "built-up", "bare", "open water")
        np.testing.assert_array_equal(dataset.read(), values)
