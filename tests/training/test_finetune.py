"""An analyst's polygons make a model that maps their classes, under their names and colours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import torch
from shapely import box
from support.outcome import Outcome
from support.rasters import write_raster

from sargeo.errors import ReferenceDataError, UsageError
from sargeo.model.registry import read_spec
from sargeo.model.storage import load_spec
from sargeo.scene.open import open_scene
from sargeo_training.engine import finetune as finetuning
from sargeo_training.engine.finetune import finetune, label

CRS, SIDE = 32632, 256


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """Dark water in the west, bright land in the east; 10 m."""
    rng = np.random.default_rng(0)
    power = np.where(np.arange(SIDE) < SIDE // 2, 0.003, 0.2) * rng.gamma(4, 0.25, (1, SIDE, SIDE))
    return write_raster(
        tmp_path / "bay.tif",
        (10 * np.log10(power)).astype(np.float32),
        crs=CRS,
        transform=rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000),
        descriptions=["sigma0 VV dB"],
    )


def drawn(folder: Path, **changes: object) -> Path:
    """Two polygons of each class, in degrees."""
    squares = [(20, 20), (20, 150), (150, 20), (150, 150)]
    shapes = [
        box(
            500_000 + 10 * col,
            5_000_000 - 10 * (row + 80),
            500_000 + 10 * (col + 80),
            5_000_000 - 10 * row,
        )
        for col, row in squares
    ]
    table = {"kind": ["fish pond", "fish pond", "salt marsh", "salt marsh"], **changes}
    path = folder / "polygons.gpkg"
    gpd.GeoDataFrame(table, geometry=shapes, crs=CRS).to_crs(4326).to_file(path)
    return path


@pytest.mark.slow
def test_own_classes_are_learnt_and_mapped(
    scene: Path, tiny_model: Path, tmp_path: Path, cli: Callable[..., Outcome]
) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    done = cli(
        *("train", "finetune", scene, drawn(tmp_path), "--classes", "kind", "-o", run),
        *("--from", tiny_model, "--steps", 40, "--threads", 1),
    )
    assert done.code == 0, done.err
    spec = read_spec(run / "model")
    assert [c.name for c in spec.landcover] == ["fish pond", "salt marsh"]
    done = cli("map", scene, "-o", out, "--model", run / "model", "--web-map")
    assert done.code == 0, done.err
    with rasterio.open(out / "bay_landcover.tif") as file:
        codes, colours = file.read(1), file.colormap(1)
    assert (codes[:, : SIDE // 2 - 16] == 10).mean() > 0.8
    assert (codes[:, SIDE // 2 + 16 :] == 20).mean() > 0.8
    assert colours[10][:3] == (0x1F, 0x77, 0xB4)
    assert "salt marsh" in (out / "bay_landcover.qml").read_text(encoding="utf-8")
    item = json.loads((out / "bay.stac.json").read_text(encoding="utf-8"))
    titles = [c["title"] for c in item["assets"]["landcover"]["classification:classes"][1:]]
    assert titles == ["fish pond", "salt marsh", "uncertain"]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({}, "class", "has no field class"),
        ({"kind": ["pond"] * 4}, "kind", "holds 1 classes"),
        ({"kind": ["pond", "marsh", "marsh", "marsh"]}, "kind", "a single polygon"),
    ],
)
def test_polygons_that_cannot_teach_are_refused(
    changes: dict, field: str, said: str, scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(ReferenceDataError, match=said):
        finetune(scene, drawn(tmp_path, **changes), field, tmp_path / "run", start=str(tiny_model))


def test_polygons_elsewhere_are_refused(scene: Path, tiny_model: Path, tmp_path: Path) -> None:
    far = gpd.read_file(drawn(tmp_path))
    far.geometry = far.translate(10, 0)
    far.to_file(tmp_path / "far.gpkg")
    with pytest.raises(ReferenceDataError, match="holds 0 classes within the scene"):
        finetune(scene, tmp_path / "far.gpkg", "kind", tmp_path / "run", start=str(tiny_model))


def test_another_run_is_not_replaced(
    scene: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed: list[bool] = []

    def train_stage(
        network: torch.nn.Module, *_: object, resume: bool, **__: object
    ) -> torch.nn.Module:
        resumed.append(resume)
        return network.eval()

    monkeypatch.setattr(finetuning, "train_stage", train_stage)
    polygons, run, start = drawn(tmp_path), tmp_path / "run", str(tiny_model)
    finetune(scene, polygons, "kind", run, start=start, steps=2)
    other = scene.rename(tmp_path / "cape.tif")
    with pytest.raises(UsageError, match="holds a run already") as refused:
        finetune(other, polygons, "kind", run, start=start, steps=2)
    assert "--resume" in refused.value.remedy
    with pytest.raises(UsageError, match="other settings"):
        finetune(other, polygons, "kind", run, start=start, steps=2, resume=True)
    assert read_spec(run / "model").name == "bay-classes"
    finetune(other.rename(scene), polygons, "kind", run, start=start, steps=2, resume=True)
    assert resumed == [False, True]


def overlapping(folder: Path, reach_px: int) -> Path:
    """Let each square reach beyond its east side, into the next one."""
    shapes = gpd.read_file(drawn(folder)).to_crs(CRS)
    shapes.geometry = [
        box(*each.bounds[:2], each.bounds[2] + 10 * reach_px, each.bounds[3])
        for each in shapes.geometry
    ]
    shapes.to_file(folder / "overlapping.gpkg")
    return folder / "overlapping.gpkg"


def test_pixels_that_teach_do_not_validate(scene: Path, tiny_model: Path, tmp_path: Path) -> None:
    spec = load_spec(tiny_model)
    for seed in range(4):
        ground = label(open_scene(scene), overlapping(tmp_path, 60), "kind", spec, seed)
        teaches, validates = (
            np.any([image.labels > 0 for image in ground.images if image.split == split], axis=0)
            for split in ("train", "validation")
        )
        assert teaches.any()
        assert validates.any()
        assert not (teaches & validates).any()


def test_polygons_that_lie_in_each_other_cannot_validate(
    scene: Path, tiny_model: Path, tmp_path: Path
) -> None:
    shapes = gpd.read_file(drawn(tmp_path))
    shapes.geometry = [shapes.geometry.iloc[place] for place in (0, 0, 2, 3)]
    shapes.to_file(tmp_path / "twice.gpkg")
    with pytest.raises(ReferenceDataError, match="fish pond that validate hold no pixel"):
        finetune(scene, tmp_path / "twice.gpkg", "kind", tmp_path / "run", start=str(tiny_model))
    assert not (tmp_path / "run").exists()
