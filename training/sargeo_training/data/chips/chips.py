"""Chips of constant ground extent: where they lie on a picture, and how they are cut.

A chip of a level shows the same metres of ground whatever the sensor, so its pixels follow the
spacing. What would be too many pixels is averaged in power over square blocks of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from sargeo.geo.grid import Block, GeoGrid
from sargeo.scene.bands import Band
from sargeo.scene.radiometry import from_power, to_power
from sargeo_training.data.chips.config import ChipSettings

_STILL_SMALL = 1.5
"""A picture of up to so many times the least level, on its longer side, counts as small."""

Pixels = NDArray[np.uint8] | NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a chip lies on its picture.

    Attributes
    ----------
    level : str
        Such as ``"2500m"``, ``"640px"`` where no spacing is known, or ``"whole"``.
    extent_m : float or None
        Side of the ground shown, in metres.
    block : Block
        In pixels of the picture; its sides are multiples of `factor`.
    factor : int
        Pixels of the picture, along each side, that one pixel of the chip averages.
    """

    level: str
    extent_m: float | None
    block: Block
    factor: int


@dataclass(frozen=True)
class Window:
    """The pixels of a block, with all that labels say of them; arrays as in a `LabelledImage`."""

    values: Pixels
    valid: NDArray[np.bool_]
    labels: NDArray[np.uint8]
    searched: NDArray[np.bool_]
    ships: NDArray[np.float32]
    categories: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Canvas:
    """The shape of a picture and what is known of its place.

    Attributes
    ----------
    shape : tuple of int
        (rows, cols).
    grid : GeoGrid or None
    gsd_m : tuple of float or None
        (row to row, column to column) everywhere, whatever the grid says.
    gsd_known : bool
        False where the grid's spacing says nothing about the ground.
    ground : shapely geometry or None
        In the CRS of the grid: chips must lie within.
    """

    shape: tuple[int, int]
    grid: GeoGrid | None = None
    gsd_m: tuple[float, float] | None = None
    gsd_known: bool = True
    ground: BaseGeometry | None = None

    def spacing_m(self, row: float, col: float) -> tuple[float, float] | None:
        """Ground spacing at a place, per axis; None where it is unknown."""
        if self.gsd_m is not None or self.grid is None or not self.gsd_known:
            return self.gsd_m
        down, across = (float(s) for s in self.grid.spacing_m(row, col))
        return (down, across) if math.isfinite(down + across) else None


def plan_cuts(canvas: Canvas, settings: ChipSettings) -> list[Cut]:
    """Plan the chips of a picture, level by level and row by row.

    A picture that is too small for every level is a chip of its own.
    """
    middle = canvas.spacing_m(canvas.shape[0] / 2, canvas.shape[1] / 2)
    if middle is None:
        return list(_plain(canvas.shape, settings.plain_px))
    cuts = [cut for level in settings.levels_m for cut in _of_level(canvas, level, settings)]
    longer_m = max(n * s for n, s in zip(canvas.shape, middle, strict=True))
    if cuts or longer_m >= _STILL_SMALL * min(settings.levels_m):
        return cuts
    factor = math.ceil(max(canvas.shape) / settings.max_px)
    rows, cols = (n // factor * factor for n in canvas.shape)
    return [Cut("whole", longer_m, Block(0, 0, rows, cols), factor)]


def average(window: Window, bands: tuple[Band, ...], factor: int) -> Window:
    """Average over squares of ``factor`` pixels: power where valid, the commonest of labels.

    A pixel is valid if any that it averages is, and searched if all are.
    """
    if factor == 1:
        return window
    weight = _squares(window.valid, factor).sum(axis=(1, 3), dtype=np.float32)
    valid = weight > 0
    values = [
        _mean(band, channel, window.valid, weight, factor)
        for band, channel in zip(bands, window.values, strict=True)
    ]
    stacked = np.stack(values)
    return Window(
        stacked.astype(np.uint8) if window.values.dtype == np.uint8 else stacked,
        valid,
        _commonest(window.labels, factor),
        np.asarray(_squares(window.searched, factor).all(axis=(1, 3))),
        window.ships / np.float32(factor),
        window.categories,
    )


def _plain(shape: tuple[int, int], side: int) -> Iterator[Cut]:
    """Cut an image whose spacing nobody knows into squares, evenly spread."""
    rows, cols = (_starts(n, min(n, side)) for n in shape)
    height, width = (min(n, side) for n in shape)
    whole = (height, width) == shape
    for row in rows:
        for col in cols:
            level = "whole" if whole else f"{side}px"
            yield Cut(level, None, Block(row, col, height, width), 1)


def _starts(n: int, side: int) -> list[int]:
    count = n // side
    margin = (n - count * side) // 2
    return [margin + i * side for i in range(count)]


def _of_level(canvas: Canvas, level_m: float, settings: ChipSettings) -> Iterator[Cut]:
    """Lay a lattice over each part of the ground, centred in it."""
    for area in _areas(canvas):
        for row, col in _lattice(canvas, area, level_m):
            spacing = canvas.spacing_m(row, col)
            if spacing is None:
                continue
            sides = [level_m / s for s in spacing]
            factor = math.ceil(max(sides) / settings.max_px - 1e-9)
            height, width = (round(side / factor) * factor for side in sides)
            if min(height, width) < settings.min_px * factor:
                continue
            block = _held(round(row - height / 2), round(col - width / 2), height, width, area)
            if block and _on_ground(canvas, block):
                yield Cut(f"{level_m:g}m", level_m, block, factor)


def _areas(canvas: Canvas) -> list[Block]:
    """Return the bounds in pixels of each part of the ground."""
    whole = Block(0, 0, *canvas.shape)
    if canvas.ground is None or canvas.grid is None:
        return [whole]
    areas = []
    for part in shapely.get_parts(canvas.ground):
        west, south, east, north = part.bounds
        rows, cols = canvas.grid.rowcol([west, west, east, east], [south, north] * 2)
        top, left, bottom, right = (
            round(float(v)) for v in (rows.min(), cols.min(), rows.max(), cols.max())
        )
        area = Block(top, left, bottom - top, right - left).intersection(whole)
        areas += [area] if area else []
    return areas


def _lattice(canvas: Canvas, area: Block, level_m: float) -> Iterator[tuple[float, float]]:
    """Yield centres (row, col) of as many chips as fit side by side, as its middle has them."""
    middle = canvas.spacing_m(area.row + area.height / 2, area.col + area.width / 2)
    if middle is None:
        return
    height, width = (level_m / s for s in middle)
    # Half a pixel short still fits: levels are seldom whole numbers of pixels.
    down, across = int((area.height + 0.5) / height), int((area.width + 0.5) / width)
    top = area.row + (area.height - down * height) / 2
    left = area.col + (area.width - across * width) / 2
    for i in range(down):
        for j in range(across):
            yield top + (i + 0.5) * height, left + (j + 0.5) * width


def _held(row: int, col: int, height: int, width: int, area: Block) -> Block | None:
    """Move a block by the few pixels that rounding put it outside of an area."""
    if height > area.height or width > area.width:
        return None
    row = min(max(row, area.row), area.row_stop - height)
    col = min(max(col, area.col), area.col_stop - width)
    return Block(row, col, height, width)


def _on_ground(canvas: Canvas, block: Block) -> bool:
    if canvas.ground is None or canvas.grid is None:
        return True
    grid = canvas.grid.crop(block)
    # Edges of tiles and of pixels agree but for rounding.
    margin = 0.01 * abs(grid.transform.a + grid.transform.b)
    rows = [0, 0, grid.height, grid.height]
    outline = shapely.Polygon(np.stack(grid.xy(rows, [0, grid.width, grid.width, 0]), axis=1))
    return bool(canvas.ground.covers(outline.buffer(-margin)))


def _squares(plane: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return a plane (H, W) as (H / factor, factor, W / factor, factor)."""
    height, width = (n // factor for n in plane.shape)
    return plane.reshape(height, factor, width, factor)


def _mean(
    band: Band, channel: NDArray[Any], valid: NDArray[np.bool_], weight: Pixels, factor: int
) -> NDArray[np.float32]:
    power = to_power(channel.astype(np.float32), band.scale) * valid
    mean = _squares(power, factor).sum(axis=(1, 3)) / np.maximum(weight, 1)
    values = np.where(weight > 0, from_power(mean, band.scale), np.float32(0))
    if channel.dtype == np.uint8:
        values = np.round(values).clip(0, 255)
    return np.asarray(values, dtype=np.float32)


def _commonest(labels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return the commonest code of each square; the least of equals."""
    codes = np.unique(labels)
    counts = [_squares(labels == code, factor).sum(axis=(1, 3)) for code in codes]
    return np.asarray(codes[np.argmax(counts, axis=0)], dtype=np.uint8)
