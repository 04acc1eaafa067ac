"""Places of a scene: square windows of constant extent, each with one vector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sargeo.geo.grid import Block
from sargeo.language.vectors import VectorStrip

LEAST_KNOWN = 0.25
"""Share of a place's cells that have to be known: less says little about the place."""


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """Where the places of a scene lie, in cells.

    Attributes
    ----------
    rows, cols : tuple of int
        First row and column of the places; they step by half a side, and the last ones end at the
        far edges.
    height, width : int
        Of every place.
    """

    rows: tuple[int, ...]
    cols: tuple[int, ...]
    height: int
    width: int

    @classmethod
    def of(
        cls, shape: tuple[int, int], cell_size_m: tuple[float, float], extent_m: float
    ) -> PlacePlan:
        """Plan places of an extent on the ground, or as large as the scene where it is smaller."""
        sides = [
            min(n, max(2, round(extent_m / size)))
            for n, size in zip(shape, cell_size_m, strict=True)
        ]
        rows, cols = (_starts(n, side) for n, side in zip(shape, sides, strict=True))
        return cls(rows, cols, sides[0], sides[1])

    def block(self, i: int, j: int) -> Block:
        """Return the cells of a place, by its row and column in the plan."""
        return Block(self.rows[i], self.cols[j], self.height, self.width)

    def overlap(self, i: int, j: int) -> NDArray[np.bool_]:
        """Tell which places overlap one; shape (len(rows), len(cols))."""
        down = np.abs(np.array(self.rows) - self.rows[i]) < self.height
        across = np.abs(np.array(self.cols) - self.cols[j]) < self.width
        return np.asarray(down[:, None] & across[None, :])


class PlacePooler:
    """Pools strips of cells to places, as `sargeo.model.language.pool` does a window.

    Memory holds the sums of the places that a strip touches, never the scene.

    Parameters
    ----------
    plan : PlacePlan
    texts : Tensor of float32, shape (K, D)
        Of unit length.

    Attributes
    ----------
    scores : ndarray of float32, shape (K, len(plan.rows), len(plan.cols))
        Similarities (cosines) of places with texts; NaN where too little is known.
    """

    def __init__(self, plan: PlacePlan, texts: Tensor) -> None:
        self._plan = plan
        self._texts = texts
        self._open: dict[int, Tensor] = {}
        self.scores = np.full((len(texts), len(plan.rows), len(plan.cols)), np.nan, np.float32)

    def add(self, strip: VectorStrip) -> None:
        """Add the next rows of cells."""
        weight = strip.log_weight.exp() * strip.known
        summed = torch.cat([strip.vectors * weight, strip.known[None].to(weight.dtype)])
        plan, stop = self._plan, strip.row + summed.shape[1]
        columns = torch.stack([summed[:, :, c : c + plan.width].sum(dim=2) for c in plan.cols])
        for i, first in enumerate(plan.rows):
            low, high = max(first, strip.row), min(first + plan.height, stop)
            if low < high:
                part = columns[:, :, low - strip.row : high - strip.row].sum(dim=2)
                self._open[i] = self._open[i] + part if i in self._open else part
            if i in self._open and first + plan.height <= stop:
                self._score(i, self._open.pop(i))

    def _score(self, i: int, sums: Tensor) -> None:
        """Score a row of places by sums of shape (len(cols), D + 1)."""
        vectors, known = sums[:, :-1], sums[:, -1]
        vectors = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-12)
        scores = (self._texts @ vectors.T).cpu().numpy()
        enough = known.cpu().numpy() >= LEAST_KNOWN * self._plan.height * self._plan.width
        self.scores[:, i] = np.where(enough, scores, np.nan)


def best_places(
    scores: NDArray[np.float32], plan: PlacePlan, top: int
) -> Iterator[tuple[float, Block]]:
    """Yield the best places by descending score, of those that overlap only the best.

    Parameters
    ----------
    scores : ndarray of float32, shape (len(plan.rows), len(plan.cols))
        NaN where there is no place.
    top : int
        How many at most.
    """
    left = np.where(np.isnan(scores), -np.inf, scores)
    for _ in range(top):
        i, j = (int(k) for k in np.unravel_index(left.argmax(), left.shape))
        if left[i, j] == -np.inf:
            return
        yield float(left[i, j]), plan.block(i, j)
        left[plan.overlap(i, j)] = -np.inf


def _starts(n: int, side: int) -> tuple[int, ...]:
    step = max(1, side // 2)
    return (*range(0, n - side, step), n - side)
