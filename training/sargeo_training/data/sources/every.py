"""All sources of sargeo-tiny."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sargeo_training.data.sources import (
    airsar,
    flood,
    los_angeles,
    opensarship,
    sen1floods11,
    simulated,
    ssdd,
    terramind,
)
from sargeo_training.images import Source

_LABELLED_BY_US = (los_angeles.load,)
_OTHERS = (
    sen1floods11.load,
    ssdd.load,
    opensarship.load,
    flood.load,
    airsar.load_flevoland,
    airsar.load_san_francisco,
    terramind.load,
)


def load_all(folder: Path, *, simulator: bool = True, polygons: bool = True) -> tuple[Source, ...]:
    """Read every source.

    Parameters
    ----------
    folder : Path
        Of the data sets.
    simulator : bool
        Also train on simulated scenes.
    polygons : bool
        Also train on land cover that was digitised for this project, and on what a program
        learnt from it. Held-out ground keeps its polygons.

    Raises
    ------
    ReferenceDataError
        If a data set is missing.
    """
    ours = [load(folder, polygons=polygons) for load in _LABELLED_BY_US]
    others = [load(folder) for load in _OTHERS]
    made = simulated.load(folder)
    return (*ours, made if simulator else replace(made, weight=0.0), *others)
