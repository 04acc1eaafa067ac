"""Blocks, their pictures, and the displacement between optical and radar."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.windows import Window
from scipy.ndimage import gaussian_filter, shift

from sargeo.errors import SceneNotFoundError, UsageError
from sargeo_training.reference.blocks import SCENES, GroundBlock
from sargeo_training.reference.pictures import OPTICAL, RADAR, measure_displacement, read_picture
from sargeo_training.reference.render import main

BLOCK = GroundBlock("T11SMT", 1024, 5120)


def ground_picture(bands: int, size: int = 512) -> np.ndarray:
    """Smooth fields with clear edges, the same at every call."""
    rng = np.random.default_rng(7)
    fields = gaussian_filter(rng.normal(size=(size, size)), 9) > 0
    return np.repeat(np.where(fields, 180, 40).astype(np.uint8)[None], bands, axis=0)


def write_scene(folder: Path, kind: str, pixels: np.ndarray) -> None:
    grid = SCENES[BLOCK.scene]
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": len(pixels), "crs": grid.crs.to_wkt(),
        "height": grid.height, "width": grid.width, "transform": grid.transform,
        "tiled": True, "sparse_ok": True,
    }  # fmt: skip
    path = folder / "scenes" / f"{kind}_los_angeles_{BLOCK.scene}.tif"
    path.parent.mkdir(exist_ok=True)
    with rasterio.open(path, "w", **profile) as scene:
        scene.write(pixels, window=Window(BLOCK.col, BLOCK.row, 512, 512))


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    write_scene(tmp_path, OPTICAL, ground_picture(3))
    write_scene(tmp_path, RADAR, ground_picture(1))
    return tmp_path


@pytest.mark.parametrize("moved", [(0, 0), (3, -5), (-8, 11)])
def test_displacement_is_found(moved):
    optical = ground_picture(3)
    noise = np.random.default_rng(1).gamma(4.4, 1 / 4.4, size=optical.shape[1:])
    radar = shift(optical[0].astype(float), moved, order=0, mode="nearest") * noise
    rows, cols, correlation = measure_displacement(optical, radar.clip(0, 255)[None])
    assert (rows, cols) == moved
    assert correlation > 0.15


def test_a_block_is_read_from_its_place(scenes):
    np.testing.assert_array_equal(read_picture(scenes, OPTICAL, BLOCK), ground_picture(3))


def test_a_missing_scene_is_refused(tmp_path):
    with pytest.raises(SceneNotFoundError, match="s1_vh_los_angeles_T11SMT"):
        read_picture(tmp_path, RADAR, BLOCK)


def test_a_picture_is_drawn_with_labels_on_both_sides(scenes, tmp_path, capsys):
    out = tmp_path / "crops"
    block = ["--block", str(BLOCK.row), str(BLOCK.col)]
    main(["--data", str(scenes), "--scene", BLOCK.scene, *block, "-o", str(out)])
    path = out / f"{BLOCK.name}.png"
    assert capsys.readouterr().out == f"{path}\n"
    with Image.open(path) as picture:
        halves = np.split(np.asarray(picture), 2, axis=1)
    for half in halves:
        trees = (half == (0, 255, 0)).all(axis=-1)
        assert trees.any()


def test_names_of_blocks_come_back():
    assert GroundBlock.parse(BLOCK.name) == BLOCK
    assert BLOCK.tile == ("T11SMT", 1024, 5120)
    assert GroundBlock("T11SLT", 4608, 6656).tile == ("T11SLT", 4096, 6144)


@pytest.mark.parametrize("name", ["T11SLT-4608", "T99XXX-0-0", "T11SLT-a-0", ""])
def test_other_names_are_refused(name):
    with pytest.raises(UsageError, match="not the name of a block"):
        GroundBlock.parse(name)


@pytest.mark.data
@pytest.mark.parametrize("scene", sorted(SCENES))
@pytest.mark.parametrize("kind", [OPTICAL, RADAR])
def test_grids_are_those_of_the_scenes(scene, kind):
    if not (folder := os.environ.get("SARGEO_DATA")):
        pytest.skip("SARGEO_DATA does not name the folder of the open data")
    with rasterio.open(Path(folder) / "scenes" / f"{kind}_los_angeles_{scene}.tif") as picture:
        assert picture.shape == SCENES[scene].shape
        assert picture.crs.to_epsg() == 3395
        assert np.allclose(picture.transform, SCENES[scene].transform)
