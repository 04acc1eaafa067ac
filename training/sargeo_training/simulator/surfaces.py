"""Kinds of ground that the simulator knows, finer than the legend of the maps."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sargeo.legend import BARE, BUILT_UP, LOW_VEGETATION, OPEN_WATER, TREES


class Surface(IntEnum):
    """A kind of ground with its own backscatter; values index the tables of the simulator."""

    SEA = 0
    INLAND_WATER = 1
    FOREST = 2
    CROP = 3
    GRASS = 4
    SHRUB = 5
    RESIDENTIAL = 6
    DENSE_URBAN = 7
    INDUSTRIAL = 8
    PAVED = 9
    STRUCTURE = 10
    SAND = 11
    ROCK = 12


_LEGEND = {
    Surface.SEA: OPEN_WATER,
    Surface.INLAND_WATER: OPEN_WATER,
    Surface.FOREST: TREES,
    Surface.CROP: LOW_VEGETATION,
    Surface.GRASS: LOW_VEGETATION,
    Surface.SHRUB: LOW_VEGETATION,
    Surface.RESIDENTIAL: BUILT_UP,
    Surface.DENSE_URBAN: BUILT_UP,
    Surface.INDUSTRIAL: BUILT_UP,
    Surface.PAVED: BUILT_UP,
    Surface.STRUCTURE: BUILT_UP,
    Surface.SAND: BARE,
    Surface.ROCK: BARE,
}

LEGEND_CODES: NDArray[np.uint8] = np.array([_LEGEND[s].code for s in Surface], dtype=np.uint8)
"""Code of ``sargeo.legend`` by surface."""
