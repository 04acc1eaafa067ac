"""What a network says of held-out tiles, kept small enough to score again and again.

Land cover is scored on cells of 4 by 4 pixels, each with the class that most of its labelled
pixels have. Scores never pool sensors: one line per source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo.legend import LAND_COVER_CODES
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.objects import decode
from sargeo.model.vision import OUTPUT_STRIDE
from sargeo_training.crops.batches import make_inputs
from sargeo_training.crops.samples import Sample, cut
from sargeo_training.crops.targets import IGNORE, cell_classes
from sargeo_training.images import NO_PLACE, PLACES, UNKNOWN, LabelledImage, Source, Split

Float32Array = NDArray[np.float32]

_TILE_PX = 1024
CONFIDENCE = 5
"""Column of detections, as in `sargeo.model.objects.decode`."""

_EVERY_WINDOW_BY = 32


@dataclass(frozen=True)
class ScoredTile:
    """A tile with truth and answer.

    Attributes
    ----------
    source, image : str
    block : Block
        Place in the image.
    logits : ndarray of float32, shape (M, K)
        Of the M labelled cells.
    classes : ndarray of int64, shape (M,)
        Index of the class, or `PARTIAL_NOT_WATER`.
    searched : bool
        Whether ships were looked for.
    ships : ndarray of float32, shape (S, 5)
        Truth, see `sargeo_training.images.SHIP_COLUMNS`.
    found : ndarray of float32, shape (D, 6)
        Detections on searched ground by falling confidence: row, col, height, width, length,
        confidence.
    ship_places, found_places : ndarray of uint8, shapes (S,) and (D,)
        Index into `sargeo_training.images.PLACES` or `NO_PLACE`.
    searched_km2 : tuple of float
        Searched ground of each place; NaN where the spacing is not known.
    """

    source: str
    image: str
    block: Block
    logits: Float32Array
    classes: NDArray[np.int64]
    searched: bool
    ships: Float32Array
    found: Float32Array
    ship_places: NDArray[np.uint8]
    found_places: NDArray[np.uint8]
    searched_km2: tuple[float, ...]

    @property
    def measured(self) -> bool:
        """Whether every ship has a box."""
        return bool(np.isfinite(self.ships).all())

    def at(self, place: str) -> ScoredTile:
        """Return the ships and detections of one place."""
        index = PLACES.index(place)
        return replace(
            self,
            ships=self.ships[self.ship_places == index],
            found=self.found[self.found_places == index],
            ship_places=self.ship_places[self.ship_places == index],
            found_places=self.found_places[self.found_places == index],
            searched=self.searched_km2[index] != 0,
        )


def by_source(tiles: Iterable[ScoredTile]) -> dict[str, list[ScoredTile]]:
    """Group tiles by source."""
    groups: dict[str, list[ScoredTile]] = {}
    for tile in tiles:
        groups.setdefault(tile.source, []).append(tile)
    return groups


def score_split(network: SarKnowlip, sources: Sequence[Source], split: Split) -> list[ScoredTile]:
    """Run the network over every tile of a split that holds labels or was searched for ships."""
    device = next(network.parameters()).device
    return [
        _score(network, source.name, image, block, device)
        for source in sources
        for image in source.of_split(split)
        for block in tiles_of(image)
    ]


def tiles_of(image: LabelledImage) -> Iterator[Block]:
    """Cut an image into tiles side by side where it is labelled or searched.

    Tiles at the edges reach beyond it, to sides that the network takes.
    """
    rows, cols = image.shape
    for row in range(0, rows, _TILE_PX):
        for col in range(0, cols, _TILE_PX):
            height, width = (
                -(-min(_TILE_PX, n) // _EVERY_WINDOW_BY) * _EVERY_WINDOW_BY
                for n in (rows - row, cols - col)
            )
            part = np.s_[row : row + height, col : col + width]
            if (image.labels[part] != UNKNOWN).any() or image.searched[part].any():
                yield Block(row, col, height, width)


@torch.inference_mode()
def answer(
    network: SarKnowlip, sample: Sample, device: torch.device
) -> tuple[Float32Array, Float32Array]:
    """Return land-cover logits (K, h, w), and detections (D, 6) by falling confidence."""
    inputs = make_inputs([sample]).to(device)
    raw = network(inputs.pixels, inputs.valid, inputs.context)
    found = decode(raw, OUTPUT_STRIDE, inputs.valid)[0].cpu().numpy()
    found = found[found[:, CONFIDENCE] > 0, : CONFIDENCE + 1]
    return raw.landcover[0].float().cpu().numpy(), found


def _score(
    network: SarKnowlip, source: str, image: LabelledImage, block: Block, device: torch.device
) -> ScoredTile:
    sample = cut(image, block)
    logits, found = answer(network, sample, device)
    return scored(source, image, block, sample, logits, found)


def scored(
    source: str,
    image: LabelledImage,
    block: Block,
    sample: Sample,
    logits: Float32Array,
    found: Float32Array,
    codes: Sequence[int] = LAND_COVER_CODES,
) -> ScoredTile:
    """Hold an answer against the truth.

    Parameters
    ----------
    source : str
    image : LabelledImage
    block : Block
        Part of the image that was looked at, and ``sample`` its pixels.
    logits : ndarray of float32, shape (K, h, w)
        By cell of 4 by 4 pixels.
    found : ndarray of float32, shape (D, 6)
        By falling confidence, with columns as in `ScoredTile`.
    codes : sequence of int
        Of the classes, in the order of the network's channels.
    """
    classes = cell_classes(np.where(sample.valid, sample.labels, UNKNOWN), codes)
    known = classes != IGNORE
    places = _places(image, block)
    ships = sample.ships[_look_up(sample.searched, sample.ships)]
    found = found[_look_up(sample.searched, found)]
    return ScoredTile(
        source=source,
        image=image.name,
        block=block,
        logits=logits[:, known].T,
        classes=classes[known],
        searched=bool(sample.searched.any()),
        ships=ships,
        found=found,
        ship_places=_look_up(places, ships),
        found_places=_look_up(places, found),
        searched_km2=_areas_km2(places[sample.searched], image.gsd_m),
    )


def _places(image: LabelledImage, block: Block) -> NDArray[np.uint8]:
    places = np.full((block.height, block.width), NO_PLACE, dtype=np.uint8)
    if image.places is not None:
        part = image.places[block.slices()]
        places[: part.shape[0], : part.shape[1]] = part
    return places


def _areas_km2(places: NDArray[np.uint8], gsd_m: tuple[float, float] | None) -> tuple[float, ...]:
    km2 = gsd_m[0] * gsd_m[1] / 1e6 if gsd_m else np.nan
    counts = (int((places == index).sum()) for index in range(len(PLACES)))
    return tuple(count * km2 if count else 0.0 for count in counts)


def _look_up(values: NDArray[Any], table: Float32Array) -> NDArray[Any]:
    """Return the values where rows (row, col, …) lie."""
    row, col = (np.clip(table[:, k].astype(int), 0, n - 1) for k, n in enumerate(values.shape))
    return np.asarray(values[row, col])
