"""What a run would take, without running it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
import torch

from sargeo.geo.grid import Block
from sargeo.inference.job import BATCH_SIZE
from sargeo.mapping.job import MapJob
from sargeo.mapping.options import MapKeywords, MapOptions
from sargeo.mapping.run import open_job
from sargeo.model.api import SarModel
from sargeo.tiling.batch import Batch
from sargeo.tiling.plan import Window
from sargeo.tiling.stream import READ_AHEAD

if TYPE_CHECKING:
    import xarray as xr

    from sargeo.scene.assumptions import Assumptions
    from sargeo.scene.scene import Scene

BASE_BYTES = 1_100_000_000
"""Resident memory of libraries, default model, GDAL's cache and COG writers. With it the estimate
for a Los Angeles scene is 1.8 GB, where 1.7 to 1.9 were measured."""

NETWORK_BYTES_PER_PIXEL = 1_400
"""Activations of the default model for each pixel of a batch."""


TIMED_SIDE = 256
"""Side in pixels of the windows that are timed: whole ones, of a patch or batch size that the user
chose, may take minutes and gigabytes."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run would take.

    Attributes
    ----------
    scene, model, device : str
    crs : str
    rows, cols : int
        Of the scene.
    gsd_m : tuple of float or None
        Ground spacing of the working grid.
    resampled : bool
        Whether the network works on another grid than the scene's.
    work_rows, work_cols : int
        Of that grid.
    patch, margin, batch_size, windows, stripes : int
    memory_bytes : int
        Estimate of the peak.
    seconds : float
        Estimate for a scene without nodata, from one timed batch.
    output_bytes : dict of str to int
        Upper bound of the rasters by product, before compression.
    """

    scene: str
    model: str
    device: str
    crs: str
    rows: int
    cols: int
    gsd_m: tuple[float, float] | None
    resampled: bool
    work_rows: int
    work_cols: int
    patch: int
    margin: int
    batch_size: int
    windows: int
    stripes: int
    memory_bytes: int
    seconds: float
    output_bytes: dict[str, int]

    def to_dict(self) -> dict[str, object]:
        """Return the plan as plain values for JSON."""
        return asdict(self)


def plan_map(
    scene: Scene | str | Path | xr.DataArray,
    model: SarModel | str | Path = "sargeo-tiny",
    *,
    assume: Assumptions | str | None = None,
    device: str = "auto",
    **options: Unpack[MapKeywords],
) -> RunPlan:
    """Tell what `sargeo.mapping.map_scene` would do. One batch is run to measure the speed.

    Raises
    ------
    sargeo.errors.SargeoError
        Where the run would be refused before its first window.
    """
    job = open_job(scene, model, MapOptions(**options), assume=assume, device=device)
    stripes, _ = job.tiling.count(job.work.grid.shape, job.model)
    grid, work = job.scene.grid, job.work.grid
    return RunPlan(
        scene=job.scene.source,
        model=job.model.spec.name,
        device=str(job.model.device),
        crs=grid.crs.to_string(),
        rows=grid.height,
        cols=grid.width,
        gsd_m=job.acquisition.gsd_m,
        resampled=job.resampled,
        work_rows=work.height,
        work_cols=work.width,
        patch=job.tiling.patch,
        margin=job.tiling.margin,
        batch_size=job.tiling.batch_size,
        windows=job.windows,
        stripes=stripes,
        memory_bytes=_memory_bytes(job),
        seconds=round(job.windows * _seconds_per_window(job), 1),
        output_bytes=_output_bytes(job),
    )


def _memory_bytes(job: MapJob) -> int:
    height, width = job.tiling.read_shape(job.work.grid.shape, job.model)
    bands, classes = len(job.scene.bands), job.model.channels
    stripe = height * width * (8 * bands + 2) * (READ_AHEAD + 2)
    mosaic = height * width * (4 * (classes + 1) / job.model.output_stride**2 * 3 + 4 * classes)
    network = job.tiling.batch_size * height**2 * NETWORK_BYTES_PER_PIXEL
    return int(BASE_BYTES + stripe + mosaic + network)


def _seconds_per_window(job: MapJob) -> float:
    """Time a batch that costs little on any machine, and scale it to what a window holds."""
    height, width = job.tiling.read_shape(job.work.grid.shape, job.model)
    width = min(width, job.tiling.patch)
    side = min(height, TIMED_SIDE), min(width, TIMED_SIDE)
    device = job.model.device
    count = min(job.tiling.batch_size, BATCH_SIZE[device.type])
    window = Window(0, Block(0, 0, *side), Block(0, 0, *side))
    batch = Batch(
        torch.zeros(count, len(job.scene.bands), *side, device=device),
        torch.ones(count, *side, dtype=torch.bool, device=device),
        torch.full((count, 2), np.nan, device=device),
        (window,) * count,
    )
    job.model.infer(batch, job.acquisition)  # the first run is slower
    began = time.perf_counter()
    job.model.infer(batch, job.acquisition).maps.sum().item()  # item() waits for a GPU
    seconds = (time.perf_counter() - began) / count
    return seconds * (height * width) / (side[0] * side[1])


def _output_bytes(job: MapJob) -> dict[str, int]:
    pixels = job.scene.grid.height * job.scene.grid.width
    sizes = {"landcover": pixels, "confidence": pixels} if job.options.landcover else {}
    if job.options.class_probabilities:
        sizes["probabilities"] = pixels * job.model.channels
    return sizes
