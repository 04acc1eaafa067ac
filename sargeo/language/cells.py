"""Where vectors of cells come from: a sweep over a scene, or a file that one was written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from sargeo.errors import InputError, UsageError
from sargeo.geo.aoi import PolygonArea
from sargeo.geo.grid import Block, GeoGrid
from sargeo.inference.job import InferenceJob, findable
from sargeo.language.vectors import VectorStrip
from sargeo.model.api import SarModel
from sargeo.products.embedding import (
    EMBEDDING_NODATA,
    EMBEDDING_TILE,
    EmbeddingHeader,
    GridHeader,
    read_header,
)
from sargeo.products.windows import open_product
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import Normalisation
from sargeo.tiling.batch import Acquisition, Batch, Outputs
from sargeo.tiling.source import SceneSource
from sargeo.tiling.sweep import sweep_cells

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from sargeo.scene.assumptions import Assumptions
    from sargeo.scene.scene import Scene

Advance = Callable[[int], None]


class CellSource(Protocol):
    """Vectors of the cells of one scene, from the top."""

    @property
    def header(self) -> EmbeddingHeader:
        """What is known of the cells and their scene."""
        ...

    @property
    def steps(self) -> int:
        """How many steps `strips` will tell of."""
        ...

    def settings(self) -> dict[str, object]:
        """Tell all that the vectors depend on, as plain values for JSON."""
        ...

    def prepare(self) -> None:
        """Do what takes time before the first strip."""
        ...

    def strips(self, advance: Advance) -> Iterator[VectorStrip]:
        """Yield rows of cells; ``advance`` is told of steps, and what it raises ends the strips."""
        ...

    def wanted(self, block: Block) -> NDArray[np.bool_]:
        """Tell in which pixels of the scene a result is asked for, as far as is known."""
        ...


class SceneCells:
    """Vectors that the model makes while it sweeps over a scene.

    Parameters
    ----------
    job : InferenceJob
    """

    def __init__(self, job: InferenceJob) -> None:
        self.job = job
        self._network = _CellNetwork(job.model)

    @cached_property
    def header(self) -> EmbeddingHeader:
        """What is known of the cells and their scene."""
        job, model = self.job, self.job.model
        gsd_m, stride = job.acquisition.gsd_m, model.output_stride
        return EmbeddingHeader(
            name=job.scene.name,
            source=findable(job.scene.source),
            model=model_name(model),
            model_sha256=model.spec.weights_sha256,
            dimensions=self._network.channels - 1,
            stride=stride,
            scene=GridHeader.of(job.scene.grid),
            work=GridHeader.of(job.work.grid),
            cell_size_m=None if gsd_m is None else (gsd_m[0] * stride, gsd_m[1] * stride),
            acquired=job.scene.acquired,
        )

    @property
    def pixels(self) -> int:
        """Of the scene."""
        return self.job.scene.grid.block.size

    @property
    def steps(self) -> int:
        """Windows of the plan."""
        return self.job.windows

    @cached_property
    def normalisation(self) -> Normalisation:
        """Of the whole scene, of which a sample is read."""
        constants = self.job.model.spec.normalisation.constants()
        return Normalisation.of_scene(self.job.scene, constants)

    def settings(self) -> dict[str, object]:
        """Tell all that the vectors depend on."""
        return self.job.settings(self.normalisation.to_dict())

    def prepare(self) -> None:
        """Read what the normalisation needs."""
        _ = self.normalisation

    def strips(self, advance: Advance) -> Iterator[VectorStrip]:
        """Sweep over the scene."""
        job = self.job
        source = SceneSource(job.work, self.normalisation, job.work_area)
        for _, strip in sweep_cells(
            self._network,
            source,
            job.acquisition,
            job.tiling,
            device=job.model.device,
            advance=advance,
        ):
            yield VectorStrip.of_blend(strip, self._network.output_stride)

    def wanted(self, block: Block) -> NDArray[np.bool_]:
        """Tell which pixels of the scene are valid and of interest."""
        return self.job.wanted(block)


class FileCells:
    """Vectors that stand in a file.

    Parameters
    ----------
    path : str or Path
    header : EmbeddingHeader
    device : torch.device
        Where vectors are compared.
    aoi : Path, GeoDataFrame or None

    Raises
    ------
    AreaOfInterestError
        If the area of interest cannot be used.
    """

    def __init__(
        self,
        path: str | Path,
        header: EmbeddingHeader,
        device: torch.device,
        aoi: Path | gpd.GeoDataFrame | None = None,
    ) -> None:
        self.header = header
        self._path = Path(path)
        self._device = device
        scene, work = header.scene.grid(), header.work.grid()
        self._area = None if aoi is None else PolygonArea.of_interest(aoi, scene)
        self._work_area = None if aoi is None else PolygonArea.of_interest(aoi, work)
        self._blocks = list(_row_blocks(header.cells))

    @property
    def steps(self) -> int:
        """Blocks of rows."""
        return len(self._blocks)

    def settings(self) -> dict[str, object]:
        """Tell which embedding it is."""
        return {"embedding": str(self._path.resolve()), "header": self.header.to_dict()}

    def prepare(self) -> None:
        """Do nothing: all is there."""

    def strips(self, advance: Advance) -> Iterator[VectorStrip]:
        """Read the file from the top."""
        with open_product(self._path) as product:
            for block in self._blocks:
                codes = product.read_all(block)
                advance(1)
                wanted = self._wanted_pixels(codes[-1] != EMBEDDING_NODATA, block.row)
                yield VectorStrip.of_codes(block.row, codes, wanted, self._device)

    def wanted(self, block: Block) -> NDArray[np.bool_]:
        """Take all pixels of interest: which are valid, the cells know."""
        if self._area is not None:
            return self._area.mask(block)
        return np.ones((block.height, block.width), dtype=bool)

    def _wanted_pixels(self, known: NDArray[np.bool_], row: int) -> NDArray[np.bool_]:
        stride, (height, width) = self.header.stride, self.header.work.shape
        pixels = known.repeat(stride, axis=0).repeat(stride, axis=1)
        pixels = pixels[: height - row * stride, :width]
        if self._work_area is not None:
            pixels &= self._work_area.mask(Block(row * stride, 0, *pixels.shape))
        return pixels


def open_cells(
    source: Scene | str | Path | xr.DataArray,
    model: SarModel,
    *,
    assume: Assumptions | str | None = None,
    aoi: Path | gpd.GeoDataFrame | None = None,
    batch_size: int | None = None,
) -> CellSource:
    """Open a scene, or the embedding of one.

    Raises
    ------
    sargeo.errors.InputError
        If the source is refused, or is an embedding of another model.
    UsageError
        If assumptions are made of an embedding.
    """
    if not isinstance(source, (str, Path)) or (header := read_header(source)) is None:
        return open_scene_cells(source, model, assume=assume, aoi=aoi, batch_size=batch_size)
    if (header.model, header.model_sha256) != (model_name(model), model.spec.weights_sha256):
        raise InputError(
            f"The embedding {source} was made with the model {header.model} "
            f"({header.model_sha256[:12]}), not with {model_name(model)} "
            f"({model.spec.weights_sha256[:12]}).",
            "Choose the model that made it by --model, or embed the scene again.",
        )
    if assume:
        raise UsageError(
            f"Nothing can be assumed of the embedding {source}.",
            "Leave --assume out, or give the scene itself.",
        )
    return FileCells(source, header, model.device, aoi)


def open_scene_cells(
    source: Scene | str | Path | xr.DataArray,
    model: SarModel,
    *,
    assume: Assumptions | str | None = None,
    aoi: Path | gpd.GeoDataFrame | None = None,
    batch_size: int | None = None,
) -> SceneCells:
    """Open a scene; see `open_cells`."""
    scene = open_scene(source, assume=assume)
    return SceneCells(InferenceJob.of(scene, model, aoi=aoi, batch_size=batch_size))


def model_name(model: SarModel) -> str:
    """Return the name of a model with its version."""
    return f"{model.spec.name} {model.spec.version}"


class _CellNetwork:
    """Lets a sweep blend vectors and weights in the place of class probabilities."""

    def __init__(self, model: SarModel) -> None:
        self._model = model
        self.output_stride = model.output_stride
        self.alignment = model.alignment
        self.channels = model.language.spec.embedding_dim + 1

    def infer(self, batch: Batch, acquisition: Acquisition) -> Outputs:
        """Return values and weights of the cells, and no objects."""
        cells = self._model.cells(batch, acquisition)
        blended = torch.cat([cells.values, cells.weight], dim=1)
        return Outputs(blended, blended.new_zeros(len(blended), 0, 7))


def _row_blocks(cells: GeoGrid) -> Iterator[Block]:
    for row in range(0, cells.height, EMBEDDING_TILE):
        yield Block(row, 0, min(EMBEDDING_TILE, cells.height - row), cells.width)
