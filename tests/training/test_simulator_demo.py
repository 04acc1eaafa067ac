"""The demonstration scene in the package is what the simulator makes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform

from sargeo.demo import demo_landcover_path, demo_points_path, demo_scene_path, demo_ships_path
from sargeo.legend import LAND_COVER, NODATA
from sargeo_training.simulator.demo import OFFSET_DB, SCALE_DB, Demo, build_demo, write_demo

FILES = ("demo_scene.tif", "demo_truth_landcover.tif", "demo_points.geojson", "demo_ships.geojson")

# Another processor may round a power or a logarithm differently in the last bit, which moves a
# pixel across a threshold now and then; on the same one nothing differs.
ROUNDED_OTHERWISE = 1e-4


@pytest.fixture(scope="module")
def demo() -> Demo:
    return build_demo()


@pytest.fixture(scope="module")
def rebuilt(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(demo, folder)
    return folder


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as dataset:
        return dataset.read()


def test_nothing_but_the_files_is_written(rebuilt: Path) -> None:
    assert sorted(path.name for path in rebuilt.iterdir()) == sorted(FILES)


def test_the_files_in_the_package_are_those_that_the_simulator_makes(rebuilt: Path) -> None:
    for name, packaged in zip(FILES[:2], (demo_scene_path(), demo_landcover_path()), strict=True):
        with packaged as path:
            assert (read(path) != read(rebuilt / name)).mean() <= ROUNDED_OTHERWISE
    with demo_ships_path() as path:
        ships, again = (json.loads(p.read_text("utf-8")) for p in (path, rebuilt / FILES[3]))
    assert [f["properties"] for f in ships["features"]] == [
        f["properties"] for f in again["features"]
    ]


def test_labelled_points_lie_on_their_class() -> None:
    with demo_points_path() as points, demo_landcover_path() as landcover:
        features = json.loads(points.read_text(encoding="utf-8"))["features"]
        with rasterio.open(landcover) as dataset:
            lon, lat = np.array([f["geometry"]["coordinates"] for f in features]).T
            xs, ys = transform("EPSG:4326", dataset.crs, lon, lat)
            drawn = [int(value[0]) for value in dataset.sample(zip(xs, ys, strict=True))]
    codes = {c.name: c.code for c in LAND_COVER}
    labelled = [codes[f["properties"]["class"]] for f in features]
    assert labelled == drawn
    assert set(labelled) == set(codes.values())


def test_numbers_are_decibels_of_what_was_simulated(demo: Demo) -> None:
    inside = demo.landcover != NODATA
    assert 0.8 < inside.mean() < 0.95
    assert ((demo.numbers != 0) == inside).all()
    wanted = 10 * np.log10(demo.scene.sigma0)
    error = SCALE_DB * demo.numbers + OFFSET_DB - np.clip(wanted, None, 13.75)
    assert np.abs(error[:, inside]).max() <= SCALE_DB / 2 + 1e-4
