"""``classify``: a map whose classes are given as texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from sargeo.errors import UsageError
from sargeo.geo.grid import GeoGrid
from sargeo.inference.failed_products import AGAIN
from sargeo.inference.progress import RunProgress
from sargeo.inference.report import RunReport
from sargeo.inference.rows import LabelRows
from sargeo.inference.run import InferenceRun, nothing_valid, require_space
from sargeo.inference.sinks import RowSinks, codes_of, confidence_of
from sargeo.inference.writer import write_strips
from sargeo.language.cells import CellSource, open_cells
from sargeo.language.palette import colours
from sargeo.language.speaking import clean_texts, speaking_model, text_vectors
from sargeo.legend import UNCERTAIN_CLASS, LandCoverClass
from sargeo.model.api import SarModel
from sargeo.products.files import write_text
from sargeo.products.names import TextPaths
from sargeo.products.pam import write_class_pam
from sargeo.products.raster import confidence_sink
from sargeo.products.style import classes_qml
from sargeo.products.texts import texts_sink
from sargeo.products.workspace import Workspace
from sargeo.reporting import Reporter
from sargeo.scene.rasterfile import bounded_cache
from sargeo.tiling.pixels import PixelMosaic, Strip

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from sargeo.scene.assumptions import Assumptions
    from sargeo.scene.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassificationReport(RunReport):
    """What `classify` did, beside what every `RunReport` tells.

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
    """

    products: tuple[Path, ...]
    valid_share: float
    class_shares: dict[str, float]
    class_areas_km2: dict[str, float]


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
        run = InferenceRun(loaded, "classify", reporter, cancelled, command)
        with Workspace(
            Path(out_dir), cells.header.name, TextPaths, overwrite=overwrite
        ) as workspace:
            labels = _TextLabels(names, vectors, uncertain_below)
            return _ClassificationRun(cells, run, labels, workspace).finish()


def legend_of(texts: Sequence[str], *, uncertain: bool) -> tuple[LandCoverClass, ...]:
    """Return the legend of a map of texts: codes from 1, in the order given."""
    pairs = zip(texts, colours(len(texts)), strict=True)
    legend = tuple(LandCoverClass(code, *pair) for code, pair in enumerate(pairs, start=1))
    return (*legend, UNCERTAIN_CLASS) if uncertain else legend


@dataclass(frozen=True)
class _TextLabels:
    """Classes that are given as texts, with a vector (K, D) of unit length for each."""

    texts: tuple[str, ...]
    vectors: Tensor
    uncertain_below: float | None

    @property
    def legend(self) -> tuple[LandCoverClass, ...]:
        return legend_of(self.texts, uncertain=self.uncertain_below is not None)

    def rows(self, strip: Strip) -> LabelRows:
        codes = np.arange(1, len(self.texts) + 1, dtype=np.uint8)
        return LabelRows.of_strip(strip, codes, self.uncertain_below)


@dataclass(frozen=True)
class _ClassificationRun:
    cells: CellSource
    run: InferenceRun
    labels: _TextLabels
    workspace: Workspace[TextPaths]

    def finish(self) -> ClassificationReport:
        """Do the work in the order of its phases."""
        cells, run, header = self.cells, self.run, self.cells.header
        grid, paths = header.scene.grid(), self.workspace.paths
        progress = run.start({"scene": header.source}, cells.steps, grid.block.size)
        with run.phase(progress, "read"):
            folder = self.workspace.folder
            require_space(folder, header.scene.shape, cells.wanted, self._bytes_per_pixel)
            cells.prepare()
        with RowSinks(grid) as rasters:
            self._add_sinks(rasters, grid)
            with run.phase(progress, "classify"):
                self._classify(rasters, progress)
            if not rasters.valid_pixels:
                raise nothing_valid(header.source, "classified")
            with run.phase(progress, "finish"):
                rasters.finish()
        with run.failed.allow("Class names and style", AGAIN):
            write_class_pam(paths.classes, self.labels.legend)
            write_text(paths.style, classes_qml(self.labels.legend))
        settings = cells.settings() | {"texts": list(self.labels.texts)}
        record = run.record(header.source, grid, header.acquired, settings, "classified by texts")
        run.write_item(paths, record)
        return self._report(run.publish(self.workspace, progress), rasters, grid)

    @property
    def _bytes_per_pixel(self) -> float:
        """Codes and confidences, on the scene's grid and, where it is another, on that of cells."""
        scene, work = self.cells.header.scene.grid(), self.cells.header.work.grid()
        return 2 + 2 * (work != scene) * work.block.size / scene.block.size

    def _add_sinks(self, rasters: RowSinks, grid: GeoGrid) -> None:
        paths, tags = self.workspace.paths, self.run.tags(self.cells.header.source)
        rasters.add(texts_sink(paths.classes, grid, self.labels.legend, tags), codes_of)
        rasters.add(confidence_sink(paths.confidence, grid, tags), confidence_of)

    def _classify(self, rasters: RowSinks, progress: RunProgress) -> None:
        header = self.cells.header
        write_strips(
            self._strips(progress),
            self.labels.rows,
            rasters.write,
            folder=self.workspace.folder,
            working_grid=header.work.grid(),
            grid=header.scene.grid(),
            bands=2,
            wanted=self.cells.wanted,
            check=progress.check,
        )

    def _strips(self, progress: RunProgress) -> Iterator[Strip]:
        """Yield finished pixels on the working grid."""
        header, temperature = self.cells.header, float(self.run.model.language.temperature)
        pixels = PixelMosaic(header.work.shape, stride=header.stride)
        for strip in self.cells.strips(progress.advance):
            yield pixels.add(strip.probabilities(self.labels.vectors, temperature))

    def _report(
        self, products: tuple[Path, ...], rasters: RowSinks, grid: GeoGrid
    ) -> ClassificationReport:
        return ClassificationReport(
            products=products,
            valid_share=rasters.valid_pixels / grid.block.size,
            class_shares=rasters.class_shares(self.labels.legend),
            class_areas_km2=rasters.class_areas_km2(self.labels.legend),
            **self.run.effort(grid.block.size),
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
