"""OpenSARShip: Sentinel-1 chips around single ships, matched with AIS (Huang et al. 2018).

Chips are small, so nine stand side by side in a mosaic to train on densely. Only the surroundings
of the ship in the middle count as searched: neighbours may be cut by a chip's edge and are not in
the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.bands import Band
from sargeo_training.data.sources.files import read_bands
from sargeo_training.images import UNKNOWN, LabelledImage, Source

_BANDS = (Band("VH", "sigma0", "linear"), Band("VV", "sigma0", "linear"))
_CELL, _PER_SIDE = 84, 3
_GRD_SPACING_M = 10.0
_TYPICAL_BEAM_PX = 3.0
_SHIPS_BY = "AIS match"

_CATEGORIES: dict[str, str | None] = {"other type": None, "search": "search and rescue"}
"""What the names of files say; every other one is a category as it stands."""


@dataclass(frozen=True)
class _Chip:
    """A chip around a ship: values (2, h, w); height, width and length of the ship in pixels."""

    name: str
    values: NDArray[np.float32]
    extent_px: tuple[float, float, float]
    category: str | None
    centre: tuple[float, float]
    acquired: datetime
    incidence_deg: float


def load(folder: Path) -> Source:
    """Read the ground-range chips, nine to a mosaic; products in slant range are left out."""
    chips = _all_chips(folder)
    per_mosaic = _PER_SIDE**2
    groups = [chips[i : i + per_mosaic] for i in range(0, len(chips), per_mosaic)]
    return _source(_mosaic(f"chips_{i:03d}", group) for i, group in enumerate(groups))


def load_singles(folder: Path) -> Source:
    """Read the same chips, each an image of its own, with where and when it was."""
    return _source(map(_single, _all_chips(folder)))


def _source(images: Iterable[LabelledImage]) -> Source:
    return Source("opensarship", 0.7, tuple(images), "unknown")


def _all_chips(folder: Path) -> list[_Chip]:
    products = sorted((folder / "opensarship").glob("*_GRDH_*"))
    return [chip for product in products for chip in _chips(product)]


def _chips(product: Path) -> Iterator[_Chip]:
    text = (product / "Ship.xml").read_text(encoding="utf-8-sig")
    # Some of these files close their root element with a backslash.
    for ship in ElementTree.fromstring(text.replace("<\\ShipList>", "</ShipList>")).iter("ship"):
        seen = {item.tag: item.text or "" for item in ship.findall("SARShipInformation/*")}
        for path in product.glob(f"*_x{seen['Center_x']}_y{seen['Center_y']}.tif"):
            told = path.name.partition("_")[0].lower()
            yield _Chip(
                name=f"{product.name}_{path.stem}",
                values=read_bands(path).astype(np.float32),
                extent_px=_extent_px(ship),
                category=_CATEGORIES.get(told, told),
                centre=(float(seen["Center_longitude"]), float(seen["Center_latitude"])),
                acquired=_acquired(seen["Time_UTC"]),
                incidence_deg=float(seen["Incidence"]),
            )


def _acquired(told: str) -> datetime:
    """Read a time such as ``2016/1/31.10:17:0``."""
    return datetime.strptime(told, "%Y/%m/%d.%H:%M:%S").replace(tzinfo=UTC)


def _extent_px(ship: ElementTree.Element) -> tuple[float, float, float]:
    """Return height, width and length in pixels, from the ends seen and the length told by AIS."""
    told = [
        float(ship.findtext(k, "0"))
        for k in ("AISShipInformation/Length", "SARShipInformation/Manual_Length")
    ]
    length = next((t for t in told if t > 0), math.nan) / _GRD_SPACING_M
    down, across = (
        abs(
            float(ship.findtext(f"SARShipInformation/Head_{k}", "nan"))
            - float(ship.findtext(f"SARShipInformation/Tail_{k}", "nan"))
        )
        for k in "yx"
    )
    return max(down, _TYPICAL_BEAM_PX), max(across, _TYPICAL_BEAM_PX), length


def _single(chip: _Chip) -> LabelledImage:
    shape = chip.values.shape[1:]
    middle = shape[0] / 2, shape[1] / 2
    searched = np.zeros(shape, dtype=bool)
    searched[_surroundings(middle, chip)] = True
    return LabelledImage(
        name=chip.name,
        split="train",
        values=chip.values,
        bands=_BANDS,
        valid=np.ones(shape, dtype=bool),
        labels=np.full(shape, UNKNOWN, dtype=np.uint8),
        ships=np.array([(*middle, *chip.extent_px)], dtype=np.float32),
        searched=searched,
        gsd_m=(_GRD_SPACING_M, _GRD_SPACING_M),
        incidence_deg=chip.incidence_deg,
        categories=(chip.category,),
        centre=chip.centre,
        platform="Sentinel-1",
        acquired=chip.acquired,
        ships_by=_SHIPS_BY,
    )


def _surroundings(centre: tuple[float, float], chip: _Chip) -> tuple[slice, slice]:
    """Return the rows and columns around a ship that hold no other."""
    reach = int(np.nan_to_num(max(chip.extent_px), nan=10.0) * 0.6) + 4
    rows, cols = (slice(max(0, int(c) - reach), int(c) + reach) for c in centre)
    return rows, cols


def _mosaic(name: str, chips: list[_Chip]) -> LabelledImage:
    size = _CELL * _PER_SIDE
    values = np.zeros((len(_BANDS), size, size), dtype=np.float32)
    valid, searched = np.zeros((2, size, size), dtype=bool)
    ships = []
    for i, chip in enumerate(chips):
        row, col = (_CELL * k for k in divmod(i, _PER_SIDE))
        cut, (centre_row, centre_col) = _middle(chip.values)
        rows, cols = slice(row, row + cut.shape[1]), slice(col, col + cut.shape[2])
        values[:, rows, cols] = cut
        valid[rows, cols] = True
        searched[rows, cols][_surroundings((centre_row, centre_col), chip)] = True
        ships.append((row + centre_row, col + centre_col, *chip.extent_px))
    return LabelledImage(
        name=name,
        split="train",
        values=values,
        bands=_BANDS,
        valid=valid,
        labels=np.full((size, size), UNKNOWN, dtype=np.uint8),
        ships=np.array(ships, dtype=np.float32),
        searched=searched,
        gsd_m=(_GRD_SPACING_M, _GRD_SPACING_M),
        categories=tuple(chip.category for chip in chips),
        platform="Sentinel-1",
        ships_by=_SHIPS_BY,
    )


def _middle(chip: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Cut a chip to a cell less its gutter; also return where the chip's centre lies in the cut."""
    room = _CELL - 2
    starts = [max(0, (n - room) // 2) for n in chip.shape[1:]]
    cut = chip[:, starts[0] : starts[0] + room, starts[1] : starts[1] + room]
    return cut, (chip.shape[1] / 2 - starts[0], chip.shape[2] / 2 - starts[1])
