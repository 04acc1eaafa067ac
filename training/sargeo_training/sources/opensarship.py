"""OpenSARShip: Sentinel-1 chips around single ships, matched with AIS (Huang et al. 2018).

Chips are small, so nine stand side by side on one sheet. Only the surroundings of the ship in the
middle count as searched: neighbours may be cut by a chip's edge and are not in the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.bands import Band
from sargeo_training.sheet import UNKNOWN, Sheet, Source
from sargeo_training.sources.files import read_bands

_BANDS = (Band("VH", "sigma0", "linear"), Band("VV", "sigma0", "linear"))
_CELL, _PER_SIDE = 84, 3
_GRD_SPACING_M = 10.0
_TYPICAL_BEAM_PX = 3.0

_CATEGORIES: dict[str, str | None] = {"other type": None, "search": "search and rescue"}
"""What the names of files say; every other one is a category as it stands."""

Chip = tuple[NDArray[np.float32], tuple[float, float, float], str | None]
"""Values (2, h, w), height, width and length of the ship in pixels, and its category."""


def load(folder: Path) -> Source:
    """Read the ground-range chips, nine to a sheet; products in slant range are left out."""
    products = sorted((folder / "opensarship").glob("*_GRDH_*"))
    chips = [chip for product in products for chip in _chips(product)]
    per_sheet = _PER_SIDE**2
    groups = [chips[i : i + per_sheet] for i in range(0, len(chips), per_sheet)]
    sheets = tuple(_sheet(f"chips_{i:03d}", group) for i, group in enumerate(groups))
    return Source("opensarship", 0.7, sheets, "unknown")


def _chips(product: Path) -> Iterator[Chip]:
    text = (product / "Ship.xml").read_text(encoding="utf-8-sig")
    # Some of these files close their root element with a backslash.
    for ship in ElementTree.fromstring(text.replace("<\\ShipList>", "</ShipList>")).iter("ship"):
        centre = [ship.findtext(f"SARShipInformation/Center_{k}", "") for k in "xy"]
        for path in product.glob(f"*_x{centre[0]}_y{centre[1]}.tif"):
            told = path.name.partition("_")[0].lower()
            category = _CATEGORIES.get(told, told)
            yield read_bands(path).astype(np.float32), _extent_px(ship), category


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


def _sheet(name: str, chips: list[Chip]) -> Sheet:
    size = _CELL * _PER_SIDE
    values = np.zeros((len(_BANDS), size, size), dtype=np.float32)
    valid, searched = np.zeros((2, size, size), dtype=bool)
    ships = []
    for i, (chip, extent, _) in enumerate(chips):
        row, col = (_CELL * k for k in divmod(i, _PER_SIDE))
        cut, (centre_row, centre_col) = _middle(chip)
        rows, cols = slice(row, row + cut.shape[1]), slice(col, col + cut.shape[2])
        values[:, rows, cols] = cut
        valid[rows, cols] = True
        centre_row, centre_col = row + centre_row, col + centre_col
        reach = int(np.nan_to_num(max(extent), nan=10.0) * 0.6) + 4
        searched[
            max(row, int(centre_row) - reach) : min(row + cut.shape[1], int(centre_row) + reach),
            max(col, int(centre_col) - reach) : min(col + cut.shape[2], int(centre_col) + reach),
        ] = True
        ships.append((centre_row, centre_col, *extent))
    return Sheet(
        name=name,
        split="train",
        values=values,
        bands=_BANDS,
        valid=valid,
        labels=np.full((size, size), UNKNOWN, dtype=np.uint8),
        ships=np.array(ships, dtype=np.float32),
        searched=searched,
        gsd_m=(_GRD_SPACING_M, _GRD_SPACING_M),
        categories=tuple(category for *_, category in chips),
    )


def _middle(chip: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Cut a chip to a cell less its gutter; also return where the chip's centre lies in the cut."""
    room = _CELL - 2
    starts = [max(0, (n - room) // 2) for n in chip.shape[1:]]
    cut = chip[:, starts[0] : starts[0] + room, starts[1] : starts[1] + room]
    return cut, (chip.shape[1] / 2 - starts[0], chip.shape[2] / 2 - starts[1])
