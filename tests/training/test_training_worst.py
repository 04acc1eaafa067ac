"""The worst tiles are drawn, the worst first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from support.labelled_images import coast, coast_sources
from support.tiles import tile
from support.training import settings

from sargeo_training.crops.targets import PARTIAL_NOT_WATER, WATER_INDEX
from sargeo_training.engine.networks import new_network
from sargeo_training.evaluation.report import make_report, write_report
from sargeo_training.evaluation.scoring import score_split
from sargeo_training.evaluation.worst import badness, write_worst
from sargeo_training.images import Source

BOX = (10, 10, 8, 8, 8)


def test_errors_of_both_kinds_are_bad() -> None:
    right = tile(said=[0, WATER_INDEX], true=[PARTIAL_NOT_WATER, WATER_INDEX])
    wrong = tile(said=[WATER_INDEX, WATER_INDEX], true=[PARTIAL_NOT_WATER, WATER_INDEX])
    blind = tile(said=[0], true=[0], ships=[BOX], found=[])
    assert [badness(t, 0.5) for t in (right, wrong, blind)] == [0, 0.5, 1]


def test_pictures_show_radar_truth_and_answer(tmp_path: Path) -> None:
    network = new_network(settings()).eval()
    sources = coast_sources()
    tiles = score_split(network, sources, "holdout")
    paths = write_worst(network, sources, tiles, 0.9, tmp_path / "worst")
    assert [p.name for p in paths] == ["calibrated_1_held_0_0.png", "picture_1_held_0_0.png"]
    picture = np.asarray(Image.open(paths[0]))
    assert picture.shape == (128, 384, 3)
    assert (picture[2, 130] == (0, 100, 200)).all()  # water, at the top of the truth
    write_report(make_report("r", tiles, 1.0, 0.9), tmp_path, paths)
    assert "(worst/picture_1_held_0_0.png)" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_no_more_than_three_of_a_source(tmp_path: Path) -> None:
    network = new_network(settings()).eval()
    images = tuple(coast(f"held {i}", split="holdout") for i in range(4))
    sources = [Source("s", 1.0, images, "none")]
    tiles = score_split(network, sources, "holdout")
    assert len(write_worst(network, sources, tiles, 0.9, tmp_path)) == 3
