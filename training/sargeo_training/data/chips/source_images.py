"""Images that chips are cut from: those of the open data, and scenes of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from sargeo.geo.grid import Block, GeoGrid
from sargeo.scene.bands import Band
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import reference_amplitudes
from sargeo.scene.scene import Scene
from sargeo_training.data.chips.config import OpenData, SourceName, UserScene
from sargeo_training.data.chips.evidence.boxes import SceneObjects
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
from sargeo_training.images import UNKNOWN, LabelledImage, LabelledPixels, Source, Split

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


@dataclass(frozen=True, eq=False, kw_only=True)
class SourceImage:
    """An image that chips are cut from, read block by block, with whatever is known of it.

    Attributes
    ----------
    source, name, licence : str
    shape : tuple of int
        (rows, cols).
    bands : tuple of Band
    read : callable
        Reads the pixels of a block.
    split : str or None
        None where chips are split by place.
    grid : GeoGrid or None
    gsd_m : tuple of float or None
        (row to row, column to column) everywhere, whatever the grid says.
    gsd_known : bool
        False where the grid's spacing says nothing about the ground.
    ground : shapely geometry or None
        In the CRS of the grid: chips must lie within.
    centre : tuple of float or None
        (lon, lat), known without a grid.
    incidence_deg, platform, acquired, polarisation_known
        As in `sargeo_training.images.LabelledImage`.
    layers : Layers
    landcover_by, ships_by : str
        Who says what the labels and the ships of its pixels say.
    """

    source: str
    name: str
    licence: str
    shape: tuple[int, int]
    bands: tuple[Band, ...]
    read: Callable[[Block], LabelledPixels]
    split: Split | None = None
    grid: GeoGrid | None = None
    gsd_m: tuple[float, float] | None = None
    gsd_known: bool = True
    ground: BaseGeometry | None = None
    centre: tuple[float, float] | None = None
    incidence_deg: float | None = None
    platform: str | None = None
    acquired: datetime | None = None
    polarisation_known: bool = True
    layers: Layers = field(default_factory=Layers)
    landcover_by: str = "reference labels"
    ships_by: str = "reference boxes"

    @cached_property
    def references(self) -> tuple[float, ...]:
        """Reference amplitude of each band over the whole image."""

        def read(block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
            pixels = self.read(block)
            return pixels.values.astype(np.float32), pixels.valid

        return reference_amplitudes(read, self.shape, self.bands)

    def spacing_m(self, row: float, col: float) -> tuple[float, float] | None:
        """Ground spacing at a place, per axis; None where it is unknown."""
        if self.gsd_m is not None or self.grid is None or not self.gsd_known:
            return self.gsd_m
        down, across = (float(s) for s in self.grid.spacing_m(row, col))
        return (down, across) if math.isfinite(down + across) else None


@lru_cache(maxsize=1)
def source_images(unit: Unit, base: Path) -> tuple[SourceImage, ...]:
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


def _of_labelled(image: LabelledImage, source: Source, unit: OpenData, base: Path) -> SourceImage:
    return SourceImage(
        source=source.name,
        name=image.name,
        licence=source.licence,
        shape=image.shape,
        bands=image.bands,
        read=image.crop,
        split=image.split,
        grid=image.grid,
        gsd_m=None if image.grid else image.gsd_m,
        ground=image.ground,
        centre=image.centre,
        incidence_deg=image.incidence_deg,
        platform=image.platform,
        acquired=image.acquired,
        polarisation_known=image.polarisation_known,
        layers=_rooted(unit.layers, base).around(image.grid) if image.grid else Layers(),
        landcover_by=image.landcover_by,
        ships_by=image.ships_by,
    )


def _of_scene(unit: UserScene, base: Path) -> SourceImage:
    scene = open_scene(base / unit.path, assume=unit.assume)
    layers = _rooted(unit.layers, base).around(scene.grid)
    return SourceImage(
        source="scenes",
        name=unit.title,
        licence=unit.licence,
        shape=scene.grid.shape,
        bands=scene.bands,
        read=partial(_read_scene, scene, layers.objects),
        split=unit.split,
        grid=scene.grid,
        gsd_m=None if scene.assumed_gsd_m is None else (scene.assumed_gsd_m,) * 2,
        gsd_known=scene.gsd_known,
        incidence_deg=scene.incidence_deg,
        platform=unit.platform or scene.platform,
        acquired=unit.acquired,
        layers=layers,
        ships_by=unit.layers.objects.layer if unit.layers.objects else "none",
    )


def _read_scene(scene: Scene, objects: SceneObjects | None, block: Block) -> LabelledPixels:
    """Read a block of a scene, which has no labels, and its objects where they are known."""
    raster = scene.read(block)
    pixels = LabelledPixels(
        values=raster.values,
        valid=raster.valid,
        labels=np.full(raster.valid.shape, UNKNOWN, dtype=np.uint8),
        searched=np.zeros(raster.valid.shape, dtype=bool),
    )
    if objects is None:
        return pixels
    found = objects.within(raster.grid)
    return replace(pixels, searched=found.searched, ships=found.ships, categories=found.categories)


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
