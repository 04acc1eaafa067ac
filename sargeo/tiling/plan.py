"""Which windows the network sees, and which pixels each of them owns. Pure: no pixel is read.

Along each axis the last window is shifted inward rather than padded. With 10 pixels, a patch of 4
and a margin of 1, reads start at 0, 2, 4, 6 and the cuts between cores lie at 3, 5, 7::

    >>> [(w.read.col, w.core.col, w.core.col_stop)
    ...  for w in plan_windows((4, 10), patch=4, margin=1)]
    [(0, 0, 3), (2, 3, 5), (4, 5, 7), (6, 7, 10)]
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise

from sargeo.geo.grid import Block


@dataclass(frozen=True, slots=True)
class Window:
    """One look of the network at the scene.

    Attributes
    ----------
    index : int
        Position in row-major order of the full plan.
    read : Block
        What the network sees. Where the scene's size is not a multiple of the output stride it
        reaches beyond the far edge by less than one stride.
    core : Block
        The pixels whose objects this window owns; the cores of a plan partition the scene.
    """

    index: int
    read: Block
    core: Block


@dataclass(frozen=True, slots=True)
class Stripe:
    """The windows of one row of the plan: the unit of work that is finished or not.

    Attributes
    ----------
    index : int
        Position from the top, in the full plan.
    windows : tuple of Window
        From left to right.
    """

    index: int
    windows: tuple[Window, ...]

    @property
    def read(self) -> Block:
        """The block that covers the reads of all windows."""
        first, last = self.windows[0].read, self.windows[-1].read
        return Block(first.row, first.col, first.height, last.col_stop - first.col)


def plan_windows(
    shape: tuple[int, int], *, patch: int, margin: int, output_stride: int = 1
) -> tuple[Window, ...]:
    """Plan the windows over a scene, in row-major order.

    Parameters
    ----------
    shape : tuple of int
        (rows, cols) of the scene.
    patch : int
        Side of a window in pixels; along an axis that is shorter, one window of that length.
    margin : int
        Pixels at an inner border of a window that a neighbour owns.
    output_stride : int
        Input pixels per output cell of the network. Reads start and end on multiples of it.

    Raises
    ------
    ValueError
        If the shape is empty, the margin leaves no core, or patch or margin are not multiples of
        the stride.
    """
    if min(shape) < 1:
        raise ValueError(f"a scene of shape {shape} has no pixels")
    if margin < 0 or patch - 2 * margin < 1:
        raise ValueError(f"a margin of {margin} leaves no core in a patch of {patch}")
    if patch % output_stride or margin % output_stride:
        raise ValueError(
            f"patch {patch} and margin {margin} must be multiples of the stride {output_stride}"
        )
    rows, cols = (_plan_axis(n, patch, margin, output_stride) for n in shape)
    return tuple(
        Window(
            index=i * len(cols) + j,
            read=Block(row.start, col.start, row.length, col.length),
            core=Block(
                row.core_start,
                col.core_start,
                row.core_stop - row.core_start,
                col.core_stop - col.core_start,
            ),
        )
        for i, row in enumerate(rows)
        for j, col in enumerate(cols)
    )


def count_windows(
    shape: tuple[int, int], *, patch: int, margin: int, output_stride: int = 1
) -> tuple[int, int]:
    """Return how many windows `plan_windows` plans (down, across), without planning them."""
    down, across = (len(_plan_axis(n, patch, margin, output_stride)) for n in shape)
    return down, across


def plan_stripes(windows: tuple[Window, ...]) -> tuple[Stripe, ...]:
    """Group the windows of a full plan into stripes of equal read rows."""
    rows = groupby(windows, key=lambda w: w.read.row)
    return tuple(Stripe(i, tuple(group)) for i, (_, group) in enumerate(rows))


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    length: int
    core_start: int
    core_stop: int


def _plan_axis(n: int, patch: int, margin: int, stride: int) -> list[_Span]:
    padded = -(-n // stride) * stride
    if padded <= patch:
        return [_Span(0, padded, 0, n)]
    starts = [*range(0, padded - patch, patch - 2 * margin), padded - patch]
    cuts = [0, *(start + margin for start in starts[1:]), n]
    return [
        _Span(start, patch, cut, next_cut)
        for start, (cut, next_cut) in zip(starts, pairwise(cuts), strict=True)
    ]
