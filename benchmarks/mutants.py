"""Change the code on purpose, and see whether a test notices.

    python benchmarks/mutants.py                 # all; some 20 minutes on two cores
    python benchmarks/mutants.py --only nodata   # those with this in their name

Each mutant is one change that would make a map, a count or a training silently wrong. It is made
in a copy of the repository in a temporary folder; the tests named beside it run there, and at
least one of them has to fail. Prints a table in Markdown, and ends with 1 if one survived.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("sargeo", "cli", "training", "tests", "qgis_plugin", "benchmarks", "docs")

LIMIT_S = 900


@dataclass(frozen=True)
class Mutant:
    """One change, and the tests that are to notice it.

    Attributes
    ----------
    name : str
        What would go wrong.
    path : str
        Of the file that is changed.
    old, new : str
        Text that stands once in the file, and what is put in its place.
    tests : str
        Files of tests, by spaces.
    """

    name: str
    path: str
    old: str
    new: str
    tests: str


TRAINING = "training/sargeo_training"
MUTANTS = (
    # The eight that had survived.
    Mutant(
        "blend ramp half as wide",
        "sargeo/tiling/mosaic.py",
        "overlap = 2 * margin / stride",
        "overlap = margin / stride",
        "tests/property/test_tiling_blend.py",
    ),
    Mutant(
        "blend weights shifted by a cell",
        "sargeo/tiling/mosaic.py",
        "dtype=torch.float32) + 0.5",
        "dtype=torch.float32) + 1.5",
        "tests/property/test_tiling_blend.py",
    ),
    Mutant(
        "taper at the scene's near border",
        "sargeo/tiling/mosaic.py",
        "if start > 0:",
        "if start >= 0:",
        "tests/property/test_tiling_blend.py",
    ),
    Mutant(
        "taper at the scene's far border",
        "sargeo/tiling/mosaic.py",
        "if start + length < n:",
        "if start + length <= n:",
        "tests/property/test_tiling_blend.py",
    ),
    Mutant(
        "object counted in the nearest cell",
        "sargeo/products/count.py",
        "index = np.floor(",
        "index = np.rint(",
        "tests/property/test_products_count.py",
    ),
    Mutant(
        "incidence angle not passed to the model",
        "sargeo/model/api.py",
        "incidence = unknown if acquisition.incidence_deg is None else acquisition.incidence_deg",
        "incidence = unknown",
        "tests/integration/test_mapping_acquisition.py",
    ),
    Mutant(
        "incidence angle lost on the working grid",
        "sargeo/scene/resample.py",
        "self.incidence_deg = scene.incidence_deg",
        "self.incidence_deg = None",
        "tests/unit/test_scene_resample.py tests/integration/test_mapping_acquisition.py",
    ),
    Mutant(
        "dry-run seconds times the batch size",
        "sargeo/mapping/dryrun.py",
        "(time.perf_counter() - began) / count",
        "(time.perf_counter() - began)",
        "tests/unit/test_mapping_dryrun.py",
    ),
    Mutant(
        "augmenting speckle not of mean one",
        f"{TRAINING}/crops/augmentation.py",
        "sample.power.shape, dtype=np.float32) / looks",
        "sample.power.shape, dtype=np.float32) / (looks + 1)",
        "tests/training/test_training_augment.py",
    ),
    Mutant(
        "twins not taken as positives",
        f"{TRAINING}/objectives/contrastive.py",
        "target = same / same.sum(1, keepdim=True)",
        "target = torch.eye(len(same), same.shape[1], device=same.device)",
        "tests/training/test_engine_contrast.py",
    ),
    Mutant(
        "zones with a wrong hectare",
        "sargeo/geo/pixel_area.py",
        "SQUARE_METRES_PER_HECTARE = 10_000.0",
        "SQUARE_METRES_PER_HECTARE = 10_100.0",
        "tests/integration/test_products_zones.py",
    ),
    # Nodata.
    Mutant(
        "nodata: untagged -9999 is a measurement",
        "sargeo/scene/validity.py",
        "reason[filled] = Why.IMPOSSIBLE",
        "pass",
        "tests/unit/test_scene_validity.py",
    ),
    Mutant(
        "nodata: one valid band is enough",
        "sargeo/scene/validity.py",
        "valid: Flags = ~np.logical_or.reduce(reasons != 0)",
        "valid: Flags = ~np.logical_and.reduce(reasons != 0)",
        "tests/unit/test_scene_validity.py",
    ),
    Mutant(
        "nodata: a region of zeros is water",
        "sargeo/scene/validity.py",
        "reason[regions(doubt | (reason != 0), edges) & doubt] = Why.REGION",
        "pass",
        "tests/unit/test_scene_validity.py",
    ),
    Mutant(
        "nodata: measured zero beside the scene's edge counts as far",
        "sargeo/scene/validity.py",
        "part.row == whole.row,",
        "False,",
        "tests/unit/test_scene_validity.py",
    ),
    # Radiometry and spacing.
    Mutant(
        "radiometry: beta nought is taken for sigma nought",
        "sargeo/scene/radiometry.py",
        'if band.quantity != "beta0":',
        "if True:",
        "tests/unit/test_scene_radiometry.py",
    ),
    Mutant(
        "radiometry: amplitude in decibels counted as power",
        "sargeo/scene/radiometry.py",
        'np.float32(1 if band.scale == "linear" else 2)',
        "np.float32(1)",
        "tests/unit/test_scene_radiometry.py",
    ),
    Mutant(
        "resampling: means of decibels, not of power",
        "sargeo/scene/resample.py",
        "planes = [to_power(v, b.scale) for",
        "planes = [v.copy() for",
        "tests/unit/test_scene_resample.py",
    ),
    Mutant(
        "resampling: half a pixel aside",
        "sargeo/scene/resample.py",
        "centre = (cells + 0.5) * factor - 0.5",
        "centre = cells * factor",
        "tests/unit/test_scene_resample.py",
    ),
    Mutant(
        "working grid: UTM zone to the east",
        "sargeo/geo/grid.py",
        "zone = math.floor((lon + 180) / 6) % 60 + 1",
        "zone = math.floor((lon + 180) / 6 + 1) % 60 + 1",
        "tests/unit/test_scene_resample.py tests/unit/test_inference_spacing.py",
    ),
    # Geometry.
    Mutant(
        "grids: mapped pixels half a pixel aside",
        "sargeo/geo/gridmap.py",
        "there = [interpolate(n, 0.5, 0.5)",
        "there = [interpolate(n, 0.0, 0.0)",
        "tests/unit/test_geo_gridmap.py",
    ),
    Mutant(
        "antimeridian: pixels are not unwrapped",
        "sargeo/geo/gridmap.py",
        "xs = unwrap(xs, centre_x, period)",
        "pass",
        "tests/unit/test_scene_resample.py tests/integration/test_mapping_place.py",
    ),
    # Tiling.
    Mutant(
        "tiling: probabilities interpolated from cell corners",
        "sargeo/tiling/pixels.py",
        'mode="bilinear", align_corners=False',
        'mode="bilinear", align_corners=True',
        "tests/property/test_tiling_mosaic.py",
    ),
    Mutant(
        "tiling: nodata cells weigh in",
        "sargeo/tiling/mosaic.py",
        "return functional.max_pool2d(valid[:, None].float(), stride)[:, 0]",
        "return torch.ones_like(functional.max_pool2d(valid[:, None].float(), stride)[:, 0])",
        "tests/property/test_tiling_mosaic.py",
    ),
    Mutant(
        "seams: the more doubtful of two detections stays",
        "sargeo/tiling/objects.py",
        "-detections.confidence))",
        "detections.confidence))",
        "tests/unit/test_tiling_objects.py",
    ),
    Mutant(
        "seams: two objects of one window are one",
        "sargeo/tiling/objects.py",
        "same = owner[strong] != owner[weak] and table",
        "same = table",
        "tests/unit/test_tiling_objects.py",
    ),
    # Model.
    Mutant(
        "model: bands in each other's slots",
        "sargeo/model/api.py",
        "slots[:, [POLARISATIONS.index(band.polarisation) for band in bands]] = pixels",
        "slots[:, list(range(len(bands)))] = pixels",
        "tests/unit/test_model_api.py",
    ),
    Mutant(
        "model: temperature is not applied",
        "sargeo/model/api.py",
        "logits = raw.landcover / self.spec.temperature",
        "logits = raw.landcover",
        "tests/unit/test_model_api.py",
    ),
    Mutant(
        "objects: overlapping boxes of one ship are two",
        "sargeo/model/objects.py",
        "shared > _MOST_OVERLAP * union",
        "shared > union",
        "tests/property/test_model_decode.py tests/unit/test_model_objects.py",
    ),
    Mutant(
        "objects: found on nodata",
        "sargeo/model/objects.py",
        "heat = maps.heat.float().masked_fill(~cells, -torch.inf).contiguous()",
        "heat = maps.heat.float().contiguous()",
        "tests/property/test_model_decode.py tests/unit/test_model_objects.py",
    ),
    # Products and evaluation.
    Mutant(
        "count: valid share of the last cell over its full size",
        "sargeo/products/count.py",
        "return np.minimum(pixels_per_cell, pixels - starts)",
        "return np.full_like(starts, pixels_per_cell)",
        "tests/property/test_products_count.py",
    ),
    Mutant(
        "areas: of the projection, not of the ellipsoid",
        "sargeo/geo/pixel_area.py",
        "nodes = _area_at(grid, rows[:, None], cols[None, :])",
        "nodes = np.full((rows.size, cols.size), abs(grid.transform.determinant))",
        "tests/integration/test_products_zones.py tests/unit/test_products_area.py",
    ),
    Mutant(
        "accuracy: producer's and user's accuracy exchanged",
        "sargeo/evaluation/accuracy.py",
        "reference = cell.sum(axis=0)  # eq. 9",
        "reference = cell.sum(axis=1)",
        "tests/unit/test_evaluation_accuracy.py tests/integration/test_products_assess.py",
    ),
    Mutant(
        "accuracy: strata not weighed by area",
        "sargeo/evaluation/accuracy.py",
        "weight = np.where(samples > 0, mapped_area, 0.0)",
        "weight = samples.astype(float)",
        "tests/unit/test_evaluation_accuracy.py tests/integration/test_products_assess.py",
    ),
    # Training.
    Mutant(
        "training: soft targets of the momentum encoder left out",
        f"{TRAINING}/objectives/contrastive.py",
        "target = soft * soft_target + (1 - soft) * target",
        "pass",
        "tests/training/test_engine_contrast.py",
    ),
    Mutant(
        "training: hard negatives of the same text",
        f"{TRAINING}/objectives/matching.py",
        "weights = similarity.masked_fill(same, -torch.inf).softmax(1).nan_to_num()",
        "weights = similarity.softmax(1)",
        "tests/training/test_engine_matching.py",
    ),
    Mutant(
        "training: reconstruction judged where nothing was hidden",
        f"{TRAINING}/objectives/reconstruction.py",
        "wanted = known[:, 0] & _all_of_cell(hidden)[picture]",
        "wanted = known[:, 0]",
        "tests/training/test_engine_reconstruction.py",
    ),
    Mutant(
        "training: partial labels taken for unknown",
        f"{TRAINING}/objectives/heads.py",
        "full, partial = wanted >= 0, wanted == PARTIAL_NOT_WATER",
        "full, partial = wanted >= 0, wanted < IGNORE - 9",
        "tests/training/test_training_losses.py",
    ),
    Mutant(
        "training: flips move pixels, not ships",
        f"{TRAINING}/crops/augmentation.py",
        "ships=sample.ships.copy(),",
        "ships=sample.ships[:0].copy(),",
        "tests/training/test_training_augment.py",
    ),
    Mutant(
        "training: incidence told where it should be dropped",
        f"{TRAINING}/crops/augmentation.py",
        "incidence_deg=sample.incidence_deg if incidence else None,",
        "incidence_deg=sample.incidence_deg,",
        "tests/training/test_training_augment.py",
    ),
)


def main() -> int:
    """Try mutants; return the number that survived, as an exit code of 0 or 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="mutants with this in their name")
    only = parser.parse_args().only
    chosen = [mutant for mutant in MUTANTS if only in mutant.name]
    print("| mutant | file | outcome | s |\n|---|---|---|---|")
    killed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, copy / name)
        for mutant in chosen:
            began = time.perf_counter()
            noticed = notices(copy, mutant)
            killed += noticed
            outcome = "killed" if noticed else "SURVIVED"
            seconds = time.perf_counter() - began
            print(f"| {mutant.name} | {mutant.path} | {outcome} | {seconds:.0f} |", flush=True)
    print(f"\n{killed} of {len(chosen)} killed ({killed / max(1, len(chosen)):.0%}).")
    return int(killed < len(chosen))


def notices(copy: Path, mutant: Mutant) -> bool:
    """Tell whether a test fails with a mutant; the copy is as before afterwards."""
    path = copy / mutant.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.path} does not hold this once: {mutant.old}")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        sources = [str(copy), str(copy / "cli"), str(copy / "training"), str(copy / "qgis_plugin")]
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n0"]
        done = subprocess.run(
            [*command, *mutant.tests.split()],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sources)},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
    finally:
        path.write_text(text, encoding="utf-8")
    if done.returncode not in (0, 1):  # neither passed nor failed: the tests could not be run
        raise SystemExit(f"{mutant.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
