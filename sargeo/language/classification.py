"""``classify``: a map whose classes are given as texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from sargeo.errors import NothingValidError, UsageError
from sargeo.geo.grid import GeoGrid
from sargeo.inference.account import Account
from sargeo.inference.disk_space import require_space
from sargeo.inference.progress import Pace
from sargeo.inference.rows import Rows, bring_back
from sargeo.inference.shortfall import AGAIN, Shortfall
from sargeo.inference.sinks import RowSinks, codes_of, confidence_of
from sargeo.inference.working_raster import WorkRaster
from sargeo.inference.writer import BackgroundWriter
from sargeo.language.cells import CellSource, open_cells
from sargeo.language.palette import colours
from sargeo.language.speaking import clean_texts, speaking_model, text_vectors
from sargeo.legend import UNCERTAIN_CLASS, LandCoverClass
from sargeo.model.api import SarModel
from sargeo.products.files import write_text
from sargeo.products.names import TextPaths
from sargeo.products.pam import write_class_pam
from sargeo.products.provenance import write_item
from sargeo.products.raster import confidence_sink
from sargeo.products.style import classes_qml
from sargeo.products.texts import texts_sink
from sargeo.products.workspace import Workspace
from sargeo.reporting import Reporter
from sargeo.scene.rasterfile import bounded_cache
from sargeo.tiling.pixels import PixelMosaic

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from sargeo.scene.assumptions import Assumptions
    from sargeo.scene.scene import Scene


@dataclass(frozen=True, slots=True)
class ClassificationReport:
    """What `classify` did.

    Attributes
    ----------
    products : tuple of Path
        Everything that was written.
    valid_share : float
        Pixels with a class, 0 to 1.
    class_shares : mapping of str to float
        Share of the valid pixels by text.
    class_areas_km2 : mapping of str to float
        Geodesic area by text.
    model, device : str
    seconds : mapping of str to float
        Wall time by phase.
    mpx_per_s : float
        Million scene pixels per second of the phase "classify".
    peak_memory_bytes : int
        Of the process.
    """

    products: tuple[Path, ...]
    valid_share: float
    class_shares: dict[str, float]
    class_areas_km2: dict[str, float]
    model: str
    device: str
    seconds: dict[str, float]
    mpx_per_s: float
    peak_memory_bytes: int

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values for JSON."""
        return asdict(self) | {"products": [str(p) for p in self.products]}


def classify(
    scene: Scene | str | Path | xr.DataArray,
    texts: Sequence[str],
    model: SarModel | str | Path = "sargeo-tiny",
    out_dir: str | Path = ".",
    *,
    uncertain_below: float | None = None,
    assume: Assumptions | str | None = None,
    aoi: Path | gpd.GeoDataFrame | None = None,
    device: str = "auto",
    batch_size: int | None = None,
    overwrite: bool = False,
    reporter: Reporter | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    command: Sequence[str] = (),
) -> ClassificationReport:
    """Map a scene, or the embedding of one, by texts; other parameters as of `map_scene`.

    Parameters
    ----------
    scene : Scene, str, Path or DataArray
        A scene, or the file that `embed` wrote of one: then nothing is encoded.
    texts : sequence of str
        At least two; their codes are 1, 2 and so on.
    uncertain_below : float, optional
        Pixels whose text is less probable get code 254.

    Raises
    ------
    sargeo.errors.SargeoError
        By its subclasses, with a remedy each.
    """
    names = _classes(texts, uncertain_below)
    with bounded_cache():
        loaded = speaking_model(model, device)
        vectors = text_vectors(loaded, names)
        cells = open_cells(scene, loaded, assume=assume, aoi=aoi, batch_size=batch_size)
        account = Account(loaded, "classify", reporter, cancelled, command)
        run = _Run(cells, account, names, vectors, uncertain_below)
        with Workspace(
            Path(out_dir), cells.header.name, TextPaths, overwrite=overwrite
        ) as workspace:
            return run.into(workspace)


def legend_of(texts: Sequence[str], *, uncertain: bool) -> tuple[LandCoverClass, ...]:
    """Return the legend of a map of texts: codes from 1, in the order given."""
    pairs = zip(texts, colours(len(texts)), strict=True)
    legend = tuple(LandCoverClass(code, *pair) for code, pair in enumerate(pairs, start=1))
    return (*legend, UNCERTAIN_CLASS) if uncertain else legend


@dataclass(frozen=True)
class _Run:
    cells: CellSource
    account: Account
    texts: tuple[str, ...]
    vectors: Tensor
    uncertain_below: float | None

    def into(self, workspace: Workspace[TextPaths]) -> ClassificationReport:
        """Do the work in the order of its phases."""
        cells, account, header = self.cells, self.account, self.cells.header
        pace = account.start([header.source], cells.steps, header.scene.grid().block.size)
        with account.phase(pace, "read"):
            require_space(workspace.folder, header.scene.shape, cells.wanted, self._bytes_per_pixel)
            cells.prepare()
            settings = cells.settings() | {"texts": list(self.texts)}
            workspace.write_manifest(settings)
        grid, paths = header.scene.grid(), workspace.paths
        with RowSinks(grid) as rasters:
            self._add_sinks(rasters, paths, grid)
            with account.phase(pace, "classify"):
                self._classify(rasters, workspace, pace)
            if not rasters.valid_pixels:
                raise NothingValidError(
                    f"{header.source} has no valid pixel where it was to be classified.",
                    "Check its nodata value and the area of interest.",
                )
            with account.phase(pace, "finish"):
                rasters.finish()
        shortfall = Shortfall()
        with shortfall.allow("Class names and style", AGAIN):
            write_class_pam(paths.classes, self._legend)
            write_text(paths.style, classes_qml(self._legend))
        with shortfall.allow("The STAC item", AGAIN):
            write_item(paths, account.run(header.source, grid, settings, "classified by texts"))
        pace.check()
        report = self._report(workspace.publish(), rasters, grid)
        shortfall.settle(workspace.out_dir)
        return report

    @property
    def _bytes_per_pixel(self) -> float:
        """Codes and confidences, on the scene's grid and, where it is another, on that of cells."""
        scene, work = self.cells.header.scene.grid(), self.cells.header.work.grid()
        return 2 + 2 * (work != scene) * work.block.size / scene.block.size

    @property
    def _legend(self) -> tuple[LandCoverClass, ...]:
        return legend_of(self.texts, uncertain=self.uncertain_below is not None)

    def _add_sinks(self, rasters: RowSinks, paths: TextPaths, grid: GeoGrid) -> None:
        metadata = self.account.metadata(self.cells.header.source)
        rasters.add(texts_sink(paths.classes, grid, self._legend, metadata), codes_of)
        rasters.add(confidence_sink(paths.confidence, grid, metadata), confidence_of)

    def _classify(self, rasters: RowSinks, workspace: Workspace[TextPaths], pace: Pace) -> None:
        header = self.cells.header
        if header.work == header.scene:
            with BackgroundWriter() as writer:
                for rows in self._rows(pace):
                    writer.submit(rasters.write, rows)
            return
        with WorkRaster(workspace.folder / "work.tif", header.work.grid(), 2) as work:
            with BackgroundWriter() as writer:
                for rows in self._rows(pace):
                    writer.submit(work.write, *rows.stacked())
            work.close()
            bring_back(work, header.scene.grid(), self.cells.wanted, rasters.write, pace.check)

    def _rows(self, pace: Pace) -> Iterator[Rows]:
        """Yield finished rows of pixels on the grid worked on."""
        header, temperature = self.cells.header, float(self.account.model.language.temperature)
        codes = np.arange(1, len(self.texts) + 1, dtype=np.uint8)
        pixels = PixelMosaic(header.work.shape, stride=header.stride)
        for strip in self.cells.strips(pace.advance):
            finished = pixels.add(strip.probabilities(self.vectors, temperature))
            yield Rows.of_strip(finished, codes, self.uncertain_below)

    def _report(
        self, products: tuple[Path, ...], rasters: RowSinks, grid: GeoGrid
    ) -> ClassificationReport:
        return ClassificationReport(
            products=products,
            valid_share=rasters.valid_pixels / grid.block.size,
            class_shares=rasters.class_shares(self._legend),
            class_areas_km2=rasters.class_areas_km2(self._legend),
            **self.account.effort(grid.block.size),
        )


def _classes(texts: Sequence[str], uncertain_below: float | None) -> tuple[str, ...]:
    names = clean_texts(texts)
    if len(names) < 2:
        raise UsageError(
            f"{names[0]!r} alone leaves nothing to tell it from.",
            'Give at least two texts, such as "ships" and "open water".',
        )
    if uncertain_below is not None and not 0 <= uncertain_below <= 1:
        raise UsageError(
            f"{uncertain_below:g} is not a probability.",
            "Give a number from 0 to 1 as the limit of the uncertain class.",
        )
    return names
