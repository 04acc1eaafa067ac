"""``embed``: the vectors of a scene, made once and kept, so that later texts cost no encoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sargeo.errors import NothingValidError
from sargeo.inference.account import Account
from sargeo.inference.disk_space import require_space
from sargeo.inference.progress import Pace
from sargeo.inference.shortfall import AGAIN, Shortfall
from sargeo.inference.writer import BackgroundWriter
from sargeo.language.cells import SceneCells, open_scene_cells
from sargeo.language.speaking import speaking_model
from sargeo.model.api import SarModel
from sargeo.products.embedding import EMBEDDING_NODATA, embedding_sink
from sargeo.products.names import EmbeddingPaths
from sargeo.products.provenance import write_item
from sargeo.products.raster import RasterSink
from sargeo.products.workspace import Workspace
from sargeo.reporting import Reporter
from sargeo.scene.rasterfile import bounded_cache

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from sargeo.scene.assumptions import Assumptions
    from sargeo.scene.scene import Scene


@dataclass(frozen=True, slots=True)
class EmbeddingReport:
    """What `embed` did.

    Attributes
    ----------
    products : tuple of Path
        Everything that was written.
    dimensions : int
        Length of the vectors.
    valid_share : float
        Cells with a vector, 0 to 1.
    model, device : str
    seconds : mapping of str to float
        Wall time by phase.
    mpx_per_s : float
        Million scene pixels per second of the phase "embed".
    peak_memory_bytes : int
        Of the process.
    """

    products: tuple[Path, ...]
    dimensions: int
    valid_share: float
    model: str
    device: str
    seconds: dict[str, float]
    mpx_per_s: float
    peak_memory_bytes: int

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values for JSON."""
        return asdict(self) | {"products": [str(p) for p in self.products]}


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
        account = Account(loaded, "embed", reporter, cancelled, command)
        with Workspace(
            Path(out_dir), cells.header.name, EmbeddingPaths, overwrite=overwrite
        ) as workspace:
            return _embed(cells, account, workspace)


def _embed(
    cells: SceneCells, account: Account, workspace: Workspace[EmbeddingPaths]
) -> EmbeddingReport:
    header, paths = cells.header, workspace.paths
    pace = account.start([header.source], cells.steps, cells.pixels)
    with account.phase(pace, "read"):
        bands, per_pixel = header.dimensions + 1, header.cells.block.size / cells.pixels
        require_space(workspace.folder, header.scene.shape, cells.wanted, bands * per_pixel)
        cells.prepare()
        settings = cells.settings()
        workspace.write_manifest(settings)
    sink = embedding_sink(paths.embedding, header, account.metadata(header.source))
    try:
        with account.phase(pace, "embed"):
            known = _write(cells, sink, pace)
        with account.phase(pace, "finish"):
            sink.finish()
    finally:
        sink.abort()
    run = account.run(header.source, header.cells, settings, "embedded")
    shortfall = Shortfall()
    with shortfall.allow("The STAC item", AGAIN):
        write_item(paths, run)
    pace.check()
    report = EmbeddingReport(
        products=workspace.publish(),
        dimensions=header.dimensions,
        valid_share=known / header.cells.block.size,
        **account.effort(cells.pixels),
    )
    shortfall.settle(workspace.out_dir)
    return report


def _write(cells: SceneCells, sink: RasterSink, pace: Pace) -> int:
    """Write all strips as they come, on a thread; return the number of cells with a vector."""
    known = 0
    with BackgroundWriter() as writer:
        for strip in cells.strips(pace.advance):
            codes = strip.codes()  # here, so that what waits for the disk is small
            known += int(np.count_nonzero(codes[-1] != EMBEDDING_NODATA))
            writer.submit(sink.write, strip.row, codes)
    if not known:
        raise NothingValidError(
            f"{cells.header.source} has no valid pixel where it was to be embedded.",
            "Check its nodata value and the area of interest.",
        )
    return known
