"""What maps, tables and terrain say of the ground that a chip shows.

Everything is measured within the chip, so that a sentence made of facts is true of the picture.
Places in a chip are continuous from 0 to 1, rows from the upper edge and columns from the left.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

SECTORS = (
    "upper left",
    "top",
    "upper right",
    "left",
    "centre",
    "right",
    "lower left",
    "bottom",
    "lower right",
)
"""Thirds by thirds of a chip, row by row: words of the picture, which hold without north too."""

PATCH_SHARE = 0.005
"""Connected areas up to this share of the chip are no patches."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Measure = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Metres = Annotated[float, Field(allow_inf_nan=False)]

_ROUNDING = 1e-6


class Bounds(NamedTuple):
    """The least and the largest that a share may be."""

    lowest: Share
    highest: Share


NineBounds = Annotated[tuple[Bounds, ...], Field(min_length=len(SECTORS), max_length=len(SECTORS))]


def sector_of(row: float, col: float) -> str:
    """Return the sector of a place, both coordinates from 0 to 1 of the chip."""
    down, across = (min(int(3 * place), 2) for place in (row, col))
    return SECTORS[3 * down + across]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LandCoverFacts(_Fact):
    """What one layer says of land cover.

    It may know the class of a pixel, or only that it is none of some classes, such as water, or
    nothing. So each share lies between two bounds, which meet where all is known.

    Attributes
    ----------
    layer
        Who says so, such as ``"ESA WorldCover"`` or ``"reference polygons"``.
    known
        Share of the chip's valid pixels whose class is known.
    shares
        Name of a class of `sargeo.legend` to its share of the chip's valid pixels. A class that is
        left out is surely absent.
    sectors
        Name of a class to its share of the valid pixels of each sector (`SECTORS`); 0 where a
        sector has none. The same classes as `shares`.
    patches
        Name of a class to the number of its connected areas (neighbours share a side or a corner)
        over `PATCH_SHARE` of the chip, as far as they are known. The same classes as `shares`.
    """

    layer: str
    known: Share
    shares: dict[str, Bounds]
    sectors: dict[str, NineBounds]
    patches: dict[str, Annotated[int, Field(ge=0)]]

    @model_validator(mode="after")
    def _consistent(self) -> LandCoverFacts:
        low, high = (sum(bounds) for bounds in zip((0, 0), *self.shares.values(), strict=True))
        if high < 1 - _ROUNDING:
            raise ValueError(f"the shares of the classes sum to {high} at most, not to 1")
        if abs(low - self.known) > _ROUNDING:
            raise ValueError(f"classes are known of {low} of the chip, not of {self.known}")
        if not self.shares.keys() == self.sectors.keys() == self.patches.keys():
            raise ValueError("shares, sectors and patches name different classes")
        return self


class ObjectFact(_Fact):
    """One object.

    Attributes
    ----------
    kind
        One of `sargeo.legend.OBJECT_KINDS`.
    row, col
        Its centre, from 0 to 1 of the chip.
    length_m, length_px
        Along its axis; None where nobody measured it.
    category
        What kind of its kind, such as ``"cargo"``; None where nobody said.
    """

    kind: str
    row: Share
    col: Share
    length_m: Measure | None = None
    length_px: Measure | None = None
    category: str | None = None

    @property
    def sector(self) -> str:
        """The sector of its centre."""
        return sector_of(self.row, self.col)


class ObjectFacts(_Fact):
    """The objects of a chip.

    Attributes
    ----------
    layer
        Who says so.
    searched
        Share of the chip's valid pixels in which every object was looked for. The list is complete
        only there; elsewhere it holds what happens to be known.
    items
        The objects, from the top down.
    """

    layer: str
    searched: Share
    items: tuple[ObjectFact, ...] = ()


class NamedFact(_Fact):
    """Something that bears a name: its kind (``"port"``, ``"river"``), name and sector."""

    kind: str
    name: str = Field(min_length=1)
    sector: str

    @model_validator(mode="after")
    def _in_a_sector(self) -> NamedFact:
        if self.sector not in SECTORS:
            raise ValueError(f"{self.sector!r} is not a sector of a chip")
        return self


class VectorFacts(_Fact):
    """What a map of lines and polygons says. None where the map does not cover the theme.

    Attributes
    ----------
    layer
        Who says so.
    road_km, road_km_per_km2
        Length of roads within the chip, geodesic, and the same over the chip's area.
    buildings, building_share
        Number of buildings within or across the edge of the chip, and the share of it they cover.
    rail_km
        Length of railways within the chip, geodesic.
    water_km
        Length of waterways within the chip, geodesic.
    water_share
        Share of the chip that water areas cover. The sea is none in OpenStreetMap.
    named
        Ports, airports, waters and other features with a name.
    """

    layer: str
    road_km: Measure | None = None
    road_km_per_km2: Measure | None = None
    buildings: Annotated[int, Field(ge=0)] | None = None
    building_share: Share | None = None
    rail_km: Measure | None = None
    water_km: Measure | None = None
    water_share: Share | None = None
    named: tuple[NamedFact, ...] = ()


class TerrainFacts(_Fact):
    """Heights of the ground in metres and its mean slope in degrees, from a terrain model."""

    layer: str
    lowest_m: Metres
    mean_m: Metres
    highest_m: Metres
    slope_deg: Annotated[float, Field(ge=0, le=90, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _ordered(self) -> TerrainFacts:
        if not self.lowest_m <= self.mean_m <= self.highest_m:
            raise ValueError(
                f"the heights {self.lowest_m}, {self.mean_m} and {self.highest_m} m are not in "
                "order"
            )
        return self


class Facts(_Fact):
    """All that is known of a chip; None where no layer says anything."""

    landcover: LandCoverFacts | None = None
    objects: ObjectFacts | None = None
    vectors: VectorFacts | None = None
    terrain: TerrainFacts | None = None
