"""Pictures of the held-out tiles that a network gets most wrong: where to look before training on.

They show imagery of the data sets, so they belong into the folder of a run and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sargeo.legend import LAND_COVER
from sargeo.model.knowlip import SarKnowlip
from sargeo_training.crops.samples import Sample, cut
from sargeo_training.crops.targets import PARTIAL_NOT_WATER, WATER_INDEX
from sargeo_training.evaluation.scoring import CONFIDENCE, ScoredTile, answer, by_source
from sargeo_training.evaluation.ship_metrics import tally
from sargeo_training.images import NOT_WATER, Source

_PER_SOURCE = 3
_SIDE_PX = 512
_TRUE, _FOUND = "#00ff00", "#ff00ff"
_NOT_WATER_GREY = (120, 120, 120)

Rgb = NDArray[np.uint8]


def write_worst(
    network: SarKnowlip,
    sources: Sequence[Source],
    tiles: Sequence[ScoredTile],
    min_confidence: float,
    folder: Path,
) -> list[Path]:
    """Draw the worst tiles of each source: radar with ships, truth, and answer, side by side.

    Ships that are there have green boxes, and those found magenta ones.

    Returns
    -------
    list of Path
        One PNG a tile, the worst of each source first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images = {(s.name, x.name): x for s in sources for x in s.of_split("holdout")}
    paths = []
    for source, theirs in by_source(tiles).items():
        ordered = sorted(theirs, key=lambda t: badness(t, min_confidence), reverse=True)
        for rank, tile in enumerate(ordered[:_PER_SOURCE], start=1):
            sample = cut(images[source, tile.image], tile.block)
            picture = _draw(network, sample, tile, min_confidence)
            name = f"{source}_{rank}_{tile.image}_{tile.block.row}_{tile.block.col}.png"
            picture.save(folder / name)
            paths.append(folder / name)
    return paths


def badness(tile: ScoredTile, min_confidence: float) -> float:
    """Return the share of labelled cells that are wrong, plus ships missed and false ships."""
    said = tile.logits.argmax(1)
    wrong = np.where(tile.classes == PARTIAL_NOT_WATER, said == WATER_INDEX, said != tile.classes)
    ships = tally(tile, min_confidence)
    return float(wrong.mean() if len(wrong) else 0.0) + ships.wrong + ships.missed


def _draw(
    network: SarKnowlip, sample: Sample, tile: ScoredTile, min_confidence: float
) -> Image.Image:
    device = next(network.parameters()).device
    logits, _ = answer(network, sample, device)
    codes = np.array([c.code for c in LAND_COVER], dtype=np.uint8)[logits.argmax(0)]
    pixels = codes.repeat(4, axis=0).repeat(4, axis=1)
    radar = Image.fromarray(_stretched(sample))
    draw = ImageDraw.Draw(radar)
    sure = tile.found[tile.found[:, CONFIDENCE] >= min_confidence]
    for table, colour in ((tile.ships, _TRUE), (sure, _FOUND)):
        for row, col, height, width in np.nan_to_num(table[:, :4], nan=12.0):
            draw.rectangle(
                (col - width / 2, row - height / 2, col + width / 2, row + height / 2),
                outline=colour,
            )
    truth, said = (Image.fromarray(_coloured(m)) for m in (sample.labels, pixels))
    page = Image.new("RGB", (3 * radar.width, radar.height))
    for i, panel in enumerate((radar, truth, said)):
        page.paste(panel, (i * radar.width, 0))
    page.thumbnail((3 * _SIDE_PX, _SIDE_PX))
    return page


def _stretched(sample: Sample) -> Rgb:
    decibels = 10 * np.log10(np.maximum(sample.power[0], 1e-6))
    shown = decibels[sample.valid] if sample.valid.any() else decibels
    low, high = np.percentile(shown, (1, 99.5))
    grey = np.clip((decibels - low) / max(high - low, 1.0), 0, 1) * 255
    return np.where(sample.valid, grey, 0).astype(np.uint8)[..., None].repeat(3, axis=2)


def _coloured(labels: NDArray[np.uint8]) -> Rgb:
    palette = np.zeros((256, 3), dtype=np.uint8)
    for kind in LAND_COVER:
        palette[kind.code] = kind.rgb
    palette[NOT_WATER] = _NOT_WATER_GREY
    return palette[labels]
