"""Fit the plain methods on training images, calibrate and measure them like the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sargeo.legend import LAND_COVER
from sargeo.model.vision import OUTPUT_STRIDE
from sargeo_training.crops.samples import Sample, cut
from sargeo_training.data.sources.every import load_all
from sargeo_training.evaluation.baselines.cfar import find_ships
from sargeo_training.evaluation.baselines.classifiers import Classifier, Forests, Thresholds
from sargeo_training.evaluation.baselines.features import local_statistics, training_cells
from sargeo_training.evaluation.calibration import best_threshold, fit_temperature, validation_score
from sargeo_training.evaluation.report import Report, make_report, write_report
from sargeo_training.evaluation.scoring import ScoredTile, scored, tiles_of
from sargeo_training.images import Source, Split

Float32Array = NDArray[np.float32]
Detector = Callable[[Sample], Float32Array]
"""Returns detections (D, 6) of a sample, as in `sargeo_training.evaluation.scoring.ScoredTile`."""

_SEED = 0
_LEAST_PROBABILITY = 1e-2
_CFAR_THRESHOLDS = (2.0, 3.0, 4.0, 5.0, 7.0, 10.0)


@dataclass(frozen=True)
class Baseline:
    """A plain method.

    Attributes
    ----------
    name : str
        As in the table of ablations.
    landcover : Classifier
    ships : Detector or None
        None for a method that finds no ships.
    """

    name: str
    landcover: Classifier
    ships: Detector | None


def fit_baselines(sources: Sequence[Source], *, threads: int) -> tuple[Baseline, ...]:
    """Fit thresholds with a ship detector, and a random forest, on the training images.

    The detector's threshold is the one with the best ships on validation tiles.
    """
    cells = training_cells(sources, _SEED)
    return (
        Baseline("threshold", Thresholds(cells), _best_detector(sources)),
        Baseline("random forest", Forests(cells, _SEED, threads), None),
    )


def score_baseline(baseline: Baseline, sources: Sequence[Source], split: Split) -> list[ScoredTile]:
    """Ask a plain method about the tiles of `sargeo_training.evaluation.scoring.score_split`."""
    tiles = _score(partial(_logits, baseline.landcover), baseline.ships, sources, split)
    return [tile if baseline.ships else replace(tile, searched=False) for tile in tiles]


def baseline_report(baseline: Baseline, sources: Sequence[Source]) -> Report:
    """Calibrate on validation tiles and measure on held-out ones."""
    validation = score_baseline(baseline, sources, "validation")
    return make_report(
        baseline.name,
        score_baseline(baseline, sources, "holdout"),
        fit_temperature(validation),
        best_threshold(validation) if baseline.ships else 1.0,
    )


def measure_baselines(data: Path, output: Path, *, threads: int) -> None:
    """Write a report of each plain method into a folder of its name.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    output : Path
        Gets ``threshold/`` and ``random-forest/``, each with ``report.json`` and ``report.md``.
    threads : int
    """
    sources = load_all(data)
    for baseline in fit_baselines(sources, threads=threads):
        folder = output / baseline.name.replace(" ", "-")
        write_report(baseline_report(baseline, sources), folder)


def _score(
    landcover: Callable[[Sample, str], Float32Array],
    ships: Detector | None,
    sources: Sequence[Source],
    split: Split,
) -> Iterator[ScoredTile]:
    for source in sources:
        for image in source.of_split(split):
            for block in tiles_of(image):
                sample = cut(image, block)
                found = ships(sample) if ships else np.zeros((0, 6), dtype=np.float32)
                logits = landcover(sample, source.name)
                yield scored(source.name, image, block, sample, logits, found)


def _best_detector(sources: Sequence[Source]) -> Detector:
    """Choose among thresholds; land cover, the same under each of them, decides nothing."""

    def score(detector: Detector) -> float:
        return validation_score(list(_score(_no_logits, detector, sources, "validation")))

    return max((partial(find_ships, threshold=t) for t in _CFAR_THRESHOLDS), key=score)


def _no_logits(sample: Sample, _source: str) -> Float32Array:
    cells = (n // OUTPUT_STRIDE for n in sample.valid.shape)
    return np.zeros((len(LAND_COVER), *cells), dtype=np.float32)


def _logits(classifier: Classifier, sample: Sample, source: str) -> Float32Array:
    features = local_statistics(sample)
    shape = features.shape[1:]
    probability = classifier.probabilities(features.reshape(len(features), -1).T, source)
    logits = np.log(np.maximum(probability, _LEAST_PROBABILITY)).astype(np.float32)
    return logits.T.reshape(len(LAND_COVER), *shape)
