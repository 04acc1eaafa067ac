"""Facts of objects from a table of ships and the ground that was searched for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import GeoGrid
from sargeo_training.data.facts import ObjectFact, ObjectFacts

SHIP = "ship"


def object_facts(
    ships: NDArray[np.float32],
    searched: NDArray[np.bool_],
    valid: NDArray[np.bool_],
    layer: str,
    *,
    categories: Sequence[str | None] = (),
    spacing_m: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> ObjectFacts | None:
    """List the ships of a chip.

    Parameters
    ----------
    ships : ndarray of float32, shape (M, 5)
        In pixels of the chip; columns as `sargeo_training.images.SHIP_COLUMNS`. Ships whose centre
        lies outside the chip are left out.
    searched, valid : ndarray of bool, shape (H, W)
        Where every ship is in the table; where the chip shows anything.
    layer : str
        Name of the table.
    categories : sequence of str or None
        One for each ship; empty where nobody told them apart.
    spacing_m : pair of ndarray, shape (M,), optional
        Ground spacing at each ship, from row to row and from column to column. Without, lengths in
        metres are unknown.

    Returns
    -------
    ObjectFacts or None
        None where nothing was searched and no ship is known.
    """
    height, width = searched.shape
    told = tuple(categories) or (None,) * len(ships)
    metres = _lengths_m(ships, spacing_m)
    items = [
        ObjectFact(
            kind=SHIP,
            row=float(ship[0]) / height,
            col=float(ship[1]) / width,
            length_m=_measured(length_m),
            length_px=_measured(ship[4]),
            category=category,
        )
        for ship, length_m, category in zip(ships, metres, told, strict=True)
        if 0 <= ship[0] < height and 0 <= ship[1] < width
    ]
    share = float((searched & valid).sum() / max(valid.sum(), 1))
    if not items and not share:
        return None
    items.sort(key=lambda item: (item.row, item.col))
    return ObjectFacts(layer=layer, searched=share, items=tuple(items))


def spacing_at(
    ships: NDArray[np.float32], grid: GeoGrid | None, gsd_m: tuple[float, float] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the ground spacing per axis at each ship, from the grid or else from the image."""
    if grid is not None:
        return grid.spacing_m(ships[:, 0], ships[:, 1])
    if gsd_m is None:
        return None
    return np.full(len(ships), gsd_m[0]), np.full(len(ships), gsd_m[1])


def metres_per_pixel(
    height_px: NDArray[np.float64],
    width_px: NDArray[np.float64],
    spacing_m: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Metres on the ground of a pixel along the axis of an object, where spacings may differ.

    The axis is taken along the diagonal of the upright box, as `sargeo.products.vector.lengths_m`
    does; without a box it is taken half way between both.
    """
    down, across = np.nan_to_num(height_px), np.nan_to_num(width_px)
    flat = np.hypot(down, across) == 0
    down, across = np.where(flat, 1.0, down), np.where(flat, 1.0, across)
    metres = np.hypot(down * spacing_m[0], across * spacing_m[1]) / np.hypot(down, across)
    return np.asarray(metres)


def _lengths_m(
    ships: NDArray[np.float32],
    spacing_m: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> NDArray[np.float64]:
    if spacing_m is None:
        return np.full(len(ships), np.nan)
    table = ships.astype(np.float64)
    return table[:, 4] * metres_per_pixel(table[:, 2], table[:, 3], spacing_m)


def _measured(length: float) -> float | None:
    return round(float(length), 2) if np.isfinite(length) else None
