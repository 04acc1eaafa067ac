"""Planning chips: where they lie on an image, each of a constant ground extent.

A chip of a level shows the same metres of ground whatever the sensor, so its pixels follow the
spacing. What would be too many pixels is averaged in power over square blocks of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict

from sargeo.geo.grid import Block
from sargeo_training.data.chip import Place, file_safe
from sargeo_training.data.chips.config import ChipSettings
from sargeo_training.data.chips.source_images import SourceImage
from sargeo_training.images import Split

Ring = tuple[tuple[float, float], ...]

_STILL_SMALL = 1.5
"""An image of up to so many times the least level, on its longer side, counts as small."""


class PlannedChip(BaseModel):
    """A chip before its pixels are cut: where it lies, and in what split.

    Attributes
    ----------
    id
        See `sargeo_training.data.chip.Record`.
    image
        Index of its image in the unit.
    level
        Such as ``"2500m"``, ``"640px"`` where no spacing is known, or ``"whole"``.
    extent_m
        Side of the ground shown, in metres.
    block
        In pixels of the image; its sides are multiples of `factor`.
    factor
        Pixels of the image, along each side, that one pixel of the chip averages.
    centre, footprint
        See `Record`.
    split
        None until ground that no data set has split is split by place.
    place
        The centre in words; None until it is looked up, or where there is no centre.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    image: int
    level: str
    extent_m: float | None
    block: Block
    factor: int
    centre: tuple[float, float] | None
    footprint: Ring | None
    split: Split | None
    place: Place | None = None

    @property
    def assigned_split(self) -> Split:
        """The split.

        Raises
        ------
        ValueError
            If none is assigned yet.
        """
        if self.split is None:
            raise ValueError(f"{self.id} belongs to no split")
        return self.split


class _Extent(NamedTuple):
    """Level, metres of ground, block and averaging factor of a chip."""

    level: str
    extent_m: float | None
    block: Block
    factor: int


def plan_chips(image: SourceImage, settings: ChipSettings, *, index: int) -> list[PlannedChip]:
    """Plan the chips of an image, level by level and row by row.

    An image that is too small for every level is a chip of its own.

    Parameters
    ----------
    image : SourceImage
    settings : ChipSettings
    index : int
        Of the image in its unit.
    """
    return [_planned(image, index, extent) for extent in _extents(image, settings)]


def _planned(image: SourceImage, index: int, extent: _Extent) -> PlannedChip:
    block = extent.block
    names = (image.source, image.name, extent.level, str(block.row), str(block.col))
    centre, footprint = _location(image, block)
    return PlannedChip(
        id="_".join(map(file_safe, names)),
        image=index,
        level=extent.level,
        extent_m=extent.extent_m,
        block=block,
        factor=extent.factor,
        centre=centre,
        footprint=footprint,
        split=image.split,
    )


def _location(image: SourceImage, block: Block) -> tuple[tuple[float, float] | None, Ring | None]:
    """Return centre and outline in degrees, as far as they are known."""
    if image.grid is None:
        return image.centre, None
    middle = block.row + block.height / 2, block.col + block.width / 2
    rows = np.array([block.row, block.row_stop, block.row_stop, block.row, middle[0]])
    cols = np.array([block.col, block.col, block.col_stop, block.col_stop, middle[1]])
    lon, lat = image.grid.lonlat(rows, cols)
    if not np.isfinite(lon + lat).all():
        return None, None
    around = np.unwrap(lon, period=360)
    around += 360 * (around.min() < -180)
    ring = tuple(zip(around[:4].round(7).tolist(), lat[:4].round(7).tolist(), strict=True))
    if _signed_area(ring) < 0:
        ring = ring[::-1]
    return (round(float(lon[4]), 7), round(float(lat[4]), 7)), ring


def _signed_area(ring: Ring) -> float:
    """Return twice the signed area, positive where the ring runs anticlockwise."""
    return sum(
        x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, (*ring[1:], ring[0]), strict=True)
    )


def _extents(image: SourceImage, settings: ChipSettings) -> list[_Extent]:
    middle = image.spacing_m(image.shape[0] / 2, image.shape[1] / 2)
    if middle is None:
        return list(_plain(image.shape, settings.plain_px))
    extents = [part for level in settings.levels_m for part in _of_level(image, level, settings)]
    longer_m = max(n * s for n, s in zip(image.shape, middle, strict=True))
    if extents or longer_m >= _STILL_SMALL * min(settings.levels_m):
        return extents
    factor = math.ceil(max(image.shape) / settings.max_px)
    rows, cols = (n // factor * factor for n in image.shape)
    return [_Extent("whole", longer_m, Block(0, 0, rows, cols), factor)]


def _plain(shape: tuple[int, int], side: int) -> Iterator[_Extent]:
    """Cut an image whose spacing nobody knows into squares, evenly spread."""
    rows, cols = (_starts(n, min(n, side)) for n in shape)
    height, width = (min(n, side) for n in shape)
    whole = (height, width) == shape
    for row in rows:
        for col in cols:
            level = "whole" if whole else f"{side}px"
            yield _Extent(level, None, Block(row, col, height, width), 1)


def _starts(n: int, side: int) -> list[int]:
    count = n // side
    margin = (n - count * side) // 2
    return [margin + i * side for i in range(count)]


def _of_level(image: SourceImage, level_m: float, settings: ChipSettings) -> Iterator[_Extent]:
    """Lay a lattice over each part of the ground, centred in it."""
    for area in _areas(image):
        for row, col in _lattice(image, area, level_m):
            spacing = image.spacing_m(row, col)
            if spacing is None:
                continue
            sides = [level_m / s for s in spacing]
            factor = math.ceil(max(sides) / settings.max_px - 1e-9)
            height, width = (round(side / factor) * factor for side in sides)
            if min(height, width) < settings.min_px * factor:
                continue
            block = _held(round(row - height / 2), round(col - width / 2), height, width, area)
            if block and _on_ground(image, block):
                yield _Extent(f"{level_m:g}m", level_m, block, factor)


def _areas(image: SourceImage) -> list[Block]:
    """Return the bounds in pixels of each part of the ground."""
    whole = Block(0, 0, *image.shape)
    if image.ground is None or image.grid is None:
        return [whole]
    areas = []
    for part in shapely.get_parts(image.ground):
        west, south, east, north = part.bounds
        rows, cols = image.grid.rowcol([west, west, east, east], [south, north] * 2)
        top, left, bottom, right = (
            round(float(v)) for v in (rows.min(), cols.min(), rows.max(), cols.max())
        )
        area = Block(top, left, bottom - top, right - left).intersection(whole)
        areas += [area] if area else []
    return areas


def _lattice(image: SourceImage, area: Block, level_m: float) -> Iterator[tuple[float, float]]:
    """Yield centres (row, col) of as many chips as fit side by side, as its middle has them."""
    middle = image.spacing_m(area.row + area.height / 2, area.col + area.width / 2)
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


def _on_ground(image: SourceImage, block: Block) -> bool:
    if image.ground is None or image.grid is None:
        return True
    grid = image.grid.crop(block)
    # Edges of tiles and of pixels agree but for rounding.
    margin = 0.01 * abs(grid.transform.a + grid.transform.b)
    rows = [0, 0, grid.height, grid.height]
    outline = shapely.Polygon(np.stack(grid.xy(rows, [0, grid.width, grid.width, 0]), axis=1))
    return bool(image.ground.covers(outline.buffer(-margin)))
