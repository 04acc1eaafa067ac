"""All sources of sargeo-tiny."""

from __future__ import annotations

from pathlib import Path

from sargeo_training.sheet import Source
from sargeo_training.sources import (
    airsar,
    flood,
    los_angeles,
    opensarship,
    sen1floods11,
    simulated,
    ssdd,
    terramind,
)

_LOADERS = (
    los_angeles.load,
    simulated.load,
    sen1floods11.load,
    ssdd.load,
    opensarship.load,
    flood.load,
    airsar.load_flevoland,
    airsar.load_san_francisco,
    terramind.load,
)


def load_all(folder: Path) -> tuple[Source, ...]:
    """Read every source.

    Raises
    ------
    ReferenceDataError
        If a data set is missing.
    """
    return tuple(load(folder) for load in _LOADERS)
