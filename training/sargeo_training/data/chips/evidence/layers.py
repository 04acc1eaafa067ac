"""The layers around a scene, and all that they and the labels say of a chip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import GeoGrid
from sargeo_training.data.chips.evidence.boxes import SceneObjects
from sargeo_training.data.chips.evidence.classes import ClassRaster
from sargeo_training.data.chips.evidence.landcover import landcover_facts
from sargeo_training.data.chips.evidence.objects import object_facts, spacing_at
from sargeo_training.data.chips.evidence.terrain import TerrainModel
from sargeo_training.data.chips.evidence.vectors import VectorMap
from sargeo_training.data.facts import Facts, LandCoverFacts

_LEAST_VALID = 0.9
"""Share of a chip that has to show something before a map of its whole ground tells of it."""


@dataclass(frozen=True, eq=False)
class Layers:
    """Layers around one scene, opened once for all its chips; None where none was given.

    `objects` tells the ships and the searched ground of a chip (`SceneObjects.within`); whoever
    cuts the chip passes them to `facts_of`, as those of an image.
    """

    classes: tuple[ClassRaster, ...] = ()
    vectors: VectorMap | None = None
    terrain: TerrainModel | None = None
    objects: SceneObjects | None = None

    def gather(self, grid: GeoGrid, valid: NDArray[np.bool_]) -> Facts:
        """Return what all but the objects say of a chip."""
        whole = valid.mean() >= _LEAST_VALID
        return Facts(
            landcover=_most_known([raster.gather(grid, valid) for raster in self.classes]),
            vectors=self.vectors.gather(grid) if self.vectors and whole else None,
            terrain=self.terrain.gather(grid, valid) if self.terrain else None,
        )


def facts_of(
    grid: GeoGrid | None,
    labels: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    ships: NDArray[np.float32],
    searched: NDArray[np.bool_],
    *,
    gsd_m: tuple[float, float] | None = None,
    categories: Sequence[str | None] = (),
    labels_layer: str = "reference labels",
    objects_layer: str = "reference objects",
    layers: Layers | None = None,
) -> Facts:
    """Join all that is known of a chip.

    Of labels and class rasters the one that knows most of the chip is believed, labels first where
    they know as much: a sentence must not mix the words of two maps.

    Parameters
    ----------
    grid : GeoGrid or None
        Of the chip. Without one, layers say nothing.
    labels : ndarray of uint8, shape (H, W)
        Codes of `sargeo.legend`; partial labels and every other code are unknown.
    valid : ndarray of bool, shape (H, W)
        Where the chip shows anything.
    ships : ndarray of float32, shape (M, 5)
        In pixels of the chip; columns as `sargeo_training.images.SHIP_COLUMNS`.
    searched : ndarray of bool, shape (H, W)
        Where every ship is in the table.
    gsd_m : tuple of float, optional
        (row to row, column to column); used for lengths where there is no grid.
    categories : sequence of str or None
        One for each ship; empty where nobody told them apart.
    labels_layer, objects_layer : str
        Who says what the labels and the ships say.
    layers : Layers, optional
        Of the chip's scene.

    Raises
    ------
    sargeo.errors.ReferenceDataError
        If a layer cannot be read, or holds a code that its product does not define.
    """
    said = layers.gather(grid, valid) if layers and grid else Facts()
    spacing_m = spacing_at(ships, grid, gsd_m)
    told = object_facts(
        ships, searched, valid, objects_layer, categories=categories, spacing_m=spacing_m
    )
    labelled = landcover_facts(labels, valid, labels_layer)
    landcover = _most_known((labelled, said.landcover))
    return Facts(landcover=landcover, objects=told, vectors=said.vectors, terrain=said.terrain)


def _most_known(told: Iterable[LandCoverFacts | None]) -> LandCoverFacts | None:
    """Return what knows most; the first of equals."""
    return max((facts for facts in told if facts), key=lambda facts: facts.known, default=None)
