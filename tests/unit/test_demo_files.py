"""The embedded scene: small, and read like any user's file."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import rasterio
from pyproj import Transformer

from sargeo.demo import demo_landcover_path, demo_points_path, demo_scene_path, demo_ships_path
from sargeo.legend import LAND_COVER_CODES, NODATA, OPEN_WATER
from sargeo.scene.open import open_scene


def test_files_exist_and_are_small() -> None:
    for file in (demo_scene_path, demo_landcover_path, demo_points_path, demo_ships_path):
        with file() as path:
            assert path.is_file()
            assert 1000 < path.stat().st_size < 1_900_000


def test_the_scene_says_all_that_mapping_needs() -> None:
    with demo_scene_path() as path, open_scene(path) as scene:
        assert [b.polarisation for b in scene.bands] == ["VV", "VH"]
        assert {(b.quantity, b.scale) for b in scene.bands} == {("sigma0", "db")}
        assert scene.grid.shape == (1024, 1024)
        assert scene.grid.crs.to_epsg() == 32629
        assert scene.incidence_deg == 38.0
        raster = scene.read(scene.grid.block)
    assert 0.8 < raster.valid.mean() < 0.95
    assert not raster.valid[0, 0]
    measured = raster.values[:, raster.valid]
    assert (measured[0].mean() > measured[1].mean() + 4) and (np.abs(measured) < 50).all()


def test_truth_covers_what_the_scene_covers() -> None:
    with demo_scene_path() as scene_path, open_scene(scene_path) as scene:
        valid = scene.read(scene.grid.block).valid
        grid = scene.grid
    with demo_landcover_path() as path, rasterio.open(path) as dataset:
        landcover = dataset.read(1)
        assert dataset.transform == grid.transform
    assert ((landcover != NODATA) == valid).all()
    codes, counts = np.unique(landcover[valid], return_counts=True)
    assert set(codes) == set(LAND_COVER_CODES)
    assert counts.min() > 0.03 * valid.sum()


def test_ships_are_bright_on_open_water() -> None:
    with demo_ships_path() as path:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert 20 <= len(features) <= 34
    assert any(f["properties"]["speed_ms"] > 0 for f in features)
    lon, lat = np.array([f["geometry"]["coordinates"] for f in features]).T
    with demo_scene_path() as path, open_scene(path) as scene:
        to_grid = Transformer.from_crs("EPSG:4326", scene.grid.crs, always_xy=True)
        rows, cols = scene.grid.rowcol(*to_grid.transform(lon, lat))
        vh = scene.read(scene.grid.block).values[1]
    with demo_landcover_path() as path, rasterio.open(path) as dataset:
        landcover = dataset.read(1)
    at = rows.astype(int), cols.astype(int)
    assert (landcover[at] == OPEN_WATER.code).all()
    sea_db = np.median(vh[landcover == OPEN_WATER.code])
    assert (vh[at] > sea_db + 6).mean() > 0.9


def test_asking_for_the_scene_imports_nothing_heavy() -> None:
    code = (
        "import sys, sargeo.demo\n"
        "with sargeo.demo.demo_scene_path() as path: assert path.is_file()\n"
        "print(sorted({'numpy', 'rasterio', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
