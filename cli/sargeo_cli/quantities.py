"""Numbers as people read them: with a unit, and no more digits than they mean."""

from __future__ import annotations

from collections.abc import Iterable

_KILO = 1000.0


def km2(area_km2: float, digits: int) -> str:
    """Write an area in square kilometres, without its unit.

    What would be rounded to nothing is written as less than the last digit.
    """
    least = 10.0**-digits
    if 0 < area_km2 < least / 2:
        return f"<{least:.{digits}f}"
    return f"{area_km2:.{digits}f}" if area_km2 else "0"


def area_digits(areas_km2: Iterable[float]) -> int:
    """Return the decimals that give the largest of some areas about four digits."""
    largest = max(areas_km2, default=0.0)
    return sum(largest < limit for limit in (1000, 100, 10, 1))


def percent(share: float | None) -> str:
    """Write a share from 0 to 1 in per cent; only nothing is 0 %, and only all is 100 %."""
    if share is None:
        return "unknown"
    if 0 < share < 0.0005:
        return "<0.1 %"
    if 0.9995 <= share < 1:
        return ">99.9 %"
    return f"{share:.0%}".replace("%", " %") if share in (0, 1) else f"{100 * share:.1f} %"


def percent_range(low: float | None, high: float | None) -> str:
    """Write the interval of a share from 0 to 1 in per cent, without the sign."""
    return "unknown" if low is None or high is None else f"{100 * low:.0f}–{100 * high:.0f}"


def number(count: int) -> str:
    """Write a whole number, thousands apart."""
    return f"{count:,}".replace(",", " ")


def counted(count: int, noun: str) -> str:
    """Write how many there are of something."""
    return f"{number(count)} {noun if count == 1 else noun + 's'}"


def duration(seconds: float) -> str:
    """Write seconds, minutes or hours."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def size(count_bytes: float) -> str:
    """Write a size in decimal units, as file managers do."""
    for unit in ("bytes", "kB", "MB"):
        if count_bytes < _KILO:
            return f"{count_bytes:.0f} {unit}" if unit == "bytes" else f"{count_bytes:.1f} {unit}"
        count_bytes /= _KILO
    return f"{count_bytes:.1f} GB"


def metres(values: tuple[float, float] | list[float]) -> str:
    """Write a range of metres, as one number where both ends are alike."""
    low, high = values
    return f"{low:.4g} m" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.4g}–{high:.4g} m"


def lonlat(lon: float, lat: float) -> str:
    """Write a place in degrees, to about a metre."""
    return f"lon {lon:.5f}, lat {lat:.5f}"
