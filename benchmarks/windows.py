"""Measure how much cutting a scene into windows changes its map.

    python benchmarks/windows.py SCENE [--row R] [--col C] [--side 2048] [--model NAME]

A square of the scene is mapped in one pass, and again with windows of several patches and margins.
Printed for each: pixels whose class differs from the one-pass result, how many objects were found,
and the encoded pixels per pixel of the scene, which is what a margin costs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from sargeo.geo.grid import Block
from sargeo.inference.working_grid import working_gsd_m
from sargeo.model.api import SarModel
from sargeo.model.registry import load_model
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import Normalisation
from sargeo.scene.scene import Scene
from sargeo.tiling.batch import Acquisition
from sargeo.tiling.source import ArraySource
from sargeo.tiling.sweep import Tiling, sweep

TILINGS = ((512, 0), (512, 32), (512, 64), (512, 96), (512, 128), (1024, 64), (1024, 128))


def cut_out(scene: Scene, model: SarModel, block: Block) -> ArraySource:
    """Normalise a block as the whole scene is, and keep it in memory."""
    normalisation = Normalisation.of_scene(scene, model.spec.normalisation.constants())
    raster = scene.read(block)
    return ArraySource(normalisation.apply(raster.values, raster.valid), raster.valid)


def classes(
    model: SarModel, source: ArraySource, acquisition: Acquisition, patch: int, margin: int
) -> tuple[np.ndarray, int]:
    """Return class indices and the number of objects."""
    tiling = Tiling(patch, margin, batch_size=1)
    pairs = list(sweep(model, source, acquisition, tiling, device=model.device))
    found = sum(int((r.detections.confidence >= model.spec.min_confidence).sum()) for r, _ in pairs)
    return np.concatenate([strip.winner for _, strip in pairs]), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene", type=Path)
    parser.add_argument("--row", type=int, default=0)
    parser.add_argument("--col", type=int, default=0)
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--model", default="sargeo-tiny")
    arguments = parser.parse_args()
    scene, model = open_scene(arguments.scene), load_model(arguments.model)
    block = Block(arguments.row, arguments.col, arguments.side, arguments.side)
    source = cut_out(scene, model, block)
    acquisition = Acquisition(
        scene.bands, working_gsd_m(scene), scene.incidence_deg, scene.platform
    )
    whole, found = classes(model, source, acquisition, arguments.side, 0)
    print(f"one pass of {arguments.side} pixels: {found} objects")
    for patch, margin in TILINGS:
        cut, found = classes(model, source, acquisition, patch, margin)
        differ = 100 * float((cut != whole)[source.valid].mean())
        windows = Tiling(patch, margin, 1).stripes(source.shape, model)
        encoded = sum(w.read.size for s in windows for w in s.windows) / block.size
        print(
            f"patch {patch:5d} margin {margin:4d}: {differ:6.3f} % of pixels differ, "
            f"{found:4d} objects, {encoded:.2f} pixels encoded per pixel"
        )


if __name__ == "__main__":
    main()
