"""``embed``: the vectors of a scene, made once and kept, so that later texts cost no encoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sargeo.inference.progress import RunProgress
from sargeo.inference.report import RunReport
from sargeo.inference.run import InferenceRun, nothing_valid, require_space
from sargeo.inference.writer import BackgroundWriter
from sargeo.language.cells import SceneCells, open_scene_cells
from sargeo.language.speaking import speaking_model
from sargeo.model.api import SarModel
from sargeo.products.embedding import EMBEDDING_NODATA, embedding_sink
from sargeo.products.names import EmbeddingPaths
from sargeo.products.raster import RasterSink
from sargeo.products.workspace import Workspace
from sargeo.reporting import Reporter
from sargeo.scene.rasterfile import bounded_cache

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from sargeo.scene.assumptions import Assumptions
    from sargeo.scene.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingReport(RunReport):
    """What `embed` did, beside what every `RunReport` tells.

    Attributes
    ----------
    products : tuple of Path
        Everything that was written.
    dimensions : int
        Length of the vectors.
    valid_share : float
        Cells with a vector, 0 to 1.
    """

    products: tuple[Path, ...]
    dimensions: int
    valid_share: float


def embed(
    scene: Scene | str | Path | xr.DataArray,
    model: SarModel | str | Path = "sargeo-tiny",
    out_dir: str | Path = ".",
    *,
    assume: Assumptions | str | None = None,
    aoi: Path | gpd.GeoDataFrame | None = None,
    device: str = "auto",
    batch_size: int | None = None,
    overwrite: bool = False,
    reporter: Reporter | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    command: Sequence[str] = (),
) -> EmbeddingReport:
    """Write the embedding of a scene; parameters as of `sargeo.mapping.map_scene`.

    Where the scene's spacing is none that the model was trained for, the cells lie on the grid
    that it is resampled to.

    Raises
    ------
    sargeo.errors.SargeoError
        By its subclasses, with a remedy each.
    """
    with bounded_cache():
        loaded = speaking_model(model, device)
        cells = open_scene_cells(scene, loaded, assume=assume, aoi=aoi, batch_size=batch_size)
        run = InferenceRun(loaded, "embed", reporter, cancelled, command)
        with Workspace(
            Path(out_dir), cells.header.name, EmbeddingPaths, overwrite=overwrite
        ) as workspace:
            return _embed(cells, run, workspace)


def _embed(
    cells: SceneCells, run: InferenceRun, workspace: Workspace[EmbeddingPaths]
) -> EmbeddingReport:
    header, paths = cells.header, workspace.paths
    progress = run.start({"scene": header.source}, cells.steps, cells.pixels)
    with run.phase(progress, "read"):
        bands, per_pixel = header.dimensions + 1, header.cells.block.size / cells.pixels
        require_space(workspace.folder, header.scene.shape, cells.wanted, bands * per_pixel)
        cells.prepare()
    sink = embedding_sink(paths.embedding, header, run.tags(header.source))
    try:
        with run.phase(progress, "embed"):
            known = _write(cells, sink, progress)
        with run.phase(progress, "finish"):
            sink.finish()
    finally:
        sink.abort()
    record = run.record(header.source, header.cells, header.acquired, cells.settings(), "embedded")
    run.write_item(paths, record)
    return EmbeddingReport(
        products=run.publish(workspace, progress),
        dimensions=header.dimensions,
        valid_share=known / header.cells.block.size,
        **run.effort(cells.pixels),
    )


def _write(cells: SceneCells, sink: RasterSink, progress: RunProgress) -> int:
    """Write all strips as they come, on a thread; return the number of cells with a vector."""
    known = 0
    with BackgroundWriter() as writer:
        for strip in cells.strips(progress.advance):
            codes = strip.codes()  # here, so that what waits for the disk is small
            known += int(np.count_nonzero(codes[-1] != EMBEDDING_NODATA))
            writer.submit(sink.write, strip.row, codes)
    if not known:
        raise nothing_valid(cells.header.source, "embedded")
    return known
