"""Windows become a scene again: cells blended strip by strip, on the device.

A stripe's windows are first summed among themselves, in the order of their indices. Stripes are
then added to each other from the top. Both orders are fixed, so the same stripes give the same
bytes however they were computed. Only rows that no later stripe can touch leave the device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sargeo.geo.grid import Block
from sargeo.tiling.batch import Acquisition, Network, Outputs
from sargeo.tiling.detections import Detections
from sargeo.tiling.plan import Stripe, Window
from sargeo.tiling.stream import LoadedStripe


@dataclass(frozen=True, slots=True)
class StripeResult:
    """What the windows of one stripe say together: a pure function of scene, stripe and model.

    Attributes
    ----------
    stripe : Stripe
    sums : Tensor of float32, shape (K + 1, h, w)
        Weighted sums of K channels (the probabilities of classes, for one), then the sum of
        weights, in output cells from column ``cell_col`` on; w is 0 where nothing was wanted.
    cell_col : int
    wanted : ndarray of bool, shape (H, W)
        Pixels of the stripe's read for which a result is asked.
    detections : Detections
        In pixels of the scene; each lies in the core of the window that saw it.
    owner : ndarray of int64, shape (M,)
        Index of that window.
    outside : ndarray of float32, shape (N,)
        Confidence of the objects in these cores whose centre is not wanted.
    """

    stripe: Stripe
    sums: Tensor
    cell_col: int
    wanted: NDArray[np.bool_]
    detections: Detections
    owner: NDArray[np.int64]
    outside: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CellStrip:
    """Finished rows of cells, on the device.

    Attributes
    ----------
    row : int
        First row of cells.
    sums : Tensor of float32, shape (K + 1, h, w)
        Weighted sums of K channels over all windows, then the sum of weights.
    wanted : ndarray of bool, shape (H, W)
        Pixels of these rows, as far as the scene reaches, for which a result is asked.
    """

    row: int
    sums: Tensor
    wanted: NDArray[np.bool_]


def run_stripe(
    network: Network,
    loaded: LoadedStripe,
    *,
    acquisition: Acquisition,
    margin: int,
    shape: tuple[int, int],
    batch_size: int,
    device: torch.device,
    advance: Callable[[int], None],
) -> StripeResult:
    """Run the network over a stripe and blend its windows.

    Parameters
    ----------
    margin : int
        Of the plan, in pixels; weights rise over twice the margin, where windows overlap.
    shape : tuple of int
        (rows, cols) of the whole scene: weights do not fall towards its borders.
    advance : callable
        Told how many windows were done, after each batch; what it raises ends the run.
    """
    stripe, stride = loaded.stripe, network.output_stride
    span = _columns(loaded.windows(), stride)
    sums = torch.zeros(
        (network.channels + 1, stripe.read.height // stride, span.stop - span.start), device=device
    )
    found: list[tuple[Window, Tensor]] = []
    for batch in loaded.batches(batch_size, device):
        outputs = network.infer(batch, acquisition)
        weights = _cell_weights(batch.valid, stride)
        for i, window in enumerate(batch.windows):
            weight = _taper(window.read, shape, margin, stride, device) * weights[i]
            _add(sums, outputs, i, weight, window.read.col // stride - span.start)
            found.append((window, outputs.objects[i]))
        advance(len(batch.windows))
    advance(len(stripe.windows) - len(found))
    detections, owner, outside = _own(found, loaded)
    return StripeResult(stripe, sums, span.start, loaded.pixels.wanted, detections, owner, outside)


class CellMosaic:
    """Adds up stripes from the top and hands out finished rows of cells.

    Memory holds the rows of one stripe, never the scene.

    Parameters
    ----------
    shape : tuple of int
        (rows, cols) of the scene.
    stripes : sequence of Stripe
        All stripes of the plan; `add` takes them in this order.
    channels : int
        K.
    stride : int
        Pixels per cell.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        stripes: Sequence[Stripe],
        *,
        channels: int,
        stride: int,
        device: torch.device,
    ) -> None:
        self._shape = shape
        self._stride = stride
        self._final_stops = [s.read.row // stride for s in stripes[1:]]
        self._final_stops.append(-(-shape[0] // stride))
        self._cells_wide = -(-shape[1] // stride)
        self._cells = torch.zeros((channels + 1, 0, self._cells_wide), device=device)
        self._cell_row = 0  # first row not handed out yet; also of self._cells
        self._wanted = np.zeros((0, shape[1]), dtype=bool)  # pixels of these cells
        self._added = 0

    def add(self, result: StripeResult) -> CellStrip:
        """Add the next stripe and return the rows of cells that it finishes (at least none)."""
        self._take(result)
        count = self._final_stops[self._added] - self._cell_row
        self._added += 1
        strip = CellStrip(
            self._cell_row, self._cells[:, :count], self._wanted[: count * self._stride]
        )
        self._cell_row += count
        self._cells = self._cells[:, count:].clone()
        self._wanted = self._wanted[count * self._stride :]
        return strip

    def _take(self, result: StripeResult) -> None:
        read, (height, width) = result.stripe.read, self._shape
        cells_stop = read.row_stop // self._stride
        missing = cells_stop - (self._cell_row + self._cells.shape[1])
        self._cells = functional.pad(self._cells, (0, 0, 0, missing))
        first = read.row // self._stride - self._cell_row
        cells = min(result.sums.shape[2], self._cells_wide - result.cell_col)
        self._cells[:, first:, result.cell_col : result.cell_col + cells] += result.sums[
            :, :, :cells
        ]
        known = self._cell_row * self._stride + len(self._wanted)
        new_rows = result.wanted[known - read.row : height - read.row, :width]
        self._wanted = np.concatenate([self._wanted, new_rows])


def _columns(windows: Sequence[Window], stride: int) -> range:
    if not windows:
        return range(0)
    return range(windows[0].read.col // stride, windows[-1].read.col_stop // stride)


def _add(sums: Tensor, outputs: Outputs, i: int, weight: Tensor, col: int) -> None:
    target = sums[:, :, col : col + weight.shape[1]]
    target[:-1].addcmul_(outputs.maps[i], weight)
    target[-1] += weight


def _cell_weights(valid: Tensor, stride: int) -> Tensor:
    """1 for cells with any valid pixel, else 0; shape (N, P / stride, P / stride)."""
    return functional.max_pool2d(valid[:, None].float(), stride)[:, 0]


def _taper(
    read: Block, shape: tuple[int, int], margin: int, stride: int, device: torch.device
) -> Tensor:
    rows = _taper_axis(read.row, read.height, shape[0], margin, stride, device)
    cols = _taper_axis(read.col, read.width, shape[1], margin, stride, device)
    return rows[:, None] * cols[None, :]


def _taper_axis(
    start: int, length: int, n: int, margin: int, stride: int, device: torch.device
) -> Tensor:
    """Weights that rise linearly over the overlap, are never 0, and stay 1 at scene borders."""
    cells = length // stride
    if margin == 0:
        return torch.ones(cells, device=device)
    overlap = 2 * margin / stride
    distance = torch.arange(cells, device=device, dtype=torch.float32) + 0.5
    weight = torch.ones(cells, device=device)
    if start > 0:
        weight = torch.minimum(weight, distance / overlap)
    if start + length < n:
        weight = torch.minimum(weight, distance.flip(0) / overlap)
    return weight


def _own(
    found: Sequence[tuple[Window, Tensor]], loaded: LoadedStripe
) -> tuple[Detections, NDArray[np.int64], NDArray[np.float32]]:
    """Keep the objects whose centre is wanted and lies in the core of the window that saw them.

    Returns them, the indices of their windows, and the confidence of those not wanted.
    """
    parts, owners, outside = [], [], [np.zeros(0, np.float32)]
    for window, objects in found:
        seen = _to_detections(objects, window.read)
        mine = seen.take(window.core.contains(seen.row, seen.col))
        origin = loaded.stripe.read
        pixel = (mine.row.astype(int) - origin.row, mine.col.astype(int) - origin.col)
        wanted = loaded.pixels.wanted[pixel]
        outside.append(mine.confidence[~wanted])
        mine = mine.take(wanted)
        parts.append(mine)
        owners.append(np.full(len(mine), window.index, dtype=np.int64))
    owner = np.concatenate([np.zeros(0, np.int64), *owners])
    return Detections.concatenate(parts), owner, np.concatenate(outside)


def _to_detections(objects: Tensor, read: Block) -> Detections:
    table = objects[objects[:, 5] > 0].to("cpu", torch.float64).numpy()
    row, col = table[:, 0] + read.row, table[:, 1] + read.col
    height, width, length, confidence = table[:, 2:6].T.astype(np.float32)
    return Detections(row, col, height, width, length, confidence, table[:, 6].astype(np.int64))
