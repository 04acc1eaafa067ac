"""One run of a model over a scene: who is told, whether it goes on, what it took, what it made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from sargeo.errors import NothingValidError
from sargeo.geo.grid import Block, GeoGrid
from sargeo.inference.failed_products import AGAIN, FailedProducts
from sargeo.inference.job import findable, software_versions
from sargeo.inference.progress import RunProgress
from sargeo.inference.report import Effort
from sargeo.machine import peak_memory_bytes
from sargeo.model.api import SarModel
from sargeo.products.files import require_free_bytes
from sargeo.products.names import ScenePaths
from sargeo.products.provenance import RunRecord, write_item
from sargeo.reporting import Reporter, Silent
from sargeo.scene.sampling import sample_blocks

if TYPE_CHECKING:
    from sargeo.products.workspace import Workspace

P = TypeVar("P", bound=ScenePaths)


@dataclass
class InferenceRun:
    """One run of a command, from its start to its products and its report.

    Attributes
    ----------
    model : SarModel
    command_phase : str
        Name of the phase in which windows come by: "map", "embed", "classify" or "search".
    reporter : Reporter or None
    cancelled : callable
        Asked between batches whether to stop.
    command : sequence of str
        The command line, for provenance.
    began : datetime
    seconds : dict of str to float
        Wall time by phase, of those that are over.
    failed : FailedProducts
        Products that could not be made, while others were.
    """

    model: SarModel
    command_phase: str
    reporter: Reporter | None = None
    cancelled: Callable[[], bool] = lambda: False
    command: Sequence[str] = ()
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: dict[str, float] = field(default_factory=dict)
    failed: FailedProducts = field(default_factory=FailedProducts)

    def start(
        self, facts: Mapping[str, object], windows: int, pixels: int, notices: Sequence[str] = ()
    ) -> RunProgress:
        """Tell what is about to happen, and return what counts the windows.

        Parameters
        ----------
        facts : mapping
            Beside model, device and number of windows, as plain values.
        windows, pixels : int
            Of all scenes together.
        notices : sequence of str
            What users should know of how the scene was read.
        """
        reporter = self.reporter or Silent()
        model = {"model": self.model.spec.name, "device": str(self.model.device)}
        reporter.start({**facts, **model, "windows": windows})
        for notice in notices:
            reporter.warning(notice)
        return RunProgress(windows, pixels, reporter, self.cancelled, self.command_phase)

    @contextmanager
    def phase(self, progress: RunProgress, name: str) -> Iterator[None]:
        """Tell of a phase, and time it."""
        progress.phase(name)
        with self.timed(name):
            yield
        progress.phase(name, done=1)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time a phase that the reporter is told of by its windows."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - began

    def tags(self, source: str) -> dict[str, str]:
        """Return the tags of every file that is made of a scene."""
        spec = self.model.spec
        return {
            "software": f"sargeo {software_versions()['sargeo']}",
            "model": f"{spec.name} {spec.version}",
            "model_sha256": spec.weights_sha256,
            "scene": source,
        }

    def record(
        self,
        source: str,
        grid: GeoGrid,
        acquired: datetime | None,
        settings: Mapping[str, object],
        processed: str,
    ) -> RunRecord:
        """Return what provenance tells of the run so far.

        Parameters
        ----------
        source : str
            The scene, as the user gave it.
        grid : GeoGrid
            Of the products.
        acquired : datetime or None
            See `sargeo.scene.scene.Scene.acquired`.
        settings : mapping
            What the result depends on, as plain values for JSON.
        processed : str
            What was done with the scene, as in "mapped".
        """
        return RunRecord(
            source=findable(source),
            grid=grid,
            acquired=acquired,
            began=self.began,
            finished=datetime.now(UTC),
            model=self.model.spec,
            model_item=None if self.model.item is None else self.model.item.as_uri(),
            command=tuple(self.command),
            settings=settings,
            software=software_versions(),
            seconds=dict(self.seconds),
            processed=processed,
        )

    def write_item(self, paths: ScenePaths, record: RunRecord) -> None:
        """Write the STAC item, which describes the other products and may be missing."""
        with self.failed.allow("The STAC item", AGAIN):
            write_item(paths, record)

    def publish(self, workspace: Workspace[P], progress: RunProgress) -> tuple[Path, ...]:
        """Move the products into place, unless the run was cancelled, and return them.

        Raises
        ------
        sargeo.errors.SargeoError
            If a product failed; the others are in place then.
        """
        progress.check()
        products = workspace.publish()
        self.failed.raise_first(workspace.out_dir)
        return products

    def effort(self, pixels: int) -> Effort:
        """Return the fields that every report ends with; ``pixels`` of all scenes."""
        return {
            "model": self.model.spec.name,
            "device": str(self.model.device),
            "seconds": {phase: round(s, 3) for phase, s in self.seconds.items()},
            "mpx_per_s": round(pixels / self.seconds[self.command_phase] / 1e6, 3),
            "peak_memory_bytes": peak_memory_bytes(),
        }


def nothing_valid(source: str, processed: str) -> NothingValidError:
    """Return the error of a run that met no valid pixel; ``processed`` as in "mapped"."""
    return NothingValidError(
        f"{source} has no valid pixel where it was to be {processed}.",
        "Check its nodata value and the area of interest.",
    )


def require_space(
    folder: Path,
    shape: tuple[int, int],
    wanted: Callable[[Block], NDArray[np.bool_]],
    bytes_per_pixel: float,
) -> None:
    """Refuse a run whose uncompressed rows would not fit on the disk.

    Rows without a result take no room; how many have one is judged by a sample of blocks.

    Parameters
    ----------
    folder : Path
        Where the run works.
    shape : tuple of int
        (rows, cols) of the scene.
    wanted : callable
        Tells in which pixels of a block of the scene a result is asked for.
    bytes_per_pixel : float
        What is written for such a pixel.

    Raises
    ------
    sargeo.errors.DiskFullError
    """
    blocks = sample_blocks(shape)
    found = sum(int(wanted(block).sum()) for block in blocks)
    fraction = found / sum(block.size for block in blocks)
    require_free_bytes(folder, fraction * shape[0] * shape[1] * bytes_per_pixel)
