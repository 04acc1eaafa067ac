"""How well image and text find each other, and how well texts map land cover.

Retrieval
    Captions that several chips share count as one: a chip finds its caption whichever chip it came
    from, and a caption finds any of its chips. Intervals are over groups of chips, such as areas.
Land cover by text
    Every cell gets the class whose texts its embedding is nearest to; it is scored by the figures
    of the trained head, on the same tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sargeo.geo.grid import Block
from sargeo.legend import LAND_COVER
from sargeo.model.spec import Figure
from sargeo.products.files import write_text
from sargeo_training.crops.samples import Sample, cut
from sargeo_training.evaluation.answer_metrics import BLIND, RIGHT
from sargeo_training.evaluation.figures import figure_of, figure_table
from sargeo_training.evaluation.report import make_report
from sargeo_training.evaluation.scoring import ScoredTile, scored, tiles_of
from sargeo_training.images import UNKNOWN, LabelledImage, Source, Split

Float32Array = NDArray[np.float32]
Weights = NDArray[np.float64]

RANKS = (1, 5, 10)
RECALLS = tuple(
    f"{way}: recall at {k}" for way in ("image to text", "text to image") for k in RANKS
)

_NOTHING_FOUND = np.empty((0, 6), dtype=np.float32)


class LanguageReport(BaseModel):
    """What was measured of a model's language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Which model.")
    figures: tuple[Figure, ...]

    def figure(self, data: str, measure: str) -> Figure | None:
        """Return a figure, or None where it was not measured."""
        return next((f for f in self.figures if (f.data, f.measure) == (data, measure)), None)


def retrieval_figures(
    data: str,
    images: Float32Array,
    captions: Float32Array,
    texts: Sequence[str],
    groups: NDArray[np.int64],
) -> list[Figure]:
    """Return recall at 1, 5 and 10 both ways; see `retrieval_hits`.

    Parameters
    ----------
    data : str
        What the chips are, and what the model was told of them.
    images, captions, texts
        See `retrieval_hits`.
    groups : ndarray of int64, shape (n,)
        Which chips an interval takes together; see
        `sargeo_training.data.chips.splits.ground_groups`.
    """
    hits = retrieval_hits(images, captions, texts)
    galleries = f"{len(set(texts))} captions", f"{len(texts)} images"
    return [
        figure_of(
            f"{data}; gallery of {galleries[k // len(RANKS)]}",
            name,
            list(hits[:, :, k]),
            _mean,
            groups,
        )
        for k, name in enumerate(RECALLS)
    ]


def retrieval_hits(images: Float32Array, captions: Float32Array, texts: Sequence[str]) -> Weights:
    """Tell for each chip what is found.

    A tie counts against the right answer, so that a model which finds everything alike finds
    nothing.

    Parameters
    ----------
    images : ndarray of float32, shape (n, D)
        Unit vectors of the chips.
    captions : ndarray of float32, shape (n, D)
        Unit vectors of their captions.
    texts : sequence of str
        The n captions themselves, which tell which are the same.

    Returns
    -------
    ndarray of float64, shape (n, 2, 6)
        What each chip adds to the right answers and to all, by `RECALLS`: the sum of the first
        over the sum of the second is the recall.
    """
    _, first, group = np.unique(np.array(texts), return_index=True, return_inverse=True)
    cosines = images @ captions[first].T
    right = group[:, None] == np.arange(len(first))
    to_text, to_image = _ranks(cosines, right), _ranks(cosines.T, right.T)[group]
    # Chips with the same caption ask the same question: together they count once.
    weights = np.stack([np.ones(len(texts)), 1 / np.bincount(group)[group]], axis=1)
    found = np.stack([to_text, to_image], axis=1)[:, :, None] < np.array(RANKS)
    counted = np.broadcast_to(weights[:, :, None], found.shape)
    return np.stack([found * counted, counted], axis=1).reshape(len(texts), 2, -1)


def class_vectors(
    embed: Callable[[Sequence[str]], Float32Array], texts: Mapping[str, Sequence[str]]
) -> Float32Array:
    """Return one unit vector for each class: the mean of its texts.

    Parameters
    ----------
    embed : callable
        M texts to unit vectors (M, D).
    texts : mapping
        Name of a class of `sargeo.legend` to ways to say it; several make up for each other.

    Returns
    -------
    ndarray of float32, shape (K, D)
        In the order of `sargeo.legend.LAND_COVER`.
    """
    means = np.stack([embed(texts[c.name]).mean(axis=0) for c in LAND_COVER])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))


def score_by_text(
    cells: Callable[[Sample], Float32Array],
    vectors: Float32Array,
    sources: Sequence[Source],
    split: Split,
    *,
    scale: float = 1.0,
) -> list[ScoredTile]:
    """Map the tiles of a split by texts, as `evaluate.score_split` does by the trained head.

    Parameters
    ----------
    cells : callable
        A sample to the embedding of its cells of 4 by 4 pixels, shape (D, h, w).
    vectors : ndarray of float32, shape (K, D)
        See `class_vectors`.
    sources : sequence of Source
    split : {"train", "validation", "holdout"}
    scale : float
        Of the cosines: the inverse of the model's temperature.
    """
    return [
        _by_text(source, image, block, sample, scale * vectors, cells(sample))
        for source, image, block, sample in _labelled(sources, split)
    ]


def landcover_figures(tiles: Sequence[ScoredTile]) -> list[Figure]:
    """Return the figures of land cover by text; those of simulated scenes are left out."""
    return list(make_report("land cover by text", tiles, 1.0, 1.0).figures)


def write_language_report(report: LanguageReport, folder: Path) -> None:
    """Write ``language.json`` and ``language.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "language.json", report.model_dump_json(indent=2) + "\n")
    write_text(folder / "language.md", language_page(report))


def language_page(report: LanguageReport) -> str:
    """Return the report as a page of tables."""
    ways = [f for f in report.figures if ": recall at " in f.measure]
    answers = [f for f in report.figures if f.measure in (RIGHT, BLIND)]
    others = [f for f in report.figures if f not in ways + answers]
    lines = [f"# Image and text: {report.name}"]
    if not report.figures:
        lines += ["", "No real chip with a text and no labelled tile is held out to measure on."]
    if ways:
        lines += [
            *("", "## Retrieval", ""),
            "Among all captions or images of the gallery; equal captions count as one. By chance, "
            "recall at k is k in the gallery's size. Intervals are 95 %, over areas: chips "
            "that touch, directly or through others, are drawn together.",
            *("", *figure_table(ways)),
        ]
    if answers:
        lines += [
            *("", "## Answers", ""),
            "Questions about held-out chips, of which the network is told all that is known, also "
            "where they lie. Right is what the facts make true, in one of the ways to say it. "
            "Without the image: by the answer that is given most often to the same "
            "question about the real training chips. Intervals are over areas.",
            *("", *figure_table(answers)),
        ]
    if others:
        lines += [
            *("", "## Land cover by text", ""),
            "Each cell has the class whose texts it is nearest to. Cells were aligned with names "
            "of these classes in training, the legend's among them, but never with the other "
            "words. Intervals are 95 %, over images.",
            *("", *figure_table(others)),
        ]
    return "\n".join(lines) + "\n"


def _ranks(cosines: Float32Array, right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each row how many wrong columns are at least as near as the nearest right one."""
    nearest = np.where(right, cosines, -np.inf).max(axis=1, keepdims=True)
    return np.asarray(((cosines >= nearest) & ~right).sum(axis=1))


def _mean(chips: Sequence[Weights]) -> float:
    hits, weights = np.sum(chips, axis=0)
    return float(hits / weights)


def _labelled(
    sources: Sequence[Source], split: Split
) -> Iterator[tuple[str, LabelledImage, Block, Sample]]:
    """Yield the tiles of a split that hold labels of land cover."""
    for source in sources:
        for image in source.of_split(split):
            for block in tiles_of(image):
                sample = cut(image, block)
                if (sample.labels != UNKNOWN).any():
                    yield source.name, image, block, sample


def _by_text(
    source: str,
    image: LabelledImage,
    block: Block,
    sample: Sample,
    vectors: Float32Array,
    cells: Float32Array,
) -> ScoredTile:
    logits = np.einsum("kd,dhw->khw", vectors, cells).astype(np.float32)
    tile = scored(source, image, block, sample, logits, _NOTHING_FOUND)
    return replace(tile, searched=False)  # texts find no ships
