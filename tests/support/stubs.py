"""Networks and sources whose answers are known, to test what surrounds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from sargeo.geo.grid import Block
from sargeo.scene.bands import Band
from sargeo.tiling.batch import Acquisition, Batch, Outputs
from sargeo.tiling.source import ArraySource

VV = Band("VV", "sigma0", "db")
ACQUISITION = Acquisition((VV,), (10.0, 10.0))
CPU = torch.device("cpu")


@dataclass(frozen=True)
class ThresholdNetwork:
    """Two classes: is the mean of a cell above zero? No context: its receptive radius is 0.

    Probabilities are sixteenths, so that blending in any grouping is exact. Every cell above
    ``bright`` is an object at its centre.
    """

    output_stride: int = 4
    alignment: int = 4
    channels: int = 2
    bright: float = 10.0

    def infer(self, batch: Batch, acquisition: Acquisition) -> Outputs:
        cells = functional.avg_pool2d(batch.pixels[:, :1], self.output_stride)[:, 0]
        above = torch.where(cells > 0, 0.9375, 0.0625)
        return Outputs(torch.stack([1 - above, above], dim=1), self._objects(cells))

    def _objects(self, cells: torch.Tensor) -> torch.Tensor:
        most = cells.shape[1] * cells.shape[2]
        table = torch.zeros(len(cells), most, 7)
        for i, window in enumerate(cells):
            rows, cols = torch.nonzero(window > self.bright, as_tuple=True)
            count = len(rows)
            table[i, :count, 0] = (rows + 0.5) * self.output_stride
            table[i, :count, 1] = (cols + 0.5) * self.output_stride
            table[i, :count, 2:5] = 1.0
            table[i, :count, 5] = 0.5
        return Outputs(cells, table).objects


@dataclass(frozen=True)
class ConstantNetwork:
    """The same probabilities everywhere, and no objects."""

    probabilities: tuple[float, ...] = (0.125, 0.625, 0.25)
    output_stride: int = 4
    alignment: int = 4

    @property
    def channels(self) -> int:
        return len(self.probabilities)

    def infer(self, batch: Batch, acquisition: Acquisition) -> Outputs:
        count, height, width = batch.valid.shape
        cells = (height // self.output_stride, width // self.output_stride)
        constant = torch.tensor(self.probabilities).view(1, -1, 1, 1)
        return Outputs(constant.expand(count, -1, *cells).clone(), torch.zeros(count, 0, 7))


def array_source(values: np.ndarray, valid: np.ndarray | None = None) -> ArraySource:
    """A source of one band."""
    if valid is None:
        valid = np.ones(values.shape, dtype=bool)
    return ArraySource(np.where(valid, values, 0).astype(np.float32)[None], valid)


def whole(strips: list, field: str) -> np.ndarray:
    """Put strips together along rows."""
    return np.concatenate([getattr(s, field) for s in strips], axis=-2)


__all__ = [
    "ACQUISITION",
    "CPU",
    "Block",
    "ConstantNetwork",
    "ThresholdNetwork",
    "array_source",
    "whole",
]
