"""Codes of land-cover products and the classes of the legend that they stand for.

A code without counterpart is known to its product but says no class of ours: it becomes unknown.
So do mixtures, since a sentence about them could be false.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sargeo.legend import (
    BARE,
    BUILT_UP,
    LAND_COVER,
    LOW_VEGETATION,
    NODATA,
    OPEN_WATER,
    TREES,
    WITHOUT_COUNTERPART,
)
from sargeo_training.images import NOT_WATER, UNKNOWN

ProductName = Literal["worldcover", "io-lulc", "terramesh-lulc", "dynamic-world", "corine"]


@dataclass(frozen=True)
class Product:
    """A land-cover product.

    Attributes
    ----------
    name : str
        As texts name it.
    codes : mapping of int to int
        Every code that its legend defines, to a code of ours, `UNKNOWN` or `NOT_WATER`.
    """

    name: str
    codes: Mapping[int, int]


def _worldcover() -> dict[int, int]:
    """ESA WorldCover v100 and v200: the legend itself says what it takes in."""
    theirs = {code: c.code for c in LAND_COVER for code in c.worldcover}
    return theirs | dict.fromkeys((NODATA, *WITHOUT_COUNTERPART), UNKNOWN)


# Impact Observatory, annual maps of nine classes: clouds and snow have no counterpart.
_IMPACT_OBSERVATORY = {
    0: UNKNOWN,
    1: OPEN_WATER.code,
    2: TREES.code,
    4: NOT_WATER,  # flooded vegetation
    5: LOW_VEGETATION.code,  # crops
    7: BUILT_UP.code,
    8: BARE.code,
    9: UNKNOWN,  # snow and ice
    10: UNKNOWN,  # clouds
    11: LOW_VEGETATION.code,  # rangeland
}

_CONSECUTIVE = (0, 1, 2, 4, 5, 7, 8, 9, 10, 11)
"""TerraMesh numbers the same classes from 0 to 9 without the gaps."""

# Dynamic World, band "label". Zero is water here, not nodata.
_DYNAMIC_WORLD = {
    0: OPEN_WATER.code,
    1: TREES.code,
    2: LOW_VEGETATION.code,  # grass
    3: NOT_WATER,  # flooded vegetation
    4: LOW_VEGETATION.code,  # crops
    5: LOW_VEGETATION.code,  # shrub and scrub
    6: BUILT_UP.code,
    7: BARE.code,
    8: UNKNOWN,  # snow and ice
}

# CORINE Land Cover, level 3. Of a class that mixes ours nothing is said: ports hold basins,
# airports hold grass, rice fields are under water for months.
_CORINE_LEVEL_3 = {
    111: BUILT_UP.code,  # continuous urban fabric
    112: BUILT_UP.code,  # discontinuous urban fabric
    121: BUILT_UP.code,  # industrial or commercial units
    122: BUILT_UP.code,  # road and rail networks
    123: UNKNOWN,  # port areas
    124: UNKNOWN,  # airports
    131: BARE.code,  # mineral extraction sites
    132: UNKNOWN,  # dump sites
    133: UNKNOWN,  # construction sites
    141: UNKNOWN,  # green urban areas
    142: UNKNOWN,  # sport and leisure facilities
    211: LOW_VEGETATION.code,  # non-irrigated arable land
    212: LOW_VEGETATION.code,  # permanently irrigated land
    213: UNKNOWN,  # rice fields
    221: LOW_VEGETATION.code,  # vineyards
    222: TREES.code,  # fruit trees and berry plantations
    223: TREES.code,  # olive groves
    231: LOW_VEGETATION.code,  # pastures
    241: UNKNOWN,  # annual crops with permanent crops
    242: UNKNOWN,  # complex cultivation patterns
    243: UNKNOWN,  # agriculture with natural vegetation
    244: UNKNOWN,  # agro-forestry areas
    311: TREES.code,  # broad-leaved forest
    312: TREES.code,  # coniferous forest
    313: TREES.code,  # mixed forest
    321: LOW_VEGETATION.code,  # natural grasslands
    322: LOW_VEGETATION.code,  # moors and heathland
    323: LOW_VEGETATION.code,  # sclerophyllous vegetation
    324: UNKNOWN,  # transitional woodland-shrub
    331: BARE.code,  # beaches, dunes, sands
    332: BARE.code,  # bare rocks
    333: BARE.code,  # sparsely vegetated areas
    334: UNKNOWN,  # burnt areas
    335: UNKNOWN,  # glaciers and perpetual snow
    411: LOW_VEGETATION.code,  # inland marshes
    412: LOW_VEGETATION.code,  # peat bogs
    421: LOW_VEGETATION.code,  # salt marshes
    422: UNKNOWN,  # salines
    423: UNKNOWN,  # intertidal flats
    511: OPEN_WATER.code,  # water courses
    512: OPEN_WATER.code,  # water bodies
    521: OPEN_WATER.code,  # coastal lagoons
    522: OPEN_WATER.code,  # estuaries
    523: OPEN_WATER.code,  # sea and ocean
}


def _corine() -> dict[int, int]:
    """Level-3 codes, and the numbers 1 to 44 in their order that the 100 m rasters hold.

    Those rasters write 48 where a country gave nothing, 49 and 50 for land and for water that
    nobody classified.
    """
    numbered = dict(enumerate(_CORINE_LEVEL_3.values(), start=1))
    special = {0: UNKNOWN, 48: UNKNOWN, 49: UNKNOWN, 50: OPEN_WATER.code}
    special |= {990: UNKNOWN, 995: OPEN_WATER.code, 999: UNKNOWN}
    return _CORINE_LEVEL_3 | numbered | special


PRODUCTS: Mapping[ProductName, Product] = {
    "worldcover": Product("ESA WorldCover", _worldcover()),
    "io-lulc": Product("Impact Observatory land cover", _IMPACT_OBSERVATORY),
    "terramesh-lulc": Product(
        "Impact Observatory land cover",
        {number: _IMPACT_OBSERVATORY[code] for number, code in enumerate(_CONSECUTIVE)},
    ),
    "dynamic-world": Product("Dynamic World", _DYNAMIC_WORLD),
    "corine": Product("CORINE Land Cover", _corine()),
}
"""Products by the names that settings give them."""
