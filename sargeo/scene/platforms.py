"""Which satellite or aircraft a scene was taken from.

Platforms bear the names that models know them by. Satellites that carry the same instrument count
as one: Sentinel-1A to D, and TerraSAR-X with its twin TanDEM-X.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_NAMES = {
    "Sentinel-1": r"s1[a-d]|sentinel[ _-]?1[a-d]?",
    "TerraSAR-X": r"t[sd]x[ _-]?1?|terrasar[ _-]?x|tandem[ _-]?x",
    "RadarSat-2": r"rs2|radarsat[ _-]?2",
    "AIRSAR": r"airsar",
    "Gaofen-3": r"gf[ _-]?3[bc]?|gaofen[ _-]?3[bc]?",
}
"""How platforms are called in the names of their products (S1A_IW_GRDH…, s1a-iw-grd-vv-…,
TSX1_SAR__…, RS2_…, GF3_…) and written out in tags."""

_PATTERNS = {
    platform: re.compile(rf"(?<![a-z0-9])(?:{names})(?![a-z0-9])", re.IGNORECASE)
    for platform, names in _NAMES.items()
}

_TELLING_TAG = re.compile(
    r"platform|constellation|mission|satellite|spacecraft|sensor|family_?name|imagedescription",
    re.IGNORECASE,
)
"""Tags that may name a platform: SATELLITE_IDENTIFIER and SENSOR_IDENTIFIER by GDAL's drivers for
SAFE and RADARSAT-2, TIFFTAG_IMAGEDESCRIPTION of Sentinel-1's measurements ("Sentinel-1A IW GRD HR
L1"), platform and constellation in STAC, family_name in xarray-sentinel."""

UNKNOWN = "unknown"
"""What users say where the file names a wrong platform, and they know no right one."""


def platform_called(name: str) -> str:
    """Return the name that models know a platform by; one that is not known, as it is.

    >>> platform_called("S1A"), platform_called("ICEYE-X7")
    ('Sentinel-1', 'ICEYE-X7')
    """
    named = (platform for platform, pattern in _PATTERNS.items() if pattern.fullmatch(name))
    return next(named, name)


def platforms_in(text: str) -> set[str]:
    """Return the platforms that a text names."""
    return {platform for platform, pattern in _PATTERNS.items() if pattern.search(text)}


def find_platform(
    tags: Iterable[Mapping[str, str]], path: str, assumed: str | None = None
) -> tuple[str | None, str]:
    """Return a scene's platform, None where it stays unknown, and where it was found.

    Asked are the user, the tags, the name of the file, and its folders from the nearest on, as
    TerraSAR-X and RADARSAT-2 name only the folder of a product. A place that names several
    platforms says nothing.

    Parameters
    ----------
    tags : iterable of mapping
        Of the files and their bands.
    path : str
        Of the file, of any system or of GDAL.
    assumed : str, optional
        What the user says, or `UNKNOWN`.
    """
    if assumed is not None:
        return None if assumed == UNKNOWN else assumed, "as assumed by the user"
    said = " | ".join(v for t in tags for k, v in t.items() if _TELLING_TAG.search(k))
    *folders, name = re.split(r"[/\\]", path)
    places = [(said, "from the file's tags"), (name, "from the file name")]
    places += [(folder, "from the folder's name") for folder in reversed(folders)]
    for text, place in places:
        named = platforms_in(text)
        if len(named) == 1:
            return named.pop(), place
    return None, ""
