"""What a network says of held-out tiles, kept small enough to score again and again.

Land cover is scored on cells of 4 by 4 pixels, each with the class that most of its labelled
pixels have. Scores never pool sensors: one line per source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sargeo.grid import Block
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.objects import decode
from sargeo.model.vision import OUTPUT_STRIDE
from sargeo_training.augment import Sample, cut
from sargeo_training.batches import make_inputs
from sargeo_training.sheet import UNKNOWN, Sheet, Source, Split
from sargeo_training.targets import IGNORE, cell_classes

Float32Array = NDArray[np.float32]

_TILE_PX = 512
_CONFIDENCE = 5  # column of `sargeo.model.objects.decode`
_EVERY_WINDOW_BY = 32


@dataclass(frozen=True)
class ScoredTile:
    """A held-out tile with truth and answer.

    Attributes
    ----------
    source : str
    logits : ndarray of float32, shape (M, K)
        Of the M labelled cells.
    classes : ndarray of int64, shape (M,)
        Index of the class, or `PARTIAL_NOT_WATER`.
    searched : bool
        Whether ships were looked for.
    ships : ndarray of float32, shape (S, 5)
        Truth, see `sargeo_training.sheet.SHIP_COLUMNS`.
    found : ndarray of float32, shape (D, 6)
        Detections on searched ground by falling confidence: row, col, height, width, length,
        confidence.
    """

    source: str
    logits: Float32Array
    classes: NDArray[np.int64]
    searched: bool
    ships: Float32Array
    found: Float32Array


def score_split(network: SarKnowlip, sources: Sequence[Source], split: Split) -> list[ScoredTile]:
    """Run the network over every tile of a split that holds labels or was searched for ships."""
    device = next(network.parameters()).device
    return [
        _score(network, source.name, sample, device)
        for source in sources
        for sheet in source.of_split(split)
        for sample in _tiles(sheet)
    ]


def _tiles(sheet: Sheet) -> Iterator[Sample]:
    """Cut a sheet into tiles side by side; a smaller sheet into one, padded by nothing valid."""
    rows, cols = sheet.shape
    for row in range(0, rows, _TILE_PX):
        for col in range(0, cols, _TILE_PX):
            height, width = (
                -(-min(_TILE_PX, n) // _EVERY_WINDOW_BY) * _EVERY_WINDOW_BY
                for n in (rows - row, cols - col)
            )
            part = np.s_[row : row + height, col : col + width]
            if (sheet.labels[part] != UNKNOWN).any() or sheet.searched[part].any():
                yield cut(sheet, Block(row, col, height, width))


@torch.inference_mode()
def _score(network: SarKnowlip, source: str, sample: Sample, device: torch.device) -> ScoredTile:
    inputs = make_inputs([sample]).to(device)
    raw = network(inputs.pixels, inputs.valid, inputs.context)
    classes = cell_classes(np.where(sample.valid, sample.labels, UNKNOWN))
    known = classes != IGNORE
    found = decode(raw, OUTPUT_STRIDE, inputs.valid)[0].cpu().numpy()
    found = found[found[:, _CONFIDENCE] > 0, : _CONFIDENCE + 1]
    return ScoredTile(
        source=source,
        logits=raw.landcover[0].float().cpu().numpy()[:, known].T,
        classes=classes[known],
        searched=bool(sample.searched.any()),
        ships=sample.ships[_on(sample.searched, sample.ships)],
        found=found[_on(sample.searched, found)],
    )


def _on(mask: NDArray[np.bool_], table: Float32Array) -> NDArray[np.bool_]:
    """Tell which rows (row, col, …) lie on the mask."""
    row, col = (np.clip(table[:, k].astype(int), 0, n - 1) for k, n in enumerate(mask.shape))
    return np.asarray(mask[row, col])
