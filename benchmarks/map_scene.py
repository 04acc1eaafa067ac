"""Is the pipeline as fast as its encoder? Everything is measured in one run, side by side.

    python benchmarks/map_scene.py [SCENE] [--small] [--batch-size N] [--repeat N]

Without a scene, one is made: uint8 amplitude, 6144 x 6144, a third of it nodata. ``--small`` takes
a network of a few thousand weights, which encodes at 15 Mpx/s and more, so that a slow encoder does
not hide a slow pipeline.

Printed for each part: wall and CPU seconds and million pixels per second; for the whole also the
ratio of its wall time to the larger of the encoder's wall time and all CPU seconds divided by the
cores, which should be at most 1.3.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import torch
from rasterio.transform import from_origin

from sargeo.geo.grid import Block
from sargeo.inference.rows import LabelRows
from sargeo.machine import peak_memory_bytes
from sargeo.mapping import map_scene
from sargeo.mapping.job import MapJob
from sargeo.mapping.options import MapOptions
from sargeo.mapping.rows import RasterProducts
from sargeo.model.api import SarModel
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import load_model
from sargeo.model.spec import ConvNextSpec
from sargeo.products.names import ProductPaths
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import Normalisation
from sargeo.tiling.source import SceneSource
from sargeo.tiling.stream import stream

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Timing:
    """Seconds of one part."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timed() -> Iterator[Timing]:
    timing = Timing()
    wall, cpu = time.perf_counter(), time.process_time()
    yield timing
    timing.wall, timing.cpu = time.perf_counter() - wall, time.process_time() - cpu


def small_model() -> SarModel:
    """Return a network built like the embedded one, but far smaller, with random weights."""
    embedded = load_model("sargeo-tiny", "cpu")
    tower = ConvNextSpec(depths=(1, 1, 1, 1), dims=(4, 8, 8, 8), decoder_dim=4)
    spec = embedded.spec.model_copy(update={"name": "small", "tower": tower})
    torch.manual_seed(0)
    return SarModel(SarKnowlip.from_spec(spec), spec, embedded.device)


def made_scene(folder: Path, side: int = 6144) -> Path:
    """Write a scene of speckle with a third of nodata at one side."""
    path = folder / "made_vh.tif"
    rng = np.random.default_rng(0)
    profile = {
        "driver": "GTiff",
        "dtype": "uint8",
        "count": 1,
        "width": side,
        "height": side,
        "crs": "EPSG:32611",
        "transform": from_origin(300_000, 4_000_000, 10, 10),
        "nodata": 0,
        "tiled": True,
        "compress": "deflate",
    }
    with rasterio.open(path, "w", **profile) as dataset:
        for row in range(0, side, 512):
            rows = np.clip(60 * rng.standard_gamma(2.0, (512, side)), 1, 255).astype(np.uint8)
            rows[:, : side // 3] = 0
            dataset.write(rows, 1, window=rasterio.windows.Window(0, row, side, 512))
    return path


def encoder_alone(job: MapJob, source: SceneSource) -> tuple[Timing, int]:
    """Run the network over all batches that the run has, one at a time, from memory."""
    timing, pixels = Timing(), 0
    for loaded in stream(source, job.stripes()):
        batches = list(loaded.batches(job.tiling.batch_size, job.model.device))
        with timed() as part:
            for batch in batches:
                job.model.infer(batch, job.acquisition)
        timing.wall, timing.cpu = timing.wall + part.wall, timing.cpu + part.cpu
        pixels += sum(b.valid.numel() for b in batches)
    return timing, pixels


def reading_alone(job: MapJob, source: SceneSource) -> Timing:
    with timed() as timing:
        for loaded in stream(source, job.stripes()):
            loaded.windows()
    return timing


def writing_alone(job: MapJob, folder: Path) -> Timing:
    """Write rasters of the scene's size with land cover in blocks, as compressible as real ones."""
    rng = np.random.default_rng(0)
    grid = job.scene.grid
    codes = np.array(job.model.spec.classes, dtype=np.uint8)
    with timed() as timing, RasterProducts(job, ProductPaths(folder, "writing"), {}) as rasters:
        for row in range(0, grid.height, 384):
            block = Block(row, 0, min(384, grid.height - row), grid.width)
            wanted = job.scene.read(block).valid
            cells = rng.integers(0, len(codes), (block.height // 16 + 1, grid.width // 16 + 1))
            classes = np.kron(cells, np.ones((16, 16), np.uint8))[: block.height, : grid.width]
            landcover = np.where(wanted, codes[classes], np.uint8(0))
            confidence = np.where(wanted, (classes * 7 + 50).astype(np.uint8), np.uint8(255))
            rasters.write(LabelRows(row, wanted, landcover, confidence[None]))
        rasters.finish()
    return timing


def show(name: str, timing: Timing, pixels: int) -> None:
    print(
        f"{name:<28}{timing.wall:>9.2f} s wall{timing.cpu:>9.2f} s CPU"
        f"{pixels / timing.wall / 1e6:>9.1f} Mpx/s"
    )


def measure(job: MapJob, make: Callable[[], Path]) -> float:
    constants = job.model.spec.normalisation.constants()
    source = SceneSource(job.work, Normalisation.of_scene(job.scene, constants))
    pixels = job.scene.grid.height * job.scene.grid.width
    encoder, encoded = encoder_alone(job, source)
    reading, writing = reading_alone(job, source), writing_alone(job, make())
    with timed() as whole:
        report = map_scene(job.scene, job.model, make(), batch_size=job.tiling.batch_size)
    show("encoder alone (encoded px)", encoder, encoded)
    show("reading alone (scene px)", reading, pixels)
    show("writing alone (scene px)", writing, pixels)
    show("end to end (scene px)", whole, pixels)
    bound = max(encoder.wall, whole.cpu / CORES)
    ratio = whole.wall / bound
    print(f"phases: {report.seconds}; objects: {report.objects}")
    print(
        f"end to end / max(encoder {encoder.wall:.2f} s, CPU / {CORES} cores "
        f"{whole.cpu / CORES:.2f} s) = {ratio:.2f}"
    )
    return ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene", nargs="?", type=Path)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sargeo-bench-"))
    try:
        scene = open_scene(arguments.scene or made_scene(folder))
        model = small_model() if arguments.small else load_model("sargeo-tiny", "cpu")
        job = MapJob.prepare(scene, model, MapOptions(batch_size=arguments.batch_size))
        print(f"{scene.name}: {scene.grid.height} x {scene.grid.width}, {model.spec.name}")
        ratios = [
            measure(job, lambda: Path(tempfile.mkdtemp(dir=folder)))
            for _ in range(arguments.repeat)
        ]
        print(f"ratios: {', '.join(f'{r:.2f}' for r in ratios)}")
        print(f"peak memory: {peak_memory_bytes() / 1e9:.2f} GB")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
