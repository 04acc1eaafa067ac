"""Candidates: chips that could be cut, with what decides whether they will be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from sargeo.errors import InputError
from sargeo.geo.grid import Block
from sargeo_training.data.chips.chips import Cut, average, plan_cuts
from sargeo_training.data.chips.config import ChipSettings
from sargeo_training.data.chips.duplicates import digest, picture_hash
from sargeo_training.data.chips.pictures import Picture, Unit, pictures_of
from sargeo_training.data.chips.splits import box_of
from sargeo_training.data.record import file_safe
from sargeo_training.images import Split

Ring = tuple[tuple[float, float], ...]

TOO_LITTLE_VALID = "Too little of the chip is valid."
NOTHING_FITS = "No chip of any level fits the picture."


class Candidate(BaseModel):
    """A chip that could be cut.

    Attributes
    ----------
    id
        See `sargeo_training.data.record.Record`.
    picture
        Index of its picture in the unit.
    level, extent_m, factor
        See `sargeo_training.data.chips.chips.Cut`.
    block
        First row, first column, height and width in the picture.
    split
        None where it is split by place.
    centre, footprint
        See `Record`.
    box
        West, south, east, north of ground that holds the chip, in degrees; east may run beyond
        180. None where its place is unknown.
    hash, digest
        See `sargeo_training.data.chips.duplicates`; the hash in hexadecimal.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    picture: int
    level: str
    extent_m: float | None
    block: tuple[int, int, int, int]
    factor: int
    split: Split | None
    centre: tuple[float, float] | None
    footprint: Ring | None
    box: tuple[float, float, float, float] | None
    hash: str
    digest: str

    @property
    def cut(self) -> Cut:
        """Where it lies on its picture."""
        return Cut(self.level, self.extent_m, Block(*self.block), self.factor)


class Candidates(BaseModel):
    """The candidates of a unit, and why others were left out, with how many."""

    model_config = ConfigDict(frozen=True)

    chips: tuple[Candidate, ...] = ()
    skipped: dict[str, int] = {}


def find_candidates(unit: Unit, base: Path, settings: ChipSettings) -> Candidates:
    """Look at every chip that a unit could give.

    What is refused or damaged is left out and counted, and so is a unit that cannot be opened.
    """
    chips: list[Candidate] = []
    skipped: Counter[str] = Counter()
    try:
        pictures = pictures_of(unit, base)
    except InputError as error:
        return Candidates(skipped={error.problem: 1})
    if not pictures:
        return Candidates(skipped={f"{unit.title} holds no picture.": 1})
    for index, picture in enumerate(pictures):
        cuts = plan_cuts(picture.canvas, settings)
        skipped[NOTHING_FITS] += not cuts
        for cut in cuts:
            try:
                found = _candidate(picture, index, cut, settings.min_valid)
            except (InputError, ValidationError) as error:
                skipped[reason_of(error)] += 1
            else:
                skipped[TOO_LITTLE_VALID] += found is None
                chips += [found] if found else []
    return Candidates(chips=tuple(chips), skipped=dict(+skipped))


def reason_of(error: InputError | ValidationError) -> str:
    """Return in a sentence why something was left out."""
    return error.problem if isinstance(error, InputError) else error.errors()[0]["msg"]


def _candidate(picture: Picture, index: int, cut: Cut, min_valid: float) -> Candidate | None:
    window = picture.read(cut.block)
    if not window.valid.any() or window.valid.mean() < min_valid:
        return None
    window = average(window, picture.bands, cut.factor)
    centre, footprint = _place(picture, cut)
    block = (cut.block.row, cut.block.col, cut.block.height, cut.block.width)
    names = (picture.source, picture.name, cut.level, str(block[0]), str(block[1]))
    return Candidate(
        id="_".join(map(file_safe, names)),
        picture=index,
        level=cut.level,
        extent_m=cut.extent_m,
        block=block,
        factor=cut.factor,
        split=picture.split,
        centre=centre,
        footprint=footprint,
        box=box_of(centre, footprint, cut.extent_m),
        hash=picture_hash(window, picture.bands).hex(),
        digest=digest(window),
    )


def _place(picture: Picture, cut: Cut) -> tuple[tuple[float, float] | None, Ring | None]:
    """Return centre and outline in degrees, as far as they are known."""
    grid, block = picture.canvas.grid, cut.block
    if grid is None:
        return picture.centre, None
    middle = block.row + block.height / 2, block.col + block.width / 2
    rows = np.array([block.row, block.row_stop, block.row_stop, block.row, middle[0]])
    cols = np.array([block.col, block.col, block.col_stop, block.col_stop, middle[1]])
    lon, lat = grid.lonlat(rows, cols)
    if not np.isfinite(lon + lat).all():
        return None, None
    around = np.unwrap(lon, period=360)
    around += 360 * (around.min() < -180)
    ring = tuple(zip(around[:4].round(7).tolist(), lat[:4].round(7).tolist(), strict=True))
    if _area(ring) < 0:
        ring = ring[::-1]
    return (round(float(lon[4]), 7), round(float(lat[4]), 7)), ring


def _area(ring: Ring) -> float:
    """Return twice the signed area, positive where the ring runs anticlockwise."""
    return sum(
        x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, (*ring[1:], ring[0]), strict=True)
    )
