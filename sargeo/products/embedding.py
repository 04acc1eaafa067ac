"""The embedding of a scene as a file: a vector and a weight for every cell, in eight bits.

A cell's vector has the direction of its embedding and is scaled so that its largest component is
1 or -1, which keeps most of the eight bits; whoever compares vectors divides them by their length
first. The last band holds the natural logarithm of the weight with which a cell counts where
cells are pooled, up to a constant.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

import numpy as np
import rasterio
from affine import Affine
from pydantic import BaseModel, ConfigDict, ValidationError
from pyproj import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from sargeo.errors import InputError
from sargeo.geo.grid import GeoGrid
from sargeo.products.raster import RasterSink
from sargeo.scene.geotiff import gdal_name

EMBEDDING_NODATA = -128

VECTOR_SCALE = 1 / 127
WEIGHT_SCALE = 1 / 16
MOST = 127
"""The largest code of a value, and with a minus the smallest."""

EMBEDDING_TILE = 256
"""Side of the internal tiles in cells: with hundreds of bands larger ones take too much memory."""

READING = (
    "Multiply by the scale of each band; divide the vector (all bands but the last) by its length. "
    "The last band is the logarithm of a cell's weight in means of vectors."
)

_TAG = "SARGEO_EMBEDDING"


class GridHeader(BaseModel):
    """A grid as plain values for JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    crs: str
    transform: tuple[float, float, float, float, float, float]
    shape: tuple[int, int]

    @classmethod
    def of(cls, grid: GeoGrid) -> Self:
        """Describe a grid."""
        return cls(crs=grid.crs.to_wkt(), transform=tuple(grid.transform)[:6], shape=grid.shape)

    def grid(self) -> GeoGrid:
        """Return the grid that is described."""
        return GeoGrid(CRS.from_wkt(self.crs), Affine(*self.transform), self.shape)


class EmbeddingHeader(BaseModel):
    """What an embedding says of itself, in a tag of its file.

    Attributes
    ----------
    name, source : str
        Of the scene.
    model, model_sha256 : str
        Name with version, and SHA-256 of the weights.
    dimensions : int
        D, the length of the vectors; bands are one more.
    stride : int
        Pixels per cell, along each axis.
    scene : GridHeader
        Of the pixels that the scene has.
    work : GridHeader
        Of the pixels that the model saw: the same, unless the scene was resampled.
    cell_size_m : tuple of float or None
        On the ground, (row to row, column to column); None where it is unknown.
    acquired : datetime or None
        When the scene was taken; files that do not know it have no such field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    model: str
    model_sha256: str
    dimensions: int
    stride: int
    scene: GridHeader
    work: GridHeader
    cell_size_m: tuple[float, float] | None
    acquired: datetime | None = None

    @property
    def cells(self) -> GeoGrid:
        """The grid of the cells."""
        return self.work.grid().zoom_out(self.stride, self.stride)

    def to_dict(self) -> dict[str, object]:
        """Return the header as plain values for JSON."""
        return self.model_dump(mode="json", exclude=self._unknown)

    def to_json(self) -> str:
        """Return the header as it stands in the file."""
        return self.model_dump_json(exclude=self._unknown)

    @property
    def _unknown(self) -> set[str]:
        return {"acquired"} if self.acquired is None else set()


def embedding_sink(path: Path, header: EmbeddingHeader, metadata: Mapping[str, str]) -> RasterSink:
    """Return the sink of an embedding: int8, D vectors' components and the weight, nodata -128."""
    count = header.dimensions
    return RasterSink(
        path,
        header.cells,
        dtype=np.int8,
        nodata=EMBEDDING_NODATA,
        band_names=(*(f"component {i}" for i in range(1, count + 1)), "log weight"),
        overview_resampling=None,
        colours=None,
        metadata={**metadata, "reading": READING, _TAG: header.to_json()},
        scales=(*(VECTOR_SCALE for _ in range(count)), WEIGHT_SCALE),
        tile=EMBEDDING_TILE,
    )


def read_header(source: str | Path) -> EmbeddingHeader | None:
    """Return what an embedding says of itself; None of anything else, whether it opens or not.

    Raises
    ------
    sargeo.errors.InputError
        If it is an embedding that another version of sargeo wrote.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused as a scene
            with rasterio.open(gdal_name(source)) as dataset:
                text = dataset.tags().get(_TAG)
    except RasterioError:
        return None
    if text is None:
        return None
    try:
        return EmbeddingHeader.model_validate_json(text)
    except ValidationError as error:
        raise InputError(
            f"The embedding {source} was written by another version of sargeo.",
            "Embed its scene again, or use the version that wrote it.",
        ) from error
