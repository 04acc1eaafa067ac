"""Which facts there are to claim, what kind each is, and which values it takes.

A fact's key is its family, such as ``landcover.share``, and where the family needs them one or two
arguments: ``landcover.share:open water``, ``objects.in_sector:ship@upper left``.

======================== ======= ================================================================
family                   kind    value, and when it is true
======================== ======= ================================================================
place.near               other   name of the nearest place, at most 25 km from the centre
place.state              other   name of that place's state or province
place.country            other   name of that place's country
place.climate            other   Köppen-Geiger code, such as ``Csa``
terrain.relief           class   flat, rolling, hilly or mountainous; see `map_findings.RELIEF`
terrain.height           other   mean height in m, to 10 m or a tenth
terrain.range            other   difference of highest and lowest in m, to 10 m or a tenth
roads.density            class   none, sparse, moderate or dense; see `map_findings.ROADS`
roads.length             size    km, to 1 km or a tenth
rail.length              size    km of railways, to 1 km or a tenth
buildings.number         count   exact up to 20, then to a tenth
buildings.share          size    per cent of the ground they cover, to 5 points
water.length             size    km of waterways, to 1 km or a tenth
water.share              size    per cent of the ground under mapped inland waters, to 5 points
named.name:KIND          other   name of a port, airport, ...
named.where:KIND         place   sector of the only port, marina or airport
landcover.present:CLASS  other   yes (from 1 % of the chip on) or no (under 0.2 %)
landcover.among:RANK     class   a class that is present; ranks run by area
landcover.main           class   the class with the largest area
landcover.second         class   the class after it
landcover.share:CLASS    size    per cent of the chip, to 5 points
landcover.where:CLASS    place   a sector that holds nearly as much of it as any (to 0.1)
landcover.side:CLASS     place   the third of the chip that holds more than half of it
landcover.sector:SECTOR  class   the class with more than half of a sector
landcover.patches:CLASS  count   connected areas over 0.5 % of the chip
landcover.classes        count   classes that take 2 % of the chip or more
landcover.pattern        class   uniform, dominated or mixed; see `land_findings.PATTERNS`
landcover.surface        class   land or water: what takes more than half of the chip
landcover.shore          other   yes or no: whether open water meets land in the chip
land.use                 class   what the ground serves; see `land_findings.USES`
objects.present:KIND     other   yes or no
objects.count:KIND       count   exact up to 20, then to a tenth
objects.least:KIND       count   number found, where only a part was searched
objects.at:KIND          place   sector of the only one
objects.where:KIND       place   the sector that holds more of them than any other
objects.in_sector:KIND@S count   number in a sector
objects.size:KIND        size    small, medium or large; see `object_findings.SIZES_M`
objects.size_px:KIND     size    the same by pixels; see `object_findings.SIZES_PX`
objects.longest:KIND     size    m, to 10 m or a tenth
objects.longest_px:KIND  size    pixels, to 2 or 15 %
objects.category:KIND    class   a category that one of them has
objects.spread:KIND      other   close, loose or far; see `object_findings.SPREADS`
objects.region:KIND      other   open water, shore or built-up shore
objects.look:KIND        size    points, spots or streaks; see `object_findings.LOOKS_PX`
sar.band                 other   X, C or L
sar.polarisation         other   channels, such as ``VV and VH``
sar.incidence            other   degrees, to 2
sar.spacing              other   m from pixel to pixel, to 15 %
sar.extent               other   m along a side of the chip, to a tenth
sar.slopes               other   foreshortened: slopes steep enough to lean towards the sensor
sar.mechanism:WHAT       other   how a class or kind that is present scatters
sar.scatterers:trees     other   leaves and twigs, or branches and trunks
sar.contrast:CLASS@CLASS other   brighter or darker than the other, both present
======================== ======= ================================================================

Sectors are those of `facts.SECTORS`, classes those of `sargeo.legend`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from sargeo.legend import LAND_COVER
from sargeo_training.data.facts import SECTORS

Value = str | int | float
Kind = Literal["count", "class", "place", "size", "other"]

CLASSES: tuple[str, ...] = tuple(c.name for c in LAND_COVER)
SIDES = ("upper third", "lower third", "left third", "right third")
CLIMATES: tuple[str, ...] = (
    *("Af", "Am", "Aw", "BWh", "BWk", "BSh", "BSk", "Csa", "Csb", "Csc", "Cwa", "Cwb", "Cwc"),
    *("Cfa", "Cfb", "Cfc", "Dsa", "Dsb", "Dsc", "Dsd", "Dwa", "Dwb", "Dwc", "Dwd"),
    *("Dfa", "Dfb", "Dfc", "Dfd", "ET", "EF"),
)
CATEGORIES = ("cargo", "tanker", "fishing", "passenger", "tug", "dredger", "other")
"""Kinds of ships that texts tell apart; `object_findings` says which names fall under each."""
USES: tuple[str, ...] = (
    *("port", "airport", "waterfront", "settlement", "partly built", "open water"),
    *("woodland", "countryside", "bare land"),
)
POLARISATIONS: tuple[str, ...] = (
    *("VV", "VH", "HH", "HV", "VV and VH", "HH and HV", "VV and HH", "HH, VV and HV"),
    "HH, VV, HV and VH",
)
MECHANISMS = (
    *("mirror reflection", "surface scattering", "volume scattering"),
    *("double bounce", "multiple bounce"),
)
_COUNTS = (*range(21), *range(25, 100, 5), *range(100, 1001, 50))
_METRES = (*range(10, 200, 10), *range(200, 1000, 50), *range(1000, 9000, 100))
_PER_CENT = tuple(range(5, 101, 5))


@dataclass(frozen=True)
class Domain:
    """The values of one fact.

    Attributes
    ----------
    kind
        What a wrong value gets wrong: a count, a class, a place in the picture, a size, or what
        the picture cannot show.
    values
        What texts say. Numbers in between may be claimed too and are worded as well. Empty for
        names, of which any may be claimed.
    """

    kind: Kind
    values: tuple[Value, ...]


_YES_NO = ("yes", "no")
_SIZES = ("small", "medium", "large")
_DOMAINS: dict[str, Domain] = {
    "place.country": Domain("other", ()),
    "place.state": Domain("other", ()),
    "place.near": Domain("other", ()),
    "place.climate": Domain("other", CLIMATES),
    "terrain.relief": Domain("class", ("flat", "rolling", "hilly", "mountainous")),
    "terrain.height": Domain("other", (0, *_METRES)),
    "terrain.range": Domain("other", (0, *_METRES)),
    "roads.density": Domain("class", ("none", "sparse", "moderate", "dense")),
    "roads.length": Domain("size", tuple(range(1, 201))),
    "rail.length": Domain("size", tuple(range(1, 101))),
    "buildings.number": Domain("count", _COUNTS),
    "buildings.share": Domain("size", _PER_CENT),
    "water.length": Domain("size", tuple(range(1, 101))),
    "water.share": Domain("size", _PER_CENT),
    "named.name": Domain("other", ()),
    "named.where": Domain("place", SECTORS),
    "landcover.present": Domain("other", _YES_NO),
    "landcover.among": Domain("class", CLASSES),
    "landcover.main": Domain("class", CLASSES),
    "landcover.second": Domain("class", CLASSES),
    "landcover.share": Domain("size", _PER_CENT),
    "landcover.where": Domain("place", SECTORS),
    "landcover.side": Domain("place", SIDES),
    "landcover.sector": Domain("class", CLASSES),
    "landcover.patches": Domain("count", tuple(range(1, 21))),
    "landcover.classes": Domain("count", tuple(range(1, len(CLASSES) + 1))),
    "landcover.pattern": Domain("class", ("uniform", "dominated", "mixed")),
    "landcover.surface": Domain("class", ("land", "water")),
    "landcover.shore": Domain("other", _YES_NO),
    "land.use": Domain("class", USES),
    "objects.present": Domain("other", _YES_NO),
    "objects.count": Domain("count", _COUNTS),
    "objects.least": Domain("count", _COUNTS[1:]),
    "objects.at": Domain("place", SECTORS),
    "objects.where": Domain("place", SECTORS),
    "objects.in_sector": Domain("count", tuple(range(21))),
    "objects.size": Domain("size", _SIZES),
    "objects.size_px": Domain("size", _SIZES),
    "objects.longest": Domain("size", tuple(range(10, 401, 10))),
    "objects.longest_px": Domain("size", (*range(2, 20), *range(20, 301, 5))),
    "objects.category": Domain("class", CATEGORIES),
    "objects.spread": Domain("other", ("close", "loose", "far")),
    "objects.region": Domain("other", ("open water", "shore", "built-up shore")),
    "objects.look": Domain("size", ("points", "spots", "streaks")),
    "sar.band": Domain("other", ("X", "C", "L")),
    "sar.polarisation": Domain("other", POLARISATIONS),
    "sar.incidence": Domain("other", tuple(range(15, 61))),
    "sar.spacing": Domain("other", (*range(1, 21), *range(25, 101, 5))),
    "sar.extent": Domain("other", (*range(100, 1000, 100), *range(1000, 50001, 500))),
    "sar.slopes": Domain("other", ("foreshortened",)),
    "sar.mechanism": Domain("other", MECHANISMS),
    "sar.scatterers": Domain("other", ("leaves and twigs", "branches and trunks")),
    "sar.contrast": Domain("other", ("brighter", "darker")),
}

FAMILIES: tuple[str, ...] = tuple(_DOMAINS)


def family_of(fact: str) -> str:
    """Return the family of a key."""
    return fact.partition(":")[0]


def arguments_of(fact: str) -> tuple[str, ...]:
    """Return the arguments of a key, none if its family takes none."""
    rest = fact.partition(":")[2]
    return tuple(rest.split("@")) if rest else ()


@cache
def domain(fact: str) -> Domain:
    """Return kind and values of a fact.

    Raises
    ------
    KeyError
        If no family has this key's name.
    """
    return _DOMAINS[family_of(fact)]
