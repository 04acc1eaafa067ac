"""Pixels that are far too large or too small for a model are refused, by any way in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from support.rasters import backscatter_db, write_raster
from support.scenes import ArrayScene, array_scene

from sargeo.errors import SpacingRefusedError
from sargeo.geo.grid import GeoGrid
from sargeo.inference.working_grid import on_trained_spacing
from sargeo.mapping import plan_map
from sargeo.model.spec import SpacingSpec
from sargeo.scene.resample import RescaledScene, WarpedScene

SPACING = SpacingSpec(min_m=6, preferred_m=10, max_m=14)
SHAPE = (40, 60)


def scene_of(step: float, across: float | None = None, crs: int = 32633) -> ArrayScene:
    corner = (-20, 50) if crs == 4326 else (500_000, 5_000_000)
    transform = Affine(across or step, 0, corner[0], 0, -step, corner[1])
    grid = GeoGrid(CRS.from_epsg(crs), transform, SHAPE)
    return array_scene(np.full((1, *SHAPE), 0.1, np.float32), grid=grid)


@pytest.mark.parametrize(
    ("scene", "said"),
    [
        (scene_of(1000), "1000 by 1000 m on the ground"),
        (scene_of(0.1, crs=4326), "11100 by"),
        (scene_of(1, crs=4326), "111000 by"),
        (scene_of(110), "110 by 110 m"),
        (scene_of(10, across=1000), "10 by 1000 m"),
        (scene_of(1000, across=10), "1000 by 10 m"),
        (scene_of(150, crs=3857), "enlarged more than 10 times"),
        (replace(scene_of(10), assumed_gsd_m=2000.0), "2000 by 2000 m"),
        (replace(scene_of(10), assumed_gsd_m=0.01), "0.01 by 0.01 m"),
        (scene_of(0.05), "0.05 by 0.05 m"),
        (scene_of(10, across=0.02), "reduced more than 100 times"),
    ],
)
def test_what_is_too_far_is_refused(scene: ArrayScene, said: str) -> None:
    with pytest.raises(SpacingRefusedError) as refused:
        on_trained_spacing(scene, SPACING)
    assert said in refused.value.problem
    assert "6 to 14 m" in refused.value.problem


@pytest.mark.parametrize("step", [100, 0.1])
def test_the_limits_themselves_are_mapped(step: float) -> None:
    """Pixels of 100 m in UTM are 100.04 m on the ground."""
    for crs in (32633, 3035):
        assert isinstance(on_trained_spacing(scene_of(step, crs=crs), SPACING), RescaledScene)


def test_the_remedy_says_the_true_size() -> None:
    said = replace(scene_of(1000), assumed_gsd_m=10.0)
    assert on_trained_spacing(said, SPACING) is said


@pytest.mark.parametrize(("west", "width"), [(-175, 350), (-60, 120), (-30, 130)])
def test_a_scene_too_wide_for_a_local_grid_is_refused(west: float, width: float) -> None:
    shape = (1000, 1000)
    transform = Affine(width / 1e6, 0, west, 0, -7e-4, 70)
    wide = GeoGrid(CRS.from_epsg(4326), transform, (100_000, 1_000_000))
    scene = replace(array_scene(np.zeros((1, *shape), np.float32)), grid=wide)
    with pytest.raises(SpacingRefusedError, match="too wide") as refused:
        on_trained_spacing(scene, SPACING)
    assert f"from {west}" in refused.value.problem
    part = replace(scene, grid=GeoGrid(wide.crs, transform, (100_000, 10_000)))  # the remedy
    assert isinstance(on_trained_spacing(part, SPACING), WarpedScene)


@pytest.fixture(scope="module")
def kilometres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kilometres") / "x_vv.tif"
    return write_raster(
        path,
        backscatter_db(SHAPE),
        transform=Affine(1000, 0, 500_000, 0, -1000, 5_000_000),
        descriptions=["sigma0 VV dB"],
    )


@pytest.mark.parametrize(
    "command",
    [
        ["map", "SCENE", "-o", "OUT"],
        ["map", "SCENE", "-o", "OUT", "--dry-run"],
        ["map", "SCENE", "-o", "OUT", "--assume", "gsd=500"],
        ["embed", "SCENE", "-o", "OUT"],
        ["classify", "SCENE", "-o", "OUT", "--text", "ships", "--text", "open water"],
        ["search", "SCENE", "-o", "OUT.csv", "--text", "ships"],
    ],
    ids=" ".join,
)
def test_every_command_refuses(command: list[str], kilometres: Path, tmp_path: Path, cli) -> None:
    names = {"SCENE": str(kilometres), "OUT": str(tmp_path / "out")}
    names["OUT.csv"] = str(tmp_path / "out.csv")
    outcome = cli(*(names.get(word, word) for word in command))
    assert outcome.code == 3
    assert "enlarged more than 10 times" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_info_describes_what_would_be_refused(kilometres: Path, cli) -> None:
    outcome = cli("info", kilometres, "--json")
    assert outcome.code == 0
    assert "enlarged more than 10 times" in json.loads(outcome.out)["model_needs"]["refused"]


def test_a_plan_is_bounded_whatever_is_asked_for(tiny_model: Path) -> None:
    """Patches and batches that would take minutes and gigabytes are not run to be timed."""
    grid = GeoGrid(CRS.from_epsg(32633), Affine(99, 0, 3e5, 0, -99, 5e6), (20_000, 30_000))
    scene = replace(array_scene(np.zeros((1, *SHAPE), np.float32)), grid=grid)
    plan = plan_map(scene, tiny_model, device="cpu", patch=16384, batch_size=64)
    assert (plan.stripes, plan.windows) == (12, 12 * 18)
    assert plan.memory_bytes > 1e13
    assert plan.seconds > 0
