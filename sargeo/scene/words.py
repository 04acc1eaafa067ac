"""What texts say about bands: polarisations, quantities and scales, told by words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from sargeo.scene.bands import QUANTITIES, Polarisation, Quantity, Scale

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


def polarisations_in(text: str) -> tuple[Polarisation, ...]:
    """Return the polarisations that a text names as words, in order, each once."""
    words = _words(text)
    named = [cast("Polarisation", w.upper()) for w in words if w in ("vv", "vh", "hh", "hv")]
    if not named:
        codes = [re.fullmatch(r"\d(s[ds][vh])", w) for w in words]
        named = [p for c in codes if c for p in _PRODUCT_POLARISATIONS[c[1].upper()]]
    return tuple(dict.fromkeys(named))


def quantities_in(text: str) -> set[Quantity]:
    """Return the quantities that a text names."""
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


def scales_in(text: str) -> set[Scale]:
    """Return the scales that a text names."""
    words = _words(text)
    hyp3 = [m for m in map(_HYP3.fullmatch, words) if m]
    if hyp3:
        letters: dict[str, Scale] = {"p": "linear", "d": "db", "a": "amplitude"}
        return {letters[hyp3[0][2]]}
    return {_SCALE_WORDS[w] for w in words if w in _SCALE_WORDS}


def informative_text(tags: Mapping[str, str]) -> str:
    """Return the values of those tags that may name a polarisation, quantity or scale."""
    return " ".join(v for k, v in sorted(tags.items()) if _TELLING_TAG.search(k))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
