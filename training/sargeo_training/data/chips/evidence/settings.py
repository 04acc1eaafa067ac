"""The files of a user's layers, as settings name them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from sargeo.geo.grid import GeoGrid
from sargeo_training.data.chips.evidence import classes, terrain
from sargeo_training.data.chips.evidence.boxes import SceneObjects
from sargeo_training.data.chips.evidence.classes import ClassRaster
from sargeo_training.data.chips.evidence.crosswalks import PRODUCTS, ProductName
from sargeo_training.data.chips.evidence.layers import Layers
from sargeo_training.data.chips.evidence.terrain import TerrainModel
from sargeo_training.data.chips.evidence.vectors import VectorMap
from sargeo_training.data.chips.evidence.warp import touches

Paths = tuple[Path, ...]


class _Setting(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassFiles(_Setting):
    """Tiles of a land-cover product."""

    product: ProductName
    paths: Paths = Field(min_length=1)

    def around(self, scene: GeoGrid) -> ClassRaster:
        """Open the tiles that meet a scene."""
        return ClassRaster(PRODUCTS[self.product], _near(self.paths, scene, classes.WHAT))


class VectorFiles(_Setting):
    """Extracts of OpenStreetMap in anything that GDAL reads."""

    paths: Paths = Field(min_length=1)
    layer: str = "OpenStreetMap"

    def around(self, scene: GeoGrid) -> VectorMap:
        """Read what lies around a scene."""
        return VectorMap.around(scene, self.paths, self.layer)


class TerrainFiles(_Setting):
    """Tiles of a terrain model, heights in metres."""

    paths: Paths = Field(min_length=1)
    layer: str = "terrain model"

    def around(self, scene: GeoGrid) -> TerrainModel:
        """Open the tiles that meet a scene."""
        return TerrainModel(self.layer, _near(self.paths, scene, terrain.WHAT))


class ObjectFile(_Setting):
    """Boxes of ships; ``complete`` says that the scene shows no others."""

    path: Path
    layer: str = "table of objects"
    complete: bool = False

    def around(self, scene: GeoGrid) -> SceneObjects:
        """Read the table of a scene."""
        return SceneObjects.read(self.path, scene, layer=self.layer, complete=self.complete)


class LayerFiles(_Setting):
    """All layers of a scene; None where none is given."""

    classes: tuple[ClassFiles, ...] = ()
    vectors: VectorFiles | None = None
    terrain: TerrainFiles | None = None
    objects: ObjectFile | None = None

    def around(self, scene: GeoGrid) -> Layers:
        """Open the layers for the chips of a scene; tiles elsewhere are left out.

        Raises
        ------
        sargeo.errors.ReferenceDataError
            If a file cannot be read or used.
        """
        return Layers(
            classes=tuple(files.around(scene) for files in self.classes),
            vectors=self.vectors.around(scene) if self.vectors else None,
            terrain=self.terrain.around(scene) if self.terrain else None,
            objects=self.objects.around(scene) if self.objects else None,
        )


def _near(paths: Paths, scene: GeoGrid, what: str) -> Paths:
    return tuple(path for path in paths if touches(path, scene, what))
