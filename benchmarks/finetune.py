"""Print what a trained tower is worth to a model for an analyst's own classes.

    python benchmarks/finetune.py DATA FOLDER [--steps N] [--seeds N] [--threads N]

Eight crops and other covers of the Flevoland scene in DATA (AIRSAR, L band) are learnt from patches
of 20 pixels in two thirds of its fields, as an analyst would draw them: from all of them and from a
tenth, from sargeo-tiny and from random weights of its shape, with as many steps. Figures are
of the pixels of whole fields that no patch lies in. Seeds draw the tenth, the random weights and
the order of crops. FOLDER keeps the models; those that are there are not made again.

The embedded model has seen this scene: some of its fields taught it five classes of land cover. It
was never told which crop grows where.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
import torch
from numpy.typing import NDArray
from rasterio.features import shapes
from rasterio.transform import from_origin
from scipy import ndimage

import sargeo
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import DEFAULT_MODEL, read_spec
from sargeo.model.storage import load_spec, save_model
from sargeo_training.data.sources.files import read_band, read_bands
from sargeo_training.engine.export import prepare
from sargeo_training.engine.finetune import finetune

CLASSES = {
    1: "water",
    2: "forest",
    4: "grass",
    5: "rapeseed",
    6: "beet",
    7: "potatoes",
    9: "stem beans",
    **dict.fromkeys((11, 12, 13), "wheat"),
}
SHARES = (1.0, 0.1)
ASSUME = "hh,vv,hv,db,sigma0,platform=AIRSAR"

_PATCH_PX, _LEAST_PX = 20, 100
_CRS, _GSD_M = "EPSG:32631", 10.0  # the copy has neither; about its mean spacing
_FEWEST = 2  # patches of a class: one teaches and one validates


@dataclass(frozen=True)
class Task:
    """What is to be learnt.

    Attributes
    ----------
    scene : Path
    patches : GeoDataFrame
        With the field ``class``.
    held_out : ndarray of str, shape (H, W)
        Class of each pixel of the fields held out, empty elsewhere.
    """

    scene: Path
    patches: gpd.GeoDataFrame
    held_out: NDArray[np.str_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    prepare(args.threads)
    task = flevoland(args.data, args.folder)
    print("| patches | start | mean IoU | accuracy | mean IoU by seed |\n|---|---|---|---|---|")
    for share, start in itertools.product(SHARES, ("trained", "random")):
        found = [
            learnt(task, args.folder, start, share, args.steps, seed) for seed in range(args.seeds)
        ]
        ious, accuracies = np.array(found).T
        each = ", ".join(f"{iou:.2f}" for iou in ious)
        print(f"| {share:.0%} | {start} | {ious.mean():.2f} | {accuracies.mean():.2f} | {each} |")


def flevoland(data: Path, folder: Path) -> Task:
    """Write the scene as an analyst would have it, and divide its fields."""
    root = data / "airsar_flevoland"
    raw = read_bands(root / "hh_vv_hv_quarter_db.tif")
    codes = read_band(root / "labels_train.tif")
    names = np.full(codes.shape, "", dtype="U10")
    for code, name in CLASSES.items():
        names[codes == code] = name
    held_out, taught = np.full_like(names, ""), np.full_like(names, "")
    for name in dict.fromkeys(CLASSES.values()):
        for place, field in enumerate(_fields(names == name)):
            (held_out if place % 3 == 1 else taught)[field] = name
    transform = from_origin(600_000, 5_800_000, _GSD_M, _GSD_M)
    folder.mkdir(parents=True, exist_ok=True)
    scene = folder / "flevoland.tif"
    profile = {"driver": "GTiff", "count": 3, "dtype": "float32", "nodata": np.nan}
    size = {"height": codes.shape[0], "width": codes.shape[1]}
    with rasterio.open(scene, "w", crs=_CRS, transform=transform, **profile, **size) as file:
        file.write(np.where(raw > 0, raw / np.float32(4) - np.float32(50), np.float32(np.nan)))
    patches = gpd.GeoDataFrame(_patches(taught, transform), crs=_CRS)
    return Task(scene, patches, held_out)


def _fields(shown: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """Yield the connected areas of a class, the largest first."""
    labels, count = ndimage.label(shown)
    sizes = ndimage.sum_labels(shown, labels, np.arange(1, count + 1))
    for k in np.argsort(-sizes, kind="stable"):
        if sizes[k] >= _LEAST_PX:
            yield labels == k + 1


def _patches(names: NDArray[np.str_], transform: rasterio.Affine) -> Iterator[Mapping[str, object]]:
    rows, cols = np.indices(names.shape) // _PATCH_PX
    patch = (rows * (cols.max() + 1) + cols).astype(np.int32)
    for name in np.unique(names[names != ""]):
        for shape, _ in shapes(patch, mask=names == name, transform=transform):
            yield {"class": str(name), "geometry": shapely.geometry.shape(shape)}


def learnt(
    task: Task, folder: Path, start: str, share: float, steps: int, seed: int
) -> tuple[float, float]:
    """Return mean IoU and accuracy on the fields held out, by a model that is made if need be."""
    place = folder / f"{start}-{share:.0%}-{steps}-{seed}".replace("%", "")
    if not (place / "model").exists():
        rng = np.random.default_rng(seed)
        drawn = task.patches.groupby("class", group_keys=False)[["class", "geometry"]].apply(
            lambda p: p.iloc[rng.permutation(len(p))[: max(_FEWEST, round(share * len(p)))]]
        )
        polygons = folder / f"{place.name}.gpkg"
        drawn.to_file(polygons)
        first = DEFAULT_MODEL if start == "trained" else str(_random(folder, seed))
        finetune(
            task.scene,
            polygons,
            "class",
            place,
            start=first,
            assume=ASSUME,
            steps=steps,
            seed=seed,
            resume=True,
        )
    return _measured(task, place)


def _random(folder: Path, seed: int) -> Path:
    """Write a model of the shape of sargeo-tiny with random weights."""
    place = folder / f"random-{seed}"
    if not place.exists():
        torch.manual_seed(seed)
        spec = read_spec(DEFAULT_MODEL).model_copy(update={"language": None})
        save_model(place, SarKnowlip.from_spec(spec), spec)
    return place


def _measured(task: Task, place: Path) -> tuple[float, float]:
    sargeo.map_scene(
        task.scene,
        place / "model",
        place / "map",
        assume=ASSUME,
        overwrite=True,
        products=("landcover",),
    )
    (path,) = (place / "map").glob("*landcover.tif")
    codes, shown = read_band(path), task.held_out != ""
    name_of = {c.code: c.name for c in load_spec(place / "model").legend}
    said = np.array([name_of.get(code, "") for code in codes[shown].tolist()])
    true = task.held_out[shown]
    ious = [
        ((said == name) & (true == name)).sum() / ((said == name) | (true == name)).sum()
        for name in np.unique(true)
    ]
    return float(np.mean(ious)), float((said == true).mean())


if __name__ == "__main__":
    main()
