"""The legend: one source of truth for class codes, names and colours.

Codes and colours follow ESA WorldCover v200 (product user manual, table 2), so that maps of both
can be compared without a crosswalk for the classes that radar can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass

NODATA = 0
UNCERTAIN = 254


@dataclass(frozen=True, slots=True)
class LandCoverClass:
    """One class of the legend.

    Attributes
    ----------
    code : int
        Value in the raster, uint8.
    name : str
        English name, as analysts read it in a legend.
    colour : str
        ``#rrggbb``.
    worldcover : tuple of int
        Codes of ESA WorldCover that this class takes in.
    """

    code: int
    name: str
    colour: str
    worldcover: tuple[int, ...] = ()

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Red, green and blue, 0 to 255."""
        return int(self.colour[1:3], 16), int(self.colour[3:5], 16), int(self.colour[5:7], 16)


TREES = LandCoverClass(10, "trees", "#006400", (10, 95))
LOW_VEGETATION = LandCoverClass(30, "low vegetation", "#ffff4c", (20, 30, 40, 90, 100))
BUILT_UP = LandCoverClass(50, "built-up", "#fa0000", (50,))
BARE = LandCoverClass(60, "bare", "#b4b4b4", (60,))
OPEN_WATER = LandCoverClass(80, "open water", "#0064c8", (80,))
UNCERTAIN_CLASS = LandCoverClass(UNCERTAIN, "uncertain", "#f0f0f0")

LAND_COVER: tuple[LandCoverClass, ...] = (TREES, LOW_VEGETATION, BUILT_UP, BARE, OPEN_WATER)
"""The classes that a model predicts, in the order of its output channels."""

LAND_COVER_CODES: tuple[int, ...] = tuple(c.code for c in LAND_COVER)

WITHOUT_COUNTERPART: tuple[int, ...] = (70,)
"""WorldCover codes (snow and ice) that no class of ours stands for."""

OBJECT_KINDS: tuple[str, ...] = ("ship",)
"""Kinds of objects, in the order of a model's object channels."""


def class_of(code: int) -> LandCoverClass:
    """Return the class with this code.

    Raises
    ------
    KeyError
        If the legend has no such code.
    """
    return _BY_CODE[code]


_BY_CODE = {c.code: c for c in (*LAND_COVER, UNCERTAIN_CLASS)}
