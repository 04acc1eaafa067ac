"""The facts that a language model may claim at each level, and whether a claim is one of them."""

from __future__ import annotations

from sargeo.legend import OBJECT_KINDS
from sargeo_training.data.facts import SECTORS
from sargeo_training.data.target_text import Claim, Level
from sargeo_training.text.domains import CLASSES, arguments_of, domain, family_of

FACTS: dict[Level, dict[str, str]] = {
    "geoscience": {
        "place.near": "name of the nearest place",
        "place.state": "its state or province",
        "place.country": "its country",
        "place.climate": "Köppen-Geiger code",
        "terrain.relief": "form of the ground",
        "terrain.height": "mean height in m",
        "terrain.range": "highest minus lowest height in m",
        "landcover.present:CLASS": "whether the class is there",
        "landcover.among:RANK": "a class that is there; ranks from 1 by area",
        "landcover.main": "class with the largest area",
        "landcover.second": "class after it",
        "landcover.share:CLASS": "per cent of the chip",
        "landcover.where:CLASS": "sector of the picture that holds most of it",
        "landcover.side:CLASS": "third of the picture that holds more than half of it",
        "landcover.sector:SECTOR": "class of more than half of a sector",
        "landcover.patches:CLASS": "number of connected areas",
        "landcover.classes": "number of classes",
        "landcover.pattern": "how evenly one class covers the chip",
        "landcover.surface": "whether land or water takes more than half of the chip",
        "landcover.shore": "whether open water meets land",
    },
    "social development": {
        "land.use": "what the ground serves",
        "roads.density": "how dense roads are",
        "roads.length": "km of roads",
        "rail.length": "km of railways",
        "buildings.number": "number of buildings",
        "buildings.share": "per cent of the ground under buildings",
        "water.length": "km of waterways",
        "water.share": "per cent of the ground under mapped inland waters",
        "named.name:KIND": "name of a port, airport, river, ...",
        "named.where:KIND": "its sector of the picture",
    },
    "SAR knowledge": {
        "sar.band": "wavelength band",
        "sar.polarisation": "channels",
        "sar.incidence": "incidence angle in degrees",
        "sar.spacing": "m from pixel to pixel",
        "sar.extent": "m along a side of the chip",
        "sar.slopes": "what slopes look like",
        "sar.mechanism:SCATTERER": "how a class or an object scatters",
        "sar.scatterers:CLASS": "what of trees scatters",
        "sar.contrast:CLASS@CLASS": "whether the first is brighter or darker than the second",
    },
    "instance identification": {
        "objects.present:OBJECT": "whether there are any",
        "objects.count:OBJECT": "how many",
        "objects.least:OBJECT": "how many at least, where only a part was searched",
        "objects.at:OBJECT": "sector of the only one",
        "objects.where:OBJECT": "sector that holds most of them",
        "objects.in_sector:OBJECT@SECTOR": "how many in a sector",
        "objects.size:OBJECT": "size by length in metres",
        "objects.size_px:OBJECT": "size by length in pixels",
        "objects.longest:OBJECT": "length of the longest in m",
        "objects.longest_px:OBJECT": "length of the longest in pixels",
        "objects.category:OBJECT": "category of one of them",
        "objects.spread:OBJECT": "how they lie to each other",
        "objects.region:OBJECT": "what they lie in",
        "objects.look:OBJECT": "what they look like",
    },
    "calibration": {},
}
"""Keys that a level may claim, with what they mean; arguments in capitals, as in `ARGUMENTS`."""

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "CLASS": CLASSES,
    "OBJECT": OBJECT_KINDS,
    "SCATTERER": (*CLASSES, *OBJECT_KINDS),
    "SECTOR": SECTORS,
    "RANK": (),
    "KIND": (),
}
"""What may stand in a key for each argument; empty where anything may."""

_PATTERNS: dict[str, str] = {family_of(key): key for facts in FACTS.values() for key in facts}


def check_claim(claim: Claim) -> None:
    """Refuse a claim that no evidence could ever be compared with: it would always stand.

    Raises
    ------
    ValueError
        If its fact is none of `FACTS`, lacks arguments or has others, or cannot take its value.
        The text is for the model.
    """
    pattern = _PATTERNS.get(family_of(claim.fact))
    if pattern is None:
        raise ValueError(f"{claim.fact!r} is not a fact; facts are {', '.join(_PATTERNS.values())}")
    expected, given = arguments_of(pattern), arguments_of(claim.fact)
    if len(given) != len(expected):
        raise ValueError(f"{claim.fact!r} should read {pattern}")
    for name, argument in zip(expected, given, strict=True):
        choices = ARGUMENTS[name]
        if choices and argument not in choices:
            raise ValueError(f"{name} of {claim.fact!r} should be one of {', '.join(choices)}")
    _check_value(claim)


def _check_value(claim: Claim) -> None:
    values = domain(claim.fact).values
    words = [value for value in values if isinstance(value, str)]
    if words and claim.value not in words:
        raise ValueError(f"{claim.fact} is {claim.value!r}, but may be {', '.join(words)}")
    if values and not words and isinstance(claim.value, str):
        raise ValueError(f"{claim.fact} is {claim.value!r}, but must be a number")
