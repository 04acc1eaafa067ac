"""Finished rows of cells become rows of pixels: the likeliest class, and how probable it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sargeo.geo.grid import Block
from sargeo.tiling.mosaic import CellStrip

MOST_VALUES = 1 << 26
"""Probabilities of pixels that are held at once: with many classes, of a few rows at a time."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Finished rows of the scene, on the host.

    Attributes
    ----------
    row : int
        First row.
    wanted : ndarray of bool, shape (H, W)
        Where the strip has a result.
    winner : ndarray of uint8, shape (H, W)
        Index of the most probable class.
    probability : ndarray of uint8, shape (H, W)
        Probability of that class in percent.
    probabilities : ndarray of uint8, shape (K, H, W), or None
        Of all classes in percent, where they were asked for.
    """

    row: int
    wanted: NDArray[np.bool_]
    winner: NDArray[np.uint8]
    probability: NDArray[np.uint8]
    probabilities: NDArray[np.uint8] | None


class PixelMosaic:
    """Brings finished rows of cells to finished rows of pixels.

    Parameters
    ----------
    shape : tuple of int
        (rows, cols) of the scene.
    stride : int
        Pixels per cell.
    keep_probabilities : bool
        Whether strips carry the probabilities of all classes.
    """

    def __init__(
        self, shape: tuple[int, int], *, stride: int, keep_probabilities: bool = False
    ) -> None:
        self._shape = shape
        self._stride = stride
        self._keep_probabilities = keep_probabilities
        self._cells: Tensor | None = None
        self._cell_row = 0  # first row of self._cells
        self._wanted = np.zeros((0, shape[1]), dtype=bool)
        self._row = 0  # first row not handed out yet; also of self._wanted

    def add(self, strip: CellStrip) -> Strip:
        """Add the next rows of cells and return the rows of pixels that they finish."""
        known = [strip.sums] if self._cells is None else [self._cells, strip.sums]
        self._cells = torch.cat(known, dim=1)
        self._wanted = np.concatenate([self._wanted, strip.wanted])
        cell_stop = self._cell_row + self._cells.shape[1]
        finished = self._emit(self._cells, self._rows_before(cell_stop))
        drop = max(0, cell_stop - 1 - self._cell_row)  # what comes is interpolated with the last
        self._cells = self._cells[:, drop:].clone()
        self._cell_row += drop
        return finished

    def _rows_before(self, cell_stop: int) -> int:
        """Rows whose interpolation needs only cells before ``cell_stop``."""
        height, stride = self._shape[0], self._stride
        if cell_stop * stride >= height:
            return height
        return max(self._row, cell_stop * stride - stride // 2)

    def _emit(self, cells: Tensor, row_stop: int) -> Strip:
        height = row_stop - self._row
        wanted, self._wanted = self._wanted[:height], self._wanted[height:]
        strip = self._interpolate(cells, Block(self._row, 0, height, self._shape[1]), wanted)
        self._row = row_stop
        return strip

    def _interpolate(self, cells: Tensor, block: Block, wanted: NDArray[np.bool_]) -> Strip:
        winner = np.zeros(wanted.shape, dtype=np.uint8)
        probability = np.zeros(wanted.shape, dtype=np.uint8)
        classes = cells.shape[0] - 1
        every = np.zeros((classes, *wanted.shape), np.uint8) if self._keep_probabilities else None
        columns = np.flatnonzero(wanted.any(axis=0))
        if columns.size:
            cols = slice(int(columns[0]), int(columns[-1]) + 1)
            step = max(1, MOST_VALUES // (classes * (cols.stop - cols.start)))
            for start in range(0, block.height, step):
                rows = slice(start, min(start + step, block.height))
                part = Block(block.row + start, 0, rows.stop - start, block.width)
                pixels = self._pixel_probabilities(cells, part, cols)
                best, index = pixels.max(dim=0)
                winner[rows, cols] = index.to(torch.uint8).cpu().numpy()
                probability[rows, cols] = _percent(best)
                if every is not None:
                    every[:, rows, cols] = _percent(pixels)
        return Strip(block.row, wanted, winner, probability, every)

    def _pixel_probabilities(self, cells: Tensor, block: Block, cols: slice) -> Tensor:
        """Bilinear interpolation of the blended probabilities to pixels, shape (K, H, W)."""
        stride, (_, height, width) = self._stride, cells.shape
        cell_rows = _touched(block.row, block.row_stop, stride, self._cell_row, height)
        cell_cols = _touched(cols.start, cols.stop, stride, 0, width)
        pixels = interpolate_probabilities(cells[:, cell_rows, cell_cols], stride)
        row0 = block.row - (cell_rows.start + self._cell_row) * stride
        col0 = cols.start - cell_cols.start * stride
        return pixels[:, row0 : row0 + block.height, col0 : col0 + cols.stop - cols.start]


def interpolate_probabilities(cells: Tensor, stride: int) -> Tensor:
    """Bring blended sums to pixels by bilinear interpolation between cell centres.

    Cells without weight take no part: beside nodata the weights of the others are scaled up.

    Parameters
    ----------
    cells : Tensor of float32, shape (K + 1, h, w)
        Weighted sums of probabilities, then the sum of weights.

    Returns
    -------
    Tensor of float32, shape (K, h * stride, w * stride)
        Undefined, but finite, where no neighbouring cell has weight.
    """
    weight = cells[-1]
    full = weight > 0
    blended = cells[:-1] / torch.where(full, weight, 1.0)
    if bool(full.all()):
        return _bilinear(blended, stride)
    pixels = _bilinear(torch.cat([blended, full[None].to(blended.dtype)]), stride)
    return pixels[:-1] / pixels[-1].clamp(min=1e-6)


def _bilinear(cells: Tensor, stride: int) -> Tensor:
    return functional.interpolate(
        cells[None], scale_factor=stride, mode="bilinear", align_corners=False
    )[0]


def _touched(start: int, stop: int, stride: int, first: int, count: int) -> slice:
    """Cells that the interpolation of pixels start .. stop uses, counted from ``first``."""
    low = max(first, start // stride - 1)
    high = min(first + count, (stop - 1) // stride + 2)
    return slice(low - first, high - first)


def _percent(probability: Tensor) -> NDArray[np.uint8]:
    percent: NDArray[np.uint8] = (
        (probability * 100).round_().clamp_(0, 100).to(torch.uint8).cpu().numpy()
    )
    return percent
