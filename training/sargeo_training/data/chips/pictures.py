"""Pictures that chips are cut from: images of the open data, and scenes of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo.scene.bands import Band
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import reference_amplitudes
from sargeo_training.data.chips.chips import Canvas, Window
from sargeo_training.data.chips.config import OpenData, SourceName, UserScene
from sargeo_training.data.chips.evidence.layers import Layers
from sargeo_training.data.chips.evidence.settings import LayerFiles
from sargeo_training.data.sources import (
    airsar,
    flood,
    los_angeles,
    opensarship,
    sen1floods11,
    sen12mscr,
    simulated,
    ssdd,
    terramind,
)
from sargeo_training.images import NO_SHIPS, UNKNOWN, LabelledImage, Source, Split

Unit = OpenData | UserScene
"""What is loaded as a whole."""

_LOADERS: dict[SourceName, Callable[[Path], Source]] = {
    "los_angeles": los_angeles.load,
    "sen1floods11": sen1floods11.load,
    "ssdd": ssdd.load,
    "opensarship": opensarship.load_singles,
    "flood_emsr795": flood.load,
    "airsar_flevoland": airsar.load_flevoland,
    "airsar_san_francisco": airsar.load_san_francisco,
    "sen12mscr": sen12mscr.load,
    "terramind": terramind.load,
    "simulated": simulated.load,
}


@dataclass(frozen=True, eq=False)
class Picture:
    """An image with a name, and whatever is known of it.

    Attributes
    ----------
    source, name, licence : str
    canvas : Canvas
    bands : tuple of Band
    read : callable
        Reads the window of a block.
    split : str or None
        None where chips are split by place.
    centre : tuple of float or None
        (lon, lat), known without a grid.
    incidence_deg, platform, acquired
        As in `sargeo_training.images.LabelledImage`.
    layers : Layers
    landcover_by, ships_by : str
        Who says what the labels and the ships of a window say.
    polarisation_known : bool
        As in `sargeo_training.images.LabelledImage`.
    """

    source: str
    name: str
    licence: str
    canvas: Canvas
    bands: tuple[Band, ...]
    read: Callable[[Block], Window]
    split: Split | None
    centre: tuple[float, float] | None = None
    incidence_deg: float | None = None
    platform: str | None = None
    acquired: datetime | None = None
    layers: Layers = field(default_factory=Layers)
    landcover_by: str = "reference labels"
    ships_by: str = "reference boxes"
    polarisation_known: bool = True

    @cached_property
    def references(self) -> tuple[float, ...]:
        """Reference amplitude of each band over the whole picture."""

        def read(block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
            window = self.read(block)
            return window.values.astype(np.float32), window.valid

        return reference_amplitudes(read, self.canvas.shape, self.bands)


@lru_cache(maxsize=1)
def pictures_of(unit: Unit, base: Path) -> tuple[Picture, ...]:
    """Load a unit; the last one stays in memory.

    Parameters
    ----------
    unit : OpenData or UserScene
    base : Path
        Where relative paths start: the folder of the data.

    Raises
    ------
    sargeo.errors.SargeoError
        If the data or a layer are missing or refused.
    """
    if isinstance(unit, UserScene):
        return (_of_scene(unit, base),)
    source = _LOADERS[unit.name](base)
    return tuple(_of_labelled(image, source, unit, base) for image in _each_scene_once(source))


def _each_scene_once(source: Source) -> Iterator[LabelledImage]:
    """Leave out images that show the whole of a scene that an earlier image shows.

    Where labels of one scene are split field by field, chips would hold both: the chips go to the
    first image's split, and the other's labels stay unknown in them.
    """
    names: set[str] = set()
    for image in source.images:
        if image.ground is not None or image.name not in names:
            yield image
        names.add(image.name)


def _of_labelled(image: LabelledImage, source: Source, unit: OpenData, base: Path) -> Picture:
    def read(block: Block) -> Window:
        rows, cols = block.slices()
        inside = block.contains(image.ships[:, 0], image.ships[:, 1])
        ships = image.ships[inside]
        ships[:, :2] -= (block.row, block.col)
        told = zip(image.categories, inside, strict=False)
        return Window(
            image.values[:, rows, cols],
            image.valid[rows, cols],
            image.labels[rows, cols],
            image.searched[rows, cols],
            ships,
            tuple(category for category, within in told if within),
        )

    return Picture(
        source=source.name,
        name=image.name,
        licence=source.licence,
        canvas=Canvas(
            image.shape, image.grid, None if image.grid else image.gsd_m, ground=image.ground
        ),
        bands=image.bands,
        read=read,
        split=image.split,
        centre=image.centre,
        incidence_deg=image.incidence_deg,
        platform=image.platform,
        acquired=image.acquired,
        layers=_rooted(unit.layers, base).around(image.grid) if image.grid else Layers(),
        landcover_by=image.landcover_by,
        ships_by=image.ships_by,
        polarisation_known=image.polarisation_known,
    )


def _of_scene(unit: UserScene, base: Path) -> Picture:
    scene = open_scene(base / unit.path, assume=unit.assume)
    layers = _rooted(unit.layers, base).around(scene.grid)

    def read(block: Block) -> Window:
        raster = scene.read(block)
        labels = np.full(raster.valid.shape, UNKNOWN, dtype=np.uint8)
        if layers.objects is None:
            nowhere = np.zeros(raster.valid.shape, dtype=bool)
            return Window(raster.values, raster.valid, labels, nowhere, NO_SHIPS)
        found = layers.objects.within(raster.grid)
        return Window(
            raster.values, raster.valid, labels, found.searched, found.ships, found.categories
        )

    return Picture(
        source="scenes",
        name=unit.title,
        licence=unit.licence,
        canvas=Canvas(
            scene.grid.shape,
            scene.grid,
            None if scene.assumed_gsd_m is None else (scene.assumed_gsd_m,) * 2,
            scene.gsd_known,
        ),
        bands=scene.bands,
        read=read,
        split=unit.split,
        incidence_deg=scene.incidence_deg,
        platform=unit.platform or scene.platform,
        acquired=unit.acquired,
        layers=layers,
        ships_by=unit.layers.objects.layer if unit.layers.objects else "none",
    )


def _rooted(files: LayerFiles, base: Path) -> LayerFiles:
    """Let relative paths of layers start at a folder."""

    def every(paths: tuple[Path, ...]) -> dict[str, tuple[Path, ...]]:
        return {"paths": tuple(base / path for path in paths)}

    vectors, terrain, objects = files.vectors, files.terrain, files.objects
    return LayerFiles(
        classes=tuple(c.model_copy(update=every(c.paths)) for c in files.classes),
        vectors=vectors and vectors.model_copy(update=every(vectors.paths)),
        terrain=terrain and terrain.model_copy(update=every(terrain.paths)),
        objects=objects and objects.model_copy(update={"path": base / objects.path}),
    )
