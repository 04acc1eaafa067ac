"""How the files of one scene are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sargeo.errors import InputError


@dataclass(frozen=True, slots=True)
class ScenePaths:
    """Paths of what one kind of run writes of a scene, whether they exist or not.

    Attributes
    ----------
    folder : Path
    stem : str
        Name of the scene.
    """

    ENDINGS: ClassVar[Mapping[str, str]] = {}
    """What follows the stem, by product."""

    WORKING: ClassVar[str] = ".sargeo"
    """What follows the stem in the name of the run's working folder."""

    folder: Path
    stem: str

    @property
    def item(self) -> Path:
        """STAC item of the run."""
        return self._path("item")

    def data(self) -> tuple[Path, ...]:
        """Return the rasters and points that exist: what styles, items and pages are about."""
        return tuple(p for p in self.existing() if p.suffix in (".tif", ".gpkg"))

    def existing(self) -> tuple[Path, ...]:
        """Return the files of this kind of run and scene that exist."""
        paths = [self._path(product) for product in self.ENDINGS]
        beside = [pam_path(p) for p in paths if p.suffix == ".tif"]
        return tuple(p for p in (*paths, *beside) if p.exists())

    @property
    def longest_name(self) -> Path:
        """What has the longest name of all files that a run writes on its way to the products."""
        on_the_way = [
            pam_path(path.with_name(f".{path.stem}.cog.tif"))
            if path.suffix == ".tif"
            else path.with_name(f".{path.stem}.part{path.suffix}-journal")  # of SQLite
            for path in map(self._path, self.ENDINGS)
        ]
        return max(on_the_way, key=lambda path: len(path.name))

    def _path(self, product: str) -> Path:
        return self.folder / f"{self.stem}{self.ENDINGS[product]}"


@dataclass(frozen=True, slots=True)
class ProductPaths(ScenePaths):
    """Paths of the products of one mapped scene."""

    ENDINGS: ClassVar[Mapping[str, str]] = {
        "landcover": "_landcover.tif",
        "landcover_style": "_landcover.qml",
        "confidence": "_confidence.tif",
        "probabilities": "_probabilities.tif",
        "count": "_count.tif",
        "count_style": "_count.qml",
        "objects": "_objects.gpkg",
        "item": ".stac.json",
        "page": "_map.html",
    }

    @property
    def landcover(self) -> Path:
        """Class codes, uint8, nodata 0."""
        return self._path("landcover")

    @property
    def landcover_pam(self) -> Path:
        """Class names and the attribute table of the land cover."""
        return pam_path(self.landcover)

    @property
    def landcover_style(self) -> Path:
        """QGIS style of the land cover."""
        return self._path("landcover_style")

    @property
    def confidence(self) -> Path:
        """Probability of the class shown, in percent, nodata 255."""
        return self._path("confidence")

    @property
    def probabilities(self) -> Path:
        """Probability of every class, in percent, nodata 255."""
        return self._path("probabilities")

    @property
    def count(self) -> Path:
        """Objects per cell and share of valid pixels."""
        return self._path("count")

    @property
    def count_style(self) -> Path:
        """QGIS style of the counts."""
        return self._path("count_style")

    @property
    def objects(self) -> Path:
        """Points of the objects."""
        return self._path("objects")

    @property
    def page(self) -> Path:
        """Web page."""
        return self._path("page")


@dataclass(frozen=True, slots=True)
class EmbeddingPaths(ScenePaths):
    """Paths of the embedding of one scene."""

    ENDINGS: ClassVar[Mapping[str, str]] = {
        "embedding": "_embedding.tif",
        "item": "_embedding.stac.json",
    }
    WORKING: ClassVar[str] = "_embedding.sargeo"

    @property
    def embedding(self) -> Path:
        """Vectors and weights of all cells, int8, nodata -128."""
        return self._path("embedding")


@dataclass(frozen=True, slots=True)
class TextPaths(ScenePaths):
    """Paths of the map of one scene whose classes were given as texts."""

    ENDINGS: ClassVar[Mapping[str, str]] = {
        "classes": "_text.tif",
        "style": "_text.qml",
        "confidence": "_text_confidence.tif",
        "item": "_text.stac.json",
    }
    WORKING: ClassVar[str] = "_text.sargeo"

    @property
    def classes(self) -> Path:
        """Codes of the texts, uint8, nodata 0."""
        return self._path("classes")

    @property
    def pam(self) -> Path:
        """The texts as class names, and the attribute table."""
        return pam_path(self.classes)

    @property
    def style(self) -> Path:
        """QGIS style of the classes."""
        return self._path("style")

    @property
    def confidence(self) -> Path:
        """Probability of the class shown, in percent, nodata 255."""
        return self._path("confidence")


def pam_path(raster: Path) -> Path:
    """Return where GDAL keeps what does not fit into a raster file."""
    return raster.with_name(f"{raster.name}.aux.xml")


def find_products(folder: Path, stem: str | None = None) -> ProductPaths:
    """Return the paths of the scene that was mapped into a folder.

    Parameters
    ----------
    folder : Path
    stem : str, optional
        Name of the scene; needed only where the folder holds several.

    Raises
    ------
    sargeo.errors.InputError
        If the folder holds no products, not those of this scene, or those of several scenes.
    """
    stems = sorted(
        {
            path.name.removesuffix(ending)
            for ending in map(ProductPaths.ENDINGS.__getitem__, ("landcover", "count", "objects"))
            for path in folder.glob(f"*{ending}")
            if not path.name.startswith(".")
        }
    )
    if stem is not None:
        stems = [s for s in stems if s == stem]
    if not stems:
        whose = "sargeo" if stem is None else f"the scene {stem}"
        raise InputError(
            f"{folder} holds no products of {whose}.", "Give the folder that a scene was mapped to."
        )
    if len(stems) > 1:
        raise InputError(
            f"{folder} holds the products of {len(stems)} scenes: {', '.join(stems)}.",
            "Say which one by its name.",
        )
    return ProductPaths(folder, stems[0])
