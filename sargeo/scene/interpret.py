"""Find out what the bands of a scene are: polarisation, quantity and scale.

Places are asked in this order: the user's assumptions, band descriptions, band tags, band units,
tags of the file, its name, and at last the values. Every answer comes with the place it is from,
so that a wrong one can be seen. Nothing here reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sargeo.errors import UnknownRadiometryError, UnsupportedPixelsError
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.bands import Band, Polarisation, Quantity, Scale
from sargeo.scene.clues import PLACES, Clues
from sargeo.scene.propose import fitting, option, possible_scales, whole_proposal
from sargeo.scene.spread import MULTIPLES
from sargeo.scene.words import polarisations_in

_ASSUMED = "as assumed by the user"

PRESUMED = "presumed"
"""How a place begins that is no place: nothing says it."""

_INCIDENCE_TAG = re.compile(r"incidence", re.IGNORECASE)


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
    UnsupportedPixelsError
        If no band can hold backscatter.
    """
    polarisations = _find_polarisations(clues, assume)
    return tuple(
        _finding(clues, band, polarisation, place, assume)
        for band, (polarisation, place) in enumerate(polarisations)
    )


def find_incidence_deg(tags: Iterable[Mapping[str, str]]) -> float | None:
    """Return the mean of the incidence angles that tags name, in degrees, or None."""
    angles = [_number(v) for t in tags for k, v in t.items() if _INCIDENCE_TAG.search(k)]
    known = [a for a in angles if a is not None and 5 <= a <= 75]
    return sum(known) / len(known) if known else None


def _finding(
    clues: Clues, band: int, polarisation: Polarisation, place: str, assume: Assumptions
) -> Finding:
    said = (assume.quantity, _ASSUMED) if assume.quantity else clues.stated_quantity(band)
    known = said[0] if said else None
    scale, scale_from = _find_scale(clues, band, known, assume)
    _check_values(clues, band, scale, scale_from, known, assume)
    quantity, quantity_from = said or _quantity_of_values(clues, band, scale)
    return Finding(Band(polarisation, quantity, scale), place, quantity_from, scale_from)


def _find_polarisations(clues: Clues, assume: Assumptions) -> list[tuple[Polarisation, str]]:
    """Return the polarisation of each band and where it was found; see `interpret`."""
    count = len(clues.texts)
    if assume.measured:
        return [(p, _ASSUMED) for p in assume.measured]
    for index, place in enumerate(PLACES):
        said = _one_each([polarisations_in(texts[index]) for texts in clues.texts])
        if len(set(said)) == count:
            return [(p, place) for p in said]
    proposal = whole_proposal(clues, assume)
    if not proposal:
        raise _no_backscatter(clues, range(count))
    raise UnknownRadiometryError(
        f"{clues.source} does not say which polarisation its "
        + ("band holds." if count == 1 else f"{count} bands hold."),
        "Name one for each band in order, and skip for a band that holds none, such as "
        f"{clues.say.format(proposal)}.",
    )


def _no_backscatter(clues: Clues, bands: Iterable[int]) -> UnsupportedPixelsError:
    held = "; ".join(
        f"values of band {clues.positions[b] + 1}, from {clues.values[b].low:.4g} to "
        f"{clues.values[b].high:.4g}, are those of "
        + ("a mask" if clues.values[b].flags else "incidence angles")
        for b in bands
    )
    return UnsupportedPixelsError(
        f"{clues.source} holds no backscatter: {held}.", "Give the file that holds backscatter."
    )


def _one_each(said: list[tuple[Polarisation, ...]]) -> tuple[Polarisation, ...]:
    """Return one polarisation per band: each names its own, or all give the same list of all."""
    if all(len(names) == 1 for names in said):
        return tuple(names[0] for names in said)
    return said[0] if len(set(said)) == 1 and len(said[0]) == len(said) else ()


def _find_scale(
    clues: Clues, band: int, quantity: Quantity | None, assume: Assumptions
) -> tuple[Scale, str]:
    if assume.scale:
        return assume.scale, _ASSUMED
    return clues.stated_scale(band) or _scale_of_values(clues, band, quantity, assume)


def _scale_of_values(
    clues: Clues, band: int, quantity: Quantity | None, assume: Assumptions
) -> tuple[Scale, str]:
    spread, stored = clues.values[band], clues.stored(band)
    if -50 <= spread.median < 0 and spread.fits("db", quantity):
        return "db", f"from the values, whose median is {spread.median:.3g}"
    if spread.median >= 0 and stored == "integer":
        return "amplitude", "from the integer pixels"
    # Scaled numbers are left to the user: Capella's are amplitudes of sigma nought, others power.
    if (
        quantity not in (None, "uncalibrated")
        and stored == "float"
        and spread.fits("linear", quantity)
        and not spread.like_raised_decibels
    ):
        return "linear", f"{PRESUMED} linear power, as the file names {quantity} without a unit"
    possible = possible_scales(clues, band, quantity)
    if not possible:
        raise _unusable(
            f"{clues.title(band)}, whose median is {spread.median:.3g}, holds neither decibels nor "
            "linear power nor amplitude.",
            clues,
            band,
        )
    raise UnknownRadiometryError(
        f"{clues.source} does not say whether band {clues.positions[band] + 1}, whose median is "
        f"{spread.median:.3g}, holds decibels, linear power or amplitude.",
        "Ask who made it, and say it with "
        f"{' or '.join(option(clues, assume, words) for words in possible)}.",
    )


def _check_values(
    clues: Clues,
    band: int,
    scale: Scale,
    place: str,
    quantity: Quantity | None,
    assume: Assumptions,
) -> None:
    """Refuse values that cannot be what the file or the user says, such as an angle as HH."""
    spread = clues.values[band]
    what: str = "decibels" if scale == "db" else scale
    if quantity not in (None, "uncalibrated"):
        what = f"{what} of {quantity}"
    companion = len(clues.texts) > 1 and (spread.flags or clues.like_angles(band))
    if spread.fits(scale, quantity) and not companion:
        return
    problem = (
        f"{clues.title(band)} should hold {what} ({place}), but its values, from "
        f"{spread.low:.4g} to {spread.high:.4g} with a median of {spread.median:.4g}, are none."
    )
    if companion:
        raise _companion(problem, clues, assume)
    words = fitting(clues, band, scale)
    if words:
        raise UnknownRadiometryError(
            problem, f"Say what it holds, such as {option(clues, assume, words)}."
        )
    if spread.like_negated_decibels:
        raise UnknownRadiometryError(
            problem,
            f"If they are decibels without their minus sign, {clues.rescaled(band, -1)}; if they "
            f"are uncalibrated decibels, say {option(clues, assume, 'db,uncalibrated')}.",
        )
    raise _unusable(problem, clues, band)


def _companion(problem: str, clues: Clues, assume: Assumptions) -> UnknownRadiometryError:
    proposal = whole_proposal(clues, assume)
    if not proposal:
        return UnknownRadiometryError(problem, "Give the file that holds backscatter.")
    return UnknownRadiometryError(
        problem,
        "Leave it out by skip in its place among the polarisations, such as "
        f"{clues.say.format(proposal)}.",
    )


def _unusable(problem: str, clues: Clues, band: int) -> UnknownRadiometryError:
    """Return the error for values that are nothing as they are."""
    factor = clues.values[band].decibel_multiple()
    if factor is None:
        return UnknownRadiometryError(problem, "Give a scene of backscatter or amplitude.")
    return UnknownRadiometryError(
        problem,
        f"If they are {MULTIPLES[factor]} of decibels, {clues.rescaled(band, factor)}; else give "
        "another scene.",
    )


def _quantity_of_values(clues: Clues, band: int, scale: Scale) -> tuple[Quantity, str]:
    if scale == "db" and clues.values[band].fits(scale, "sigma0"):
        return "sigma0", f"{PRESUMED}, as the file names none"
    if clues.stored(band) == "integer":
        return "uncalibrated", "from the integer pixels"
    if scale == "linear" and clues.values[band].fits(scale, "sigma0"):
        return "sigma0", f"{PRESUMED} from the values, as the file names none"
    return "uncalibrated", f"{PRESUMED}, as the file names no calibration"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
