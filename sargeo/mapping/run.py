"""From a scene to its products: the one place where the rooms of the library are joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import geopandas as gpd
import numpy as np

from sargeo.geo.gridmap import GridMapping
from sargeo.inference.failed_products import AGAIN
from sargeo.inference.progress import RunProgress
from sargeo.inference.rows import LabelRows
from sargeo.inference.run import InferenceRun, nothing_valid, require_space
from sargeo.inference.writer import write_strips
from sargeo.legend import UNCERTAIN_CLASS
from sargeo.mapping.candidates import CandidateCounter, Candidates
from sargeo.mapping.job import MapJob
from sargeo.mapping.options import MapKeywords, MapOptions
from sargeo.mapping.report import MapReport
from sargeo.mapping.rows import RasterProducts
from sargeo.model.api import SarModel
from sargeo.model.registry import load_model
from sargeo.products.count import CountGrid
from sargeo.products.files import write_text
from sargeo.products.names import ProductPaths
from sargeo.products.style import classes_qml, count_qml
from sargeo.products.vector import objects_frame, write_objects
from sargeo.products.workspace import Workspace
from sargeo.reporting import Reporter
from sargeo.scene.notices import notices
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import Normalisation
from sargeo.scene.rasterfile import bounded_cache
from sargeo.tiling.detections import Detections
from sargeo.tiling.pixels import Strip
from sargeo.tiling.source import SceneSource
from sargeo.tiling.sweep import sweep

if TYPE_CHECKING:
    import xarray as xr

    from sargeo.scene.assumptions import Assumptions
    from sargeo.scene.scene import Scene


_ELSEWHERE = "Then run the same command with --products {} and another output folder."


def map_scene(
    scene: Scene | str | Path | xr.DataArray,
    model: SarModel | str | Path = "sargeo-tiny",
    out_dir: str | Path = ".",
    *,
    assume: Assumptions | str | None = None,
    device: str = "auto",
    overwrite: bool = False,
    reporter: Reporter | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    command: Sequence[str] = (),
    **options: Unpack[MapKeywords],
) -> MapReport:
    """Map a scene and write its products.

    Parameters
    ----------
    scene : Scene, str, Path or DataArray
        What to map; anything that `sargeo.scene.open.open_scene` takes.
    model : SarModel, str or Path
        Name or folder of a model, or one that is loaded.
    out_dir : str or Path
        Folder of the products; made where it does not exist.
    assume : Assumptions or str, optional
        What the file does not say, as in ``--assume``.
    device : str
        "auto", "cpu" or "cuda[:N]"; not looked at where ``model`` is loaded.
    overwrite : bool
        Replace products, and an unfinished run, of the same scene.
    reporter : Reporter, optional
        Is told what happens.
    cancelled : callable
        Asked between batches whether to stop.
    command : sequence of str
        The command line, for provenance.
    **options
        The fields of `sargeo.mapping.MapOptions`: products, cell_size_m, aoi, batch_size, patch,
        margin, objects, class_probabilities, uncertain_below, web_map.

    Raises
    ------
    sargeo.errors.SargeoError
        By its subclasses, with a remedy each. Where a product fails after others were finished,
        these are published, and the error names what is missing.
    """
    with bounded_cache():
        job = open_job(scene, model, MapOptions(**options), assume=assume, device=device)
        run = InferenceRun(job.model, "map", reporter, cancelled, command)
        with Workspace(
            Path(out_dir), job.scene.name, ProductPaths, overwrite=overwrite
        ) as workspace:
            return _MapRun(job, run, workspace).finish()


def open_job(
    scene: Scene | str | Path | xr.DataArray,
    model: SarModel | str | Path,
    options: MapOptions,
    *,
    assume: Assumptions | str | None = None,
    device: str = "auto",
) -> MapJob:
    """Open scene and model and settle the run, without writing anything."""
    opened = open_scene(scene, assume=assume)
    loaded = model if isinstance(model, SarModel) else load_model(model, device)
    return MapJob.prepare(opened, loaded, options)


@dataclass(frozen=True)
class _FoundObjects:
    kept: int
    proposed: int
    dropped: dict[str, int]


@dataclass(frozen=True)
class _MapRun:
    job: MapJob
    run: InferenceRun
    workspace: Workspace[ProductPaths]

    def finish(self) -> MapReport:
        """Do the work in the order of its phases."""
        job, run, paths = self.job, self.run, self.workspace.paths
        pixels = job.scene.grid.block.size
        progress = run.start(job.facts(), job.windows, pixels, notices(job.scene))
        with run.phase(progress, "read"):
            normalisation = self._read()
        with RasterProducts(job, paths, run.tags(job.scene.source)) as rasters:
            with run.timed("map"):
                candidates = self._map(rasters, normalisation, progress)
            if not rasters.valid_pixels:
                raise nothing_valid(job.scene.source, "mapped")
            with run.phase(progress, "finish"):
                found = self._finish_products(rasters, candidates)
        run.failed.raise_if_nothing_was_made(bool(paths.data()))
        self._describe(normalisation, progress)
        products = run.publish(self.workspace, progress)
        return self._report(products, rasters, found)

    def _read(self) -> Normalisation:
        """Read a sample of the scene, of which all pixels are normalised."""
        job = self.job
        require_space(self.workspace.folder, job.scene.grid.shape, job.wanted, job.bytes_per_pixel)
        return Normalisation.of_scene(job.scene, job.model.spec.normalisation.constants())

    def _map(
        self, rasters: RasterProducts, normalisation: Normalisation, progress: RunProgress
    ) -> Candidates:
        job, codes = self.job, np.array(self.job.model.spec.classes, dtype=np.uint8)
        counter = CandidateCounter(job.min_confidence)

        def strips() -> Iterator[Strip]:
            for result, strip in sweep(
                job.model,
                SceneSource(job.work, normalisation, job.work_area),
                job.acquisition,
                job.tiling,
                device=job.model.device,
                keep_probabilities=job.options.class_probabilities,
                advance=progress.advance,
            ):
                counter.add(result)
                yield strip

        write_strips(
            strips(),
            lambda strip: LabelRows.of_strip(strip, codes, job.options.uncertain_below),
            rasters.write,
            folder=self.workspace.folder,
            working_grid=job.work.grid,
            grid=job.scene.grid,
            bands=1 + job.percents,
            wanted=job.wanted,
            check=progress.check,
        )
        return counter.merge(job.acquisition.gsd_m or (1.0, 1.0))

    def _finish_products(
        self, rasters: RasterProducts, candidates: Candidates
    ) -> _FoundObjects | None:
        paths, options, failed = self.workspace.paths, self.job.options, self.run.failed
        if options.landcover:
            with failed.allow("A raster", _ELSEWHERE.format("landcover")):
                rasters.finish()
            with failed.allow("The style of the land cover", AGAIN):
                legend = (*self.job.model.spec.landcover, UNCERTAIN_CLASS)
                write_text(paths.landcover_style, classes_qml(legend))
        if not options.find_objects:
            return None
        frame = self._objects(candidates.detections)
        with failed.allow("The objects and their counts", _ELSEWHERE.format("objects")):
            sifting = options.objects.sift(frame, paths.landcover if options.landcover else None)
            frame = frame[sifting.kept].reset_index(drop=True)
            write_objects(paths.objects, frame)
            with failed.allow("The count raster", _ELSEWHERE.format("objects")):
                self._write_counts(rasters.counts, frame)
            dropped = candidates.dropped | sifting.dropped
            return _FoundObjects(len(frame), candidates.proposed, dropped)
        return None

    def _write_counts(self, counts: CountGrid, frame: gpd.GeoDataFrame) -> None:
        paths, scene = self.workspace.paths, self.job.scene
        places = scene.grid.rowcol(frame.geometry.x, frame.geometry.y)
        counts.write(paths.count, *places, self.run.tags(scene.source))
        write_text(paths.count_style, count_qml(int(counts.count(*places).max())))

    def _objects(self, detections: Detections) -> gpd.GeoDataFrame:
        """Objects as points in the scene's CRS."""
        work = self.job.work
        frame = objects_frame(
            detections,
            work.grid,
            kinds=self.job.model.spec.object_kinds,
            length_known=work.gsd_known,
            assumed_gsd_m=work.assumed_gsd_m,
        )
        if not self.job.resampled:
            return frame
        # Not by to_crs: a scene across the antimeridian has its own side of it.
        grid = self.job.scene.grid
        places = work.grid.rowcol(frame.geometry.x, frame.geometry.y)
        points = gpd.points_from_xy(*grid.xy(*GridMapping(work.grid, grid).rowcol(*places)))
        return frame.set_geometry(points, crs=grid.crs)

    def _describe(self, normalisation: Normalisation, progress: RunProgress) -> None:
        """Write the item and, where asked for, the page, which reads it and belongs to it."""
        self._write_item(normalisation)
        if not self.job.options.web_map:
            return
        workspace = self.workspace
        page = workspace.final.page
        command = f'sargeo webmap "{workspace.out_dir}" --name "{workspace.stem}" -o "{page}"'
        with self.run.failed.allow("The web page", f"Then run {command}."):
            with self.run.phase(progress, "webmap"):
                self._web_map()
            self._write_item(normalisation)

    def _write_item(self, normalisation: Normalisation) -> None:
        scene, settings = self.job.scene, self.job.settings(normalisation.to_dict())
        record = self.run.record(scene.source, scene.grid, scene.acquired, settings, "mapped")
        self.run.write_item(self.workspace.paths, record)

    def _web_map(self) -> None:
        from sargeo.webmap import write_web_map  # folium is slow to import

        paths = self.workspace.paths
        write_web_map(paths, paths.page, scene=self.job.scene)

    def _report(
        self, products: tuple[Path, ...], rasters: RasterProducts, found: _FoundObjects | None
    ) -> MapReport:
        legend = (*self.job.model.spec.landcover, UNCERTAIN_CLASS)
        pixels = self.job.scene.grid.block.size
        return MapReport(
            products=products,
            objects=found.kept if found else None,
            objects_proposed=found.proposed if found else None,
            objects_dropped=found.dropped if found else {},
            valid_share=rasters.valid_pixels / pixels,
            class_shares=rasters.class_shares(legend),
            class_areas_km2=rasters.class_areas_km2(legend),
            **self.run.effort(pixels),
        )
