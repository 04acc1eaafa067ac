"""Figures of merit: measured with their intervals, and shown as tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sargeo.evaluation.intervals import bootstrap
from sargeo.model.spec import Figure

T = TypeVar("T")


def figure_of(
    data: str,
    measure: str,
    items: Sequence[T],
    of: Callable[[Sequence[T]], float],
    groups: NDArray[np.int64] | None = None,
) -> Figure:
    """Return a figure of merit with its interval; see `sargeo.evaluation.intervals.bootstrap`.

    Parameters
    ----------
    data, measure : str
        On what, and what, is measured.
    items : sequence
        One for each image: whatever ``of`` adds up.
    of : callable
    groups : ndarray of int64, shape (items,), optional
        Such as `sargeo_training.data.chips.splits.ground_groups` gives.
    """
    found = bootstrap(items, of, groups)
    known = math.isfinite(found.low)
    return Figure(
        data=data,
        measure=measure,
        images=len(items),
        value=found.value,
        low=found.low if known else None,
        high=found.high if known else None,
    )


def figure_table(figures: Sequence[Figure]) -> list[str]:
    """Return figures as the lines of a Markdown table."""
    head = ["| data | measure | images | value | 95 % interval |", "|---|---|---|---|---|"]
    return head + [
        f"| {f.data} | {f.measure} | {f.images} | {f.value:.2f} | {interval_text(f)} |"
        for f in figures
    ]


def interval_text(figure: Figure) -> str:
    """Return an interval as text."""
    if figure.low is None or figure.high is None:
        return "–"
    return f"{figure.low:.2f} to {figure.high:.2f}"
