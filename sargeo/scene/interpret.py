"""Find out what the bands of a scene are: polarisation, quantity and scale.

Places are asked in this order: the user's assumptions, band descriptions, band tags, band units,
tags of the file, its name, and at last the values. Every answer comes with the place it is from,
so that a wrong one can be seen. Nothing here reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from sargeo.errors import UnknownRadiometryError
from sargeo.scene.assumptions import SKIP, Assumptions
from sargeo.scene.bands import (
    POLARISATIONS,
    QUANTITIES,
    SCALES,
    Band,
    Polarisation,
    Quantity,
    Scale,
)
from sargeo.scene.validity import Storage

_ASSUMED = "as assumed by the user"

PRESUMED = "presumed"
"""How a place begins that is no place: nothing says it."""

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


_DARK, _BRIGHT, _NOISE = 1e-5, 30.0, 0.05
"""Power that some pixel of a calibrated scene exceeds, that its median does not, and how far noise
removal can bring that median below zero."""

Stored = Literal["integer", "scaled", "float"]
"""Plain integers; integers or floats that a scale or offset turns into values; plain floats."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of a band are spread: the first, middle and last percentile."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Spread:
        """Return the spread of values, shape (N,), of which there is at least one."""
        low, median, high = np.percentile(values, (1, 50, 99))
        return cls(float(low), float(median), float(high))

    def fits(self, scale: Scale, quantity: Quantity | None) -> bool:
        """Tell whether values spread so can be of a scale, and of a quantity if that is known.

        From calm sea below the noise to a city, medians of backscatter lie between -50 and 15 dB.
        Decibels reach below -1 in any scene: that tells them from power near zero, which noise
        removal leaves partly negative.
        """
        calibrated = quantity not in (None, "uncalibrated")
        if scale == "db":
            if quantity == "uncalibrated":  # 20 log10 of a digital number, say
                return -60 <= self.median <= 120
            return -60 <= self.median <= 20 and self.low < -1
        if scale == "amplitude":
            return self.median >= 0 and (
                not calibrated or (self.median**2 <= _BRIGHT and self.high**2 >= _DARK)
            )
        if not calibrated:
            return self.median > -1 or self.high > _BRIGHT
        return -_NOISE <= self.median <= _BRIGHT and self.high >= _DARK

    @property
    def like_angles(self) -> bool:
        """Whether values are spread as incidence angles are, and as no speckled scene is."""
        return self.low >= 15 and self.high <= 75 and self.high < 2.5 * self.low


@dataclass(frozen=True)
class Clues:
    """What the files of a scene say about its bands.

    Attributes
    ----------
    source : str
        For messages.
    texts : sequence of sequence of str
        For each band, what is said in each of `PLACES`; empty where nothing is.
    stored : sequence of str
        How each band is stored.
    values : sequence of Spread
        Of each band's measurements, in a sample of the scene.
    say : str
        How the user says what the source does not, with ``{}`` for what.
    rescale : str
        How the user makes values of numbers that are multiples of them.
    """

    source: str
    texts: Sequence[Sequence[str]]
    stored: Sequence[Stored]
    values: Sequence[Spread]
    say: str = "--assume {}"
    rescale: str = "set the band's scale with gdal_edit -scale 0.01 -offset 0 FILE"

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
    """
    polarisations = find_polarisations(clues, assume.measured)
    return tuple(
        _finding(clues, band, polarisation, place, assume)
        for band, (polarisation, place) in enumerate(polarisations)
    )


def _finding(
    clues: Clues, band: int, polarisation: Polarisation, place: str, assume: Assumptions
) -> Finding:
    quantity, quantity_from = _said_quantity(clues, band, assume)
    scale, scale_from = _find_scale(clues, band, quantity, assume)
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
        return [(p, _ASSUMED) for p in assumed]
    for index, place in enumerate(PLACES):
        said = _one_each([polarisations_in(texts[index]) for texts in clues.texts])
        if len(set(said)) == count:
            return [(p, place) for p in said]
    raise UnknownRadiometryError(
        f"{clues.source} does not say which polarisation its "
        + ("band holds." if count == 1 else f"{count} bands hold."),
        "Name one for each band in order, and skip for a band that holds none, such as "
        f"{clues.say.format(_proposal(clues))}.",
    )


def _proposal(clues: Clues) -> str:
    """Return an assumption that the values bear out, with polarisations in the usual order."""
    bands = list(zip(clues.values, clues.stored, strict=True))
    usual = iter(p.lower() for p in POLARISATIONS)
    words = [SKIP if _like_angles(*band) else next(usual) for band in bands]
    scales = {_fitting(*b) for b, w in zip(bands, words, strict=True) if w != SKIP}
    named = any(_scales_in(text) for texts in clues.texts for text in texts)
    return ",".join([*words, *(() if named or len(scales) != 1 else scales)])


def _fitting(spread: Spread, stored: Stored, said: Scale | None = None) -> str:
    """Return words for ``--assume`` that values do not contradict; empty where there are none."""
    if spread.median < 0 and spread.fits("db", None):
        return "db"
    if stored != "integer" and spread.fits("linear", "sigma0"):
        return "linear"
    kept: Scale = "linear" if said == "linear" else "amplitude"
    return f"{kept},uncalibrated" if spread.fits(kept, "uncalibrated") else ""


def _like_angles(spread: Spread, stored: Stored) -> bool:
    return stored == "float" and spread.like_angles


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
    spread, stored = clues.values[band], clues.stored[band]
    if -50 <= spread.median < 0 and spread.fits("db", quantity):
        return "db", f"from the values, whose median is {spread.median:.3g}"
    if spread.median >= 0 and stored == "integer":
        return "amplitude", "from the integer pixels"
    # Scaled numbers are left to the user: Capella's are amplitudes of sigma nought, others power.
    if quantity not in (None, "uncalibrated") and stored == "float":
        return "linear", f"from the quantity: {quantity} that is not in dB is linear power"
    fitting = [clues.say.format(scale) for scale in SCALES if spread.fits(scale, quantity)]
    if not fitting:
        raise UnknownRadiometryError(
            f"Band {band + 1} of {clues.source}, whose median is {spread.median:.3g}, holds "
            "neither decibels nor linear power nor amplitude.",
            f"If its numbers are hundredths of decibels, {clues.rescale}; else give another scene.",
        )
    raise UnknownRadiometryError(
        f"{clues.source} does not say whether band {band + 1}, whose median is "
        f"{spread.median:.3g}, holds decibels, linear power or amplitude.",
        f"Ask who made it, and say it with {' or '.join(fitting)}.",
    )


def _check_values(
    clues: Clues, band: int, scale: Scale, place: str, quantity: Quantity | None
) -> None:
    """Refuse values that cannot be what the file or the user says, such as an angle as HH."""
    spread = clues.values[band]
    what: str = "decibels" if scale == "db" else scale
    if quantity not in (None, "uncalibrated"):
        what = f"{what} of {quantity}"
    angles = len(clues.texts) > 1 and _like_angles(spread, clues.stored[band])
    if spread.fits(scale, quantity) and not angles:
        return
    problem = (
        f"Band {band + 1} of {clues.source} should hold {what} ({place}), but its "
        f"values, from {spread.low:.4g} to {spread.high:.4g} with a median of {spread.median:.4g}, "
        "are none."
    )
    if angles:
        raise UnknownRadiometryError(
            problem,
            "Leave it out by skip in its place among the polarisations, such as "
            f"{clues.say.format(_proposal(clues))}.",
        )
    fitting = _fitting(spread, clues.stored[band], scale)
    if fitting:
        raise UnknownRadiometryError(
            problem, f"Say what it holds, such as {clues.say.format(fitting)}."
        )
    raise UnknownRadiometryError(
        problem,
        f"If they are hundredths or thousandths, {clues.rescale}; else give another scene.",
    )


def _quantity_of_values(clues: Clues, band: int, scale: Scale) -> tuple[Quantity, str]:
    if scale == "db" and clues.values[band].fits(scale, "sigma0"):
        return "sigma0", f"{PRESUMED}, as the file names none"
    if clues.stored[band] == "integer":
        return "uncalibrated", "from the integer pixels"
    if scale == "linear" and clues.values[band].fits(scale, "sigma0"):
        return "sigma0", f"{PRESUMED} from the values, as the file names none"
    return "uncalibrated", f"{PRESUMED}, as the file names no calibration"


def stored_as(storage: Storage) -> Stored:
    """Tell how a band is stored."""
    if storage.scaled:
        return "scaled"
    return "integer" if storage.dtype.kind in "iu" and not storage.decoded else "float"


def informative_text(tags: Mapping[str, str]) -> str:
    """Return the values of those tags that may name a polarisation, quantity or scale."""
    return " ".join(v for k, v in sorted(tags.items()) if _TELLING_TAG.search(k))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
