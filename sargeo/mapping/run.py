"""From a scene to its products: the one place where the rooms of the library are joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from sargeo.errors import NothingValidError
from sargeo.geo.gridmap import GridMapping
from sargeo.inference.clock import timed
from sargeo.inference.disk_space import require_space
from sargeo.inference.job import findable, software_versions
from sargeo.inference.progress import Pace
from sargeo.inference.rows import Rows, bring_back
from sargeo.inference.shortfall import AGAIN, Shortfall
from sargeo.inference.working_raster import WorkRaster
from sargeo.inference.writer import BackgroundWriter
from sargeo.legend import UNCERTAIN_CLASS
from sargeo.machine import peak_memory_bytes
from sargeo.mapping.candidates import CandidateCounter, Candidates
from sargeo.mapping.job import Job
from sargeo.mapping.options import MapKeywords, MapOptions
from sargeo.mapping.report import RunReport
from sargeo.mapping.rows import RasterProducts
from sargeo.model.api import SarModel
from sargeo.model.registry import load_model
from sargeo.products.count import CountGrid
from sargeo.products.files import write_text
from sargeo.products.names import ProductPaths
from sargeo.products.provenance import Run, write_item
from sargeo.products.style import classes_qml, count_qml
from sargeo.products.vector import objects_frame, write_objects
from sargeo.products.workspace import Workspace
from sargeo.reporting import Reporter, Silent
from sargeo.scene.notices import notices
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import Normalisation
from sargeo.scene.rasterfile import bounded_cache
from sargeo.tiling.detections import Detections
from sargeo.tiling.mosaic import StripeResult
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
) -> RunReport:
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
        run = _Run(job, reporter or Silent(), cancelled, tuple(command))
        with Workspace(
            Path(out_dir), job.scene.name, ProductPaths, overwrite=overwrite
        ) as workspace:
            return run.into(workspace)


def open_job(
    scene: Scene | str | Path | xr.DataArray,
    model: SarModel | str | Path,
    options: MapOptions,
    *,
    assume: Assumptions | str | None = None,
    device: str = "auto",
) -> Job:
    """Open scene and model and settle the run, without writing anything."""
    opened = open_scene(scene, assume=assume)
    loaded = model if isinstance(model, SarModel) else load_model(model, device)
    return Job.prepare(opened, loaded, options)


@dataclass(frozen=True)
class _Found:
    objects: int
    proposed: int
    dropped: dict[str, int]


@dataclass
class _Run:
    job: Job
    reporter: Reporter
    cancelled: Callable[[], bool]
    command: tuple[str, ...]
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: dict[str, float] = field(default_factory=dict)
    shortfall: Shortfall = field(default_factory=Shortfall)

    def into(self, workspace: Workspace[ProductPaths]) -> RunReport:
        """Do the work in the order of its phases."""
        facts = self.job.facts()
        self.reporter.start(facts)
        for notice in notices(self.job.scene):
            self.reporter.warning(notice)
        rows, cols = self.job.scene.grid.shape
        pace = Pace(int(str(facts["windows"])), rows * cols, self.reporter, self.cancelled)
        pace.phase("read")
        with timed(self.seconds, "read"):
            require_space(
                workspace.folder,
                self.job.scene.grid.shape,
                self.job.wanted,
                self.job.bytes_per_pixel,
            )
            constants = self.job.model.spec.normalisation.constants()
            normalisation = Normalisation.of_scene(self.job.scene, constants)
            workspace.write_manifest(self.job.manifest(normalisation.to_dict()))
        pace.phase("read", done=1)
        with RasterProducts(self.job, workspace.paths, self._metadata()) as rasters:
            with timed(self.seconds, "map"):
                candidates = self._map(workspace, rasters, normalisation, pace)
            if not rasters.valid_pixels:
                raise NothingValidError(
                    f"{self.job.scene.source} has no valid pixel where it was to be mapped.",
                    "Check its nodata value and the area of interest.",
                )
            with timed(self.seconds, "finish"):
                pace.phase("finish")
                found = self._finish(workspace, rasters, candidates)
                pace.phase("finish", done=1)
        self.shortfall.refuse_nothing(bool(workspace.paths.data()))
        self._describe(workspace, normalisation, pace)
        pace.check()
        report = self._report(workspace.publish(), rasters, found)
        self.shortfall.settle(workspace.out_dir)
        return report

    def _describe(
        self, workspace: Workspace[ProductPaths], normalisation: Normalisation, pace: Pace
    ) -> None:
        """Write the item and, where asked for, the page, which reads it and belongs to it."""
        with self.shortfall.allow("The STAC item", AGAIN):
            self._write_item(workspace, normalisation)
        if not self.job.options.web_map:
            return
        page = workspace.final.page
        command = f'sargeo webmap "{workspace.out_dir}" --name "{workspace.stem}" -o "{page}"'
        with (
            self.shortfall.allow("The web page", f"Then run {command}."),
            timed(self.seconds, "webmap"),
        ):
            pace.phase("webmap")
            self._web_map(workspace)
            pace.phase("webmap", done=1)
            self._write_item(workspace, normalisation)

    def _map(
        self,
        workspace: Workspace[ProductPaths],
        rasters: RasterProducts,
        normalisation: Normalisation,
        pace: Pace,
    ) -> Candidates:
        job, codes = self.job, np.array(self.job.model.spec.classes, dtype=np.uint8)
        source = SceneSource(job.work, normalisation, job.work_area)
        results = sweep(
            job.model,
            source,
            job.acquisition,
            job.tiling,
            device=job.model.device,
            keep_probabilities=job.options.class_probabilities,
            advance=pace.advance,
        )

        def as_rows(strip: Strip) -> Rows:
            return Rows.of_strip(strip, codes, job.options.uncertain_below)

        counter = CandidateCounter(job.min_confidence)
        spacing_m = job.acquisition.gsd_m or (1.0, 1.0)
        if not job.resampled:
            _drain(results, workspace, lambda strip: rasters.write(as_rows(strip)), counter)
            return counter.merge(spacing_m)
        percents = 1 + (len(codes) if job.options.class_probabilities else 0)
        with WorkRaster(workspace.folder / "work.tif", job.work.grid, 1 + percents) as work:
            _drain(results, workspace, lambda s: work.write(*as_rows(s).stacked()), counter)
            work.close()
            bring_back(work, job.scene.grid, job.wanted, rasters.write, pace.check)
        return counter.merge(spacing_m)

    def _finish(
        self, workspace: Workspace[ProductPaths], rasters: RasterProducts, candidates: Candidates
    ) -> _Found | None:
        paths, options = workspace.paths, self.job.options
        if options.landcover:
            with self.shortfall.allow("A raster", _ELSEWHERE.format("landcover")):
                rasters.finish()
            with self.shortfall.allow("The style of the land cover", AGAIN):
                legend = (*self.job.model.spec.landcover, UNCERTAIN_CLASS)
                write_text(paths.landcover_style, classes_qml(legend))
        if not options.find_objects:
            return None
        frame = self._objects(candidates.detections)
        with self.shortfall.allow("The objects and their counts", _ELSEWHERE.format("objects")):
            sifting = options.objects.sift(frame, paths.landcover if options.landcover else None)
            frame = frame[sifting.kept].reset_index(drop=True)
            write_objects(paths.objects, frame)
            with self.shortfall.allow("The count raster", _ELSEWHERE.format("objects")):
                self._write_counts(paths, rasters.counts, frame)
            return _Found(len(frame), candidates.proposed, candidates.dropped | sifting.dropped)
        return None

    def _write_counts(
        self, paths: ProductPaths, counts: CountGrid, frame: gpd.GeoDataFrame
    ) -> None:
        places = self.job.scene.grid.rowcol(frame.geometry.x, frame.geometry.y)
        counts.write(paths.count, *places, self._metadata())
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

    def _write_item(self, workspace: Workspace[ProductPaths], normalisation: Normalisation) -> None:
        run = Run(
            source=findable(self.job.scene.source),
            grid=self.job.scene.grid,
            acquired=None,
            began=self.began,
            finished=datetime.now(UTC),
            model=self.job.model.spec,
            model_item=None,
            command=self.command,
            settings=self.job.manifest(normalisation.to_dict()),
            software=software_versions(),
            seconds=dict(self.seconds),
        )
        write_item(workspace.paths, run)

    def _metadata(self) -> dict[str, str]:
        spec = self.job.model.spec
        return {
            "software": f"sargeo {software_versions()['sargeo']}",
            "model": f"{spec.name} {spec.version}",
            "model_sha256": spec.weights_sha256,
            "scene": self.job.scene.source,
        }

    def _web_map(self, workspace: Workspace[ProductPaths]) -> None:
        from sargeo.webmap import write_web_map  # folium is slow to import

        write_web_map(workspace.paths, workspace.paths.page, scene=self.job.scene)

    def _report(
        self, products: tuple[Path, ...], rasters: RasterProducts, found: _Found | None
    ) -> RunReport:
        legend = (*self.job.model.spec.landcover, UNCERTAIN_CLASS)
        rows, cols = self.job.scene.grid.shape
        return RunReport(
            products=products,
            objects=found.objects if found else None,
            objects_proposed=found.proposed if found else None,
            objects_dropped=found.dropped if found else {},
            valid_share=rasters.valid_pixels / (rows * cols),
            class_shares=rasters.class_shares(legend),
            class_areas_km2=rasters.class_areas_km2(legend),
            model=self.job.model.spec.name,
            device=str(self.job.model.device),
            seconds={phase: round(s, 3) for phase, s in self.seconds.items()},
            mpx_per_s=round(rows * cols / self.seconds["map"] / 1e6, 3),
            peak_memory_bytes=peak_memory_bytes(),
        )


def _drain(
    results: Iterable[tuple[StripeResult, Strip]],
    workspace: Workspace[ProductPaths],
    write: Callable[[Strip], None],
    counter: CandidateCounter,
) -> None:
    """Write stripes and strips as they come, on a thread, and count the objects."""
    with BackgroundWriter() as writer:
        for result, strip in results:
            writer.submit(workspace.save_stripe, result.stripe.index, _as_arrays(result))
            writer.submit(write, strip)
            counter.add(result)


def _as_arrays(result: StripeResult) -> dict[str, NDArray[Any]]:
    """Return a stripe's result as it is kept until the run is whole."""
    return {
        "sums": result.sums.cpu().numpy(),
        "cell_col": np.array(result.cell_col),
        "wanted": np.packbits(result.wanted, axis=1),
        "owner": result.owner,
        **{name: getattr(result.detections, name) for name in Detections.columns()},
    }
