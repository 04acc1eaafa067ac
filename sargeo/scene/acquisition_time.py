"""When a scene was taken, as far as its product tells.

Asked are fields that name the acquisition, and the names of products, whose specifications place it
there. Not asked is TIFFTAG_DATETIME: by TIFF 6.0 it is when the file was made, and what writes SAR
products fills it with either time. A day without a time of day says too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone

from sargeo.scene.capella import start_of_acquisition

_FIELDS = (
    "acquisition_start_time",
    "acquisition_start_utc",
    "acquisition_datetime",
    "acquisition_time",
    "scene_sensing_start_utc",
    "mph_sensing_start",
    "first_line_time",
    "start_datetime",
    "start_time",
    "datetime",
)
"""Fields that hold it, by preference: of GDAL's drivers for SAFE and RADARSAT-2; of ICEYE; of
S1Tiling; of various; of COSMO-SkyMed and KOMPSAT-5; of ENVISAT; of SNAP; of STAC; of
xarray-sentinel; of STAC again, where it may be the middle of a longer acquisition."""

_PRODUCT = re.compile(
    r"(?<![a-z0-9])"
    r"(?:s1[a-d]|t[sd]x1|rs2|capella_c\d+|iceye_x\d+|csks\d|opera_l2_rtc-s1)[_-]"
    r".*?(?<!\d)(\d{8})[t_]?(\d{6})(?!\d)",
    re.IGNORECASE,
)
"""Names of products whose first date with a time is the start of the acquisition: S1A_IW_GRDH_1SDV_
20200101T001122_…, s1a-iw-grd-vv-20200101t001122-…, TSX1_SAR__EEC_…_20110916T010020_…, RS2_…_
20080415_143807_…, CAPELLA_C02_SM_GEO_HH_20201126192221_…, ICEYE_X7_GRD_SM_…_20210101T120000,
CSKS1_…_20100801025147_…, OPERA_L2_RTC-S1_…_20240101T000000Z_…; and what HyP3 and pyroSAR make of
Sentinel-1's, which begin as these do."""

_ISO = re.compile(
    r"(\d{4})[-:]?(\d\d)[-:]?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:[.,](\d+))?"
    r"\s*(Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
"""ISO 8601, and S1Tiling's form of it with colons in the date."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_ENVISAT = re.compile(
    rf"(\d\d?)-({'|'.join(_MONTHS)})-(\d{{4}}) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?", re.IGNORECASE
)
"""As ENVISAT's products and SNAP write it, whatever the language of the system."""

_FIRST = datetime(1978, 6, 28, tzinfo=UTC)
"""Launch of Seasat, the first satellite with a SAR: what is earlier is a field that nobody set."""


def find_acquisition_time(
    fields: Iterable[Mapping[str, str]], path: str
) -> tuple[datetime | None, str]:
    """Return when a scene was taken, in UTC, and where that was found; None where nothing says it.

    Where a product tells start and end, it is the start. Fields come before names, and the name of
    the file before those of its folders, from the nearest on. A name of several products says
    nothing.

    Parameters
    ----------
    fields : iterable of mapping
        Tags of the files and their bands, or attributes and coordinates of an array.
    path : str
        Of the file, of any system or of GDAL; or the name of an array.
    """
    told = list(fields)
    if time := _in_fields(told):
        return time, "from the file's tags"
    *folders, name = re.split(r"[/\\]", path)
    places = [(name, "from the file name")]
    places += [(folder, "from the folder's name") for folder in reversed(folders)]
    for text, place in places:
        times = {_moment(f"{day} {time}") for day, time in _PRODUCT.findall(text)}
        if len(times) == 1 and (time := times.pop()):
            return time, place
    return None, ""


def _in_fields(told: list[Mapping[str, str]]) -> datetime | None:
    named = [
        {key.lower().replace(" ", "_"): text for key, text in fields.items()} for fields in told
    ]
    texts = [fields[key] for key in _FIELDS for fields in named if key in fields]
    texts += [start for fields in told if (start := start_of_acquisition(fields))]
    return next((time for time in map(_moment, texts) if time), None)


def _moment(text: str) -> datetime | None:
    """Read a time; UTC, unless it says another zone, as all these fields are in UTC."""
    text = text.strip()
    if iso := _ISO.fullmatch(text):
        year, month, day, hour, minute, second, fraction, zone = iso.groups()
    elif envisat := _ENVISAT.fullmatch(text):
        day, name, year, hour, minute, second, fraction = envisat.groups()
        month, zone = str(1 + _MONTHS.index(name.upper())), None
    else:
        return None
    microsecond = int(f"{fraction or ''}000000"[:6])
    try:
        date = datetime(int(year), int(month), int(day), tzinfo=_zone(zone))
        time = date.replace(
            hour=int(hour), minute=int(minute), second=int(second), microsecond=microsecond
        ).astimezone(UTC)
    except (ValueError, OverflowError):  # no date of the calendar, such as one of zeros
        return None
    return time if time >= _FIRST else None


def _zone(text: str | None) -> timezone:
    if text is None or text.upper() in ("Z", "UTC"):
        return UTC
    minutes = 60 * int(text[1:3]) + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
