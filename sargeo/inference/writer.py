"""What a sweep yields on its way to the disk, on a thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block, GeoGrid
from sargeo.inference.rows import LabelRows, reproject_to_source
from sargeo.inference.working_raster import WorkingRaster
from sargeo.tiling.pixels import Strip

MOST_WAITING = 4
"""Tasks that may wait: with more, memory would grow while the disk is slow."""


class BackgroundWriter:
    """Runs tasks one after the other on a thread; leaving the block waits for all of them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sargeo-write")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            while self._waiting and kind is None:
                self._waiting.popleft().result()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, task: Callable[..., None], *arguments: object) -> None:
        """Queue a task; raise the error of an earlier one, if there was any."""
        self._waiting.append(self._pool.submit(task, *arguments))
        while len(self._waiting) > MOST_WAITING or (self._waiting and self._waiting[0].done()):
            self._waiting.popleft().result()


def write_strips(
    strips: Iterable[Strip],
    label: Callable[[Strip], LabelRows],
    write: Callable[[LabelRows], None],
    *,
    folder: Path,
    working_grid: GeoGrid,
    grid: GeoGrid,
    bands: int,
    wanted: Callable[[Block], NDArray[np.bool_]],
    check: Callable[[], None],
) -> None:
    """Write what a sweep yields, by way of the disk where the scene has another grid.

    Parameters
    ----------
    strips : iterable of Strip
        Finished pixels on the working grid, from the top.
    label : callable
        Gives the pixels of a strip their labels.
    write : callable
        Takes the labels on the scene's grid, in order.
    folder : Path
        Of a temporary file.
    working_grid, grid : GeoGrid
        Of the strips and of the scene.
    bands : int
        Of labels: codes, and as many percents as there are.
    wanted : callable
        Tells in which pixels of a block of the scene a result is asked for.
    check : callable
        Called between rows that are reprojected; raises where the run was cancelled.
    """
    if working_grid == grid:
        with BackgroundWriter() as writer:
            for strip in strips:
                writer.submit(lambda strip: write(label(strip)), strip)
        return
    with WorkingRaster(folder / "work.tif", working_grid, bands) as raster:
        with BackgroundWriter() as writer:
            for strip in strips:
                writer.submit(lambda strip: raster.write(*label(strip).stacked()), strip)
        raster.close()
        reproject_to_source(raster, grid, wanted, write, check)
