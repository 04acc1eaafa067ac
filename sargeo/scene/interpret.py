"""Find out what the bands of a scene are: polarisation, quantity and scale.

Places are asked in this order: the user's assumptions, band descriptions, band tags, band units,
tags of the file, its name, and at last the values. Every answer comes with the place it is from,
so that a wrong one can be seen. Nothing here reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sargeo.errors import UnknownRadiometryError, UsageError
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.bands import QUANTITIES, Band, Polarisation, Quantity, Scale

_ASSUMED = "as assumed by the user"

_PRODUCT_POLARISATIONS: dict[str, tuple[Polarisation, ...]] = {
    "SDV": ("VV", "VH"),
    "SDH": ("HH", "HV"),
    "SSV": ("VV",),
    "SSH": ("HH",),
}
"""Polarisation field of Sentinel-1 product names, in the order of the bands (product
specification S1-RS-MDA-52-7441, section 3.4)."""

_SCALE_WORDS: dict[str, Scale] = {
    "db": "db",
    "decibel": "db",
    "decibels": "db",
    "linear": "linear",
    "power": "linear",
    "intensity": "linear",
    "amplitude": "amplitude",
    "magnitude": "amplitude",
    "dn": "amplitude",
}

_QUANTITY_PATTERN = re.compile(r"(sigma|gamma|beta)[ _\-]*(?:0|nought|naught|zero)")

_HYP3 = re.compile(r"([gs])([pda])[uw][nf][ec][dm]")
"""ASF HyP3 names an RTC product's options by six letters, such as "gpuned": radiometry (gamma or
sigma nought), scale (power, decibel, amplitude), masking, filter, area, matching."""

_TELLING_TAG = re.compile(
    r"polari[sz]ation|(^|_)name$|quantity|calibrat|radiometr|unit|(^|_)scale$|imagedescription",
    re.IGNORECASE,
)

_INCIDENCE_TAG = re.compile(r"incidence", re.IGNORECASE)


PLACES = (
    "from the band description",
    "from the band tags",
    "from the band unit",
    "from the file's tags",
    "from the file name",
)
"""Where something may be said about a band, most specific first."""


@dataclass(frozen=True)
class Clues:
    """What the files of a scene say about its bands.

    Attributes
    ----------
    source : str
        For messages.
    texts : sequence of sequence of str
        For each band, what is said in each of `PLACES`; empty where nothing is.
    integer : sequence of bool
        Whether a band holds integers that no scale or offset turns into something else.
    medians : sequence of float
        Of each band's valid values, in a sample of the scene.
    """

    source: str
    texts: Sequence[Sequence[str]]
    integer: Sequence[bool]
    medians: Sequence[float]

    def places(self, band: int) -> list[tuple[str, str]]:
        """Return where and what is said about a band, most specific first."""
        return list(zip(PLACES, self.texts[band], strict=True))


@dataclass(frozen=True, slots=True)
class Finding:
    """A band, and where each of its properties was found."""

    band: Band
    polarisation_from: str
    quantity_from: str
    scale_from: str


def interpret(clues: Clues, assume: Assumptions) -> tuple[Finding, ...]:
    """Tell what the bands of a scene are.

    Raises
    ------
    UnknownRadiometryError
        If a polarisation or scale stays unknown, or the values contradict what the file says.
    UsageError
        If the user names another number of polarisations than the scene has bands.
    """
    polarisations = find_polarisations(clues, assume.polarisations)
    return tuple(
        _finding(clues, band, polarisation, place, assume)
        for band, (polarisation, place) in enumerate(polarisations)
    )


def _finding(
    clues: Clues, band: int, polarisation: Polarisation, place: str, assume: Assumptions
) -> Finding:
    quantity, quantity_from = _said_quantity(clues, band, assume)
    scale, scale_from = _find_scale(clues, band, quantity, assume)
    if scale_from != _ASSUMED:
        _check_values(clues, band, scale, scale_from, quantity)
    if quantity is None:
        quantity, quantity_from = _quantity_of_values(clues, band, scale)
    return Finding(Band(polarisation, quantity, scale), place, quantity_from, scale_from)


def find_polarisations(
    clues: Clues, assumed: Sequence[Polarisation] = ()
) -> list[tuple[Polarisation, str]]:
    """Return the polarisation of each band and where it was found; see `interpret`."""
    count = len(clues.texts)
    if assumed:
        if len(assumed) != count:
            raise UsageError(
                f"--assume names {', '.join(assumed)}, but the number of bands of {clues.source} "
                f"is {count}.",
                "Name one polarisation for each band, in order, such as --assume vv,vh.",
            )
        return [(p, _ASSUMED) for p in assumed]
    for index, place in enumerate(PLACES):
        said = _one_each([polarisations_in(texts[index]) for texts in clues.texts])
        if len(set(said)) == count:
            return [(p, place) for p in said]
    raise UnknownRadiometryError(
        f"{clues.source} does not say which polarisation its "
        + ("band holds." if count == 1 else f"{count} bands hold."),
        "Name one for each band in order, and the scale if that is not told either, such as "
        f"--assume {','.join(('vv', 'vh', 'hh', 'hv')[:count])},db.",
    )


def polarisations_in(text: str) -> tuple[Polarisation, ...]:
    """Return the polarisations that a text names as words, in order, each once."""
    words = _words(text)
    named = [cast("Polarisation", w.upper()) for w in words if w in ("vv", "vh", "hh", "hv")]
    if not named:
        codes = [re.fullmatch(r"\d(s[ds][vh])", w) for w in words]
        named = [p for c in codes if c for p in _PRODUCT_POLARISATIONS[c[1].upper()]]
    return tuple(dict.fromkeys(named))


def find_incidence_deg(tags: Iterable[Mapping[str, str]]) -> float | None:
    """Return the mean of the incidence angles that tags name, in degrees, or None."""
    angles = [_number(v) for t in tags for k, v in t.items() if _INCIDENCE_TAG.search(k)]
    known = [a for a in angles if a is not None and 5 <= a <= 75]
    return sum(known) / len(known) if known else None


def _one_each(said: list[tuple[Polarisation, ...]]) -> tuple[Polarisation, ...]:
    """Return one polarisation per band: each names its own, or all give the same list of all."""
    if all(len(names) == 1 for names in said):
        return tuple(names[0] for names in said)
    return said[0] if len(set(said)) == 1 and len(said[0]) == len(said) else ()


def _said_quantity(clues: Clues, band: int, assume: Assumptions) -> tuple[Quantity | None, str]:
    if assume.quantity:
        return assume.quantity, _ASSUMED
    for place, text in clues.places(band):
        said = _quantities_in(text)
        if len(said) == 1:
            return said.pop(), place
    return None, ""


def _quantities_in(text: str) -> set[Quantity]:
    words = _words(text)
    said = {cast("Quantity", f"{m[1]}0") for m in _QUANTITY_PATTERN.finditer(text.lower())}
    said |= {q for q in QUANTITIES if q in words}
    hyp3 = [m for m in map(_HYP3.fullmatch, words) if m]
    if hyp3:
        return {"gamma0" if hyp3[0][1] == "g" else "sigma0"}
    # Terrain-flattened products are gamma nought: "RTC30", and pyroSAR's "mli_geo_norm".
    if not said and (any(re.fullmatch(r"rtc\d*", w) for w in words) or {"mli", "norm"} <= {*words}):
        return {"gamma0"}
    return said


def _find_scale(
    clues: Clues, band: int, quantity: Quantity | None, assume: Assumptions
) -> tuple[Scale, str]:
    if assume.scale:
        return assume.scale, _ASSUMED
    for place, text in clues.places(band):
        said = _scales_in(text)
        if len(said) == 1:
            return said.pop(), place
    return _scale_of_values(clues, band, quantity)


def _scales_in(text: str) -> set[Scale]:
    words = _words(text)
    hyp3 = [m for m in map(_HYP3.fullmatch, words) if m]
    if hyp3:
        letters: dict[str, Scale] = {"p": "linear", "d": "db", "a": "amplitude"}
        return {letters[hyp3[0][2]]}
    return {_SCALE_WORDS[w] for w in words if w in _SCALE_WORDS}


def _scale_of_values(clues: Clues, band: int, quantity: Quantity | None) -> tuple[Scale, str]:
    median = clues.medians[band]
    if -50 <= median < 0:
        return "db", f"from the values, whose median is {median:.3g}"
    if median >= 0 and clues.integer[band]:
        return "amplitude", "from the integer pixels"
    if median >= 0 and quantity not in (None, "uncalibrated"):
        return "linear", f"from the quantity: {quantity} that is not in dB is linear power"
    raise UnknownRadiometryError(
        f"{clues.source} does not say whether band {band + 1}, whose median is {median:.3g}, "
        "holds decibels, linear power or amplitude.",
        "Say it with --assume db, --assume linear or --assume amplitude.",
    )


def _check_values(
    clues: Clues, band: int, scale: Scale, place: str, quantity: Quantity | None
) -> None:
    """Refuse values that cannot be what the file says, such as a stretched image named "_db"."""
    median = clues.medians[band]
    if scale == "db" and not -60 <= median <= 20:
        wrong = "decibels"
    elif scale != "db" and median < 0:
        wrong = scale
    elif quantity not in (None, "uncalibrated") and not _is_power(median, scale):
        wrong = f"{scale} {quantity}"
    else:
        return
    raise UnknownRadiometryError(
        f"Band {band + 1} of {clues.source} should hold {wrong} ({place}), but the median of its "
        f"values is {median:.5g}.",
        "Set the band's scale and offset with gdal_edit, or say what it holds, such as "
        "--assume amplitude,uncalibrated.",
    )


def _quantity_of_values(clues: Clues, band: int, scale: Scale) -> tuple[Quantity, str]:
    if scale == "db":
        return "sigma0", "presumed, as the file names none"
    if clues.integer[band]:
        return "uncalibrated", "from the integer pixels"
    if scale == "linear" and _is_power(clues.medians[band], scale):
        return "sigma0", "presumed from the values, as the file names none"
    return "uncalibrated", "presumed, as the file names no calibration"


def _is_power(median: float, scale: Scale) -> bool:
    """Tell whether a scene's median can be backscatter: calm sea to city, -50 to +15 dB."""
    if scale == "db":
        return True
    return 1e-5 <= (median if scale == "linear" else median**2) <= 30


def telling_text(tags: Mapping[str, str]) -> str:
    """Return the values of those tags that may name a polarisation, quantity or scale."""
    return " ".join(v for k, v in sorted(tags.items()) if _TELLING_TAG.search(k))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
