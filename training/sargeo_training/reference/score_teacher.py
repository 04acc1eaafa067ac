"""Measures the optical teacher on polygons that it was not fitted on.

``python -m sargeo_training.reference.score_teacher --data FOLDER`` prints tables: training blocks
left out in turn, training tiles left out in turn, then validation and held-out blocks, before and
after unsure cells, borders and small water are dropped. Everything is measured on the optical
picture, cell by cell.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from sargeo.legend import LAND_COVER
from sargeo_training.images import UNKNOWN
from sargeo_training.reference.blocks import SCENES, GroundBlock
from sargeo_training.reference.labels import load_landcover, split_of_run
from sargeo_training.reference.teacher import (
    CODES,
    Cells,
    class_shares,
    examples,
    fit,
    read_cells,
    sure_codes,
)

_FOLDS = 6
_SURROUNDINGS_M = 500.0


@dataclass(frozen=True)
class Answers:
    """What was drawn in some cells, and what the teacher says of them, sure or not."""

    drawn: NDArray[np.uint8]
    likeliest: NDArray[np.uint8]
    sure: NDArray[np.uint8]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of PROTOCOL.md."""
    parser = argparse.ArgumentParser(prog="python -m sargeo_training.reference.score_teacher")
    parser.add_argument("--data", type=Path, required=True, help="folder of the open data")
    folder = parser.parse_args(arguments).data
    polygons = load_landcover(on="optical")
    split = split_of_run(polygons)
    cells = {scene: read_cells(folder, scene) for scene in SCENES}
    train = polygons[split == "train"]
    blocks = train["block"]
    tiles = blocks.map(lambda name: GroundBlock.parse(name).tile)
    measured = {
        "blocks left out": together(list(_left_out(cells, train, blocks))),
        "tiles left out": together(list(_left_out(cells, train, tiles))),
    }
    for name in ("validation", "holdout"):
        measured[name] = answers(cells, train, polygons[split == name])
    for name, found in measured.items():
        sys.stdout.write(f"{name}: all\n{scores(found.drawn, found.likeliest).round(3)}\n")
        sys.stdout.write(f"{name}: kept\n{scores(found.drawn, found.sure).round(3)}\n")


def answers(cells: dict[str, Cells], taught: gpd.GeoDataFrame, asked: gpd.GeoDataFrame) -> Answers:
    """Fit on some polygons and answer for the cells of others."""
    model = fit([examples(cells[scene], taught, scene) for scene in SCENES])
    found = []
    for scene in SCENES:
        near = _near(asked, scene, cells[scene])
        shares = class_shares(model, cells[scene], near)
        known = examples(cells[scene], asked, scene)
        likeliest, sure = CODES[shares.argmax(axis=0)], sure_codes(shares)
        found.append(Answers(known.codes, likeliest[known.inside], sure[known.inside]))
    return together(found)


def together(parts: list[Answers]) -> Answers:
    """Join answers one after the other."""
    return Answers(
        *(np.concatenate([getattr(p, k) for p in parts]) for k in Answers.__dataclass_fields__)
    )


def scores(drawn: NDArray[np.uint8], said: NDArray[np.uint8]) -> pd.DataFrame:
    """Compare two codings; where nothing was said, only ``kept`` shows it.

    Returns
    -------
    pandas.DataFrame
        One class a row, and all of them in the last: ``kept``, ``precision``, ``recall`` and
        ``iou``, as shares. For all classes, precision and recall are both the overall accuracy.
    """
    kept = said != UNKNOWN
    rows = {}
    for kind in LAND_COVER:
        is_drawn, is_said = drawn == kind.code, said == kind.code
        hits = int((is_drawn & is_said).sum())
        rows[kind.name] = (
            _share(int((is_drawn & kept).sum()), int(is_drawn.sum())),
            _share(hits, int(is_said.sum())),
            _share(hits, int((is_drawn & kept).sum())),
            _share(hits, int((is_said | (is_drawn & kept)).sum())),
        )
    right = _share(int((drawn == said).sum()), int(kept.sum()))
    rows["all"] = (float(kept.mean()), right, right, float("nan"))
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["kept", "precision", "recall", "iou"]
    )


def _left_out(
    cells: dict[str, Cells], train: gpd.GeoDataFrame, ground: pd.Series[str]
) -> Iterator[Answers]:
    """Answer for every polygon by a teacher that was fitted on other ground."""
    names = np.random.default_rng(0).permutation(ground.unique())
    fold = ground.map({name: place % _FOLDS for place, name in enumerate(names)})
    for k in range(_FOLDS):
        yield answers(cells, train[fold != k], train[fold == k])


def _near(polygons: gpd.GeoDataFrame, scene: str, cells: Cells) -> NDArray[np.bool_]:
    """Tell which cells lie in or around the polygons, far enough to judge borders and size."""
    mine = polygons[polygons["scene"] == scene].to_crs(cells.grid.crs)
    around = mine.geometry.buffer(_SURROUNDINGS_M)
    outside = geometry_mask(around, cells.covered.shape, cells.grid.transform)
    return np.asarray(cells.covered & ~outside)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


if __name__ == "__main__":
    main()
