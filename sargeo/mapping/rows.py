"""Finished rows on the scene's grid, on their way into the raster products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sargeo.inference.rows import LabelRows
from sargeo.inference.sinks import RowSinks, codes_of, confidence_of
from sargeo.legend import UNCERTAIN_CLASS
from sargeo.mapping.job import MapJob
from sargeo.products.count import CountGrid
from sargeo.products.names import ProductPaths
from sargeo.products.pam import write_class_pam
from sargeo.products.raster import confidence_sink, landcover_sink, probabilities_sink


class RasterProducts(RowSinks):
    """The raster products of a run, and the counts.

    Parameters
    ----------
    job : MapJob
    paths : ProductPaths
        In the working folder.
    metadata : mapping of str to str
        Tags of every file.
    """

    def __init__(self, job: MapJob, paths: ProductPaths, metadata: Mapping[str, str]) -> None:
        super().__init__(job.scene.grid)
        self._job = job
        self._paths = paths
        self._metadata = metadata
        self.counts = CountGrid.plan(job.scene.grid, job.options.cell_size_m)

    def __enter__(self) -> Self:
        grid, metadata = self._job.scene.grid, self._metadata
        classes = self._job.model.spec.landcover
        if self._job.options.landcover:
            self.add(landcover_sink(self._paths.landcover, grid, metadata, classes), codes_of)
            self.add(confidence_sink(self._paths.confidence, grid, metadata), confidence_of)
        if self._job.options.class_probabilities:
            sink = probabilities_sink(self._paths.probabilities, grid, classes, metadata)
            self.add(sink, _probabilities)
        return self

    def write(self, rows: LabelRows) -> None:
        """Write the next rows of every raster."""
        self.counts.add_valid(rows.row, rows.wanted)
        super().write(rows)

    def finish(self) -> None:
        """Finish all rasters but the counts."""
        try:
            super().finish()
        finally:
            self._name_classes()

    def _name_classes(self) -> None:
        if self._paths.landcover.exists():
            legend = (*self._job.model.spec.landcover, UNCERTAIN_CLASS)
            write_class_pam(self._paths.landcover, legend)


def _probabilities(rows: LabelRows) -> NDArray[np.uint8]:
    return rows.percents[1:]
