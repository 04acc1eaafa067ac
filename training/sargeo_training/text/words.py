"""How values and arguments of claims are put in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sargeo_training.data.facts import SECTORS
from sargeo_training.data.target_text import Claim
from sargeo_training.text.domains import CLASSES, Value, arguments_of, family_of
from sargeo_training.text.findings import EXACT_UP_TO

NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen", "twenty"),
)
"""Words of the numbers from 0 to `EXACT_UP_TO`."""

_FRACTIONS = {
    **{5: "a twentieth", 10: "a tenth", 20: "a fifth", 25: "a quarter", 35: "a third"},
    **{40: "two fifths", 50: "half", 60: "three fifths", 65: "two thirds"},
    **{75: "three quarters", 80: "four fifths", 90: "nine tenths"},
}
_WHOLE = 100
_COUNT_STEPS = ((100, 5), (500, 10))
_COARSE_STEP = 50


@dataclass(frozen=True)
class Word:
    """Words of a value; what stands in [] are its keywords."""

    text: str
    plural: bool = False


def load_table(name: str) -> dict[str, Any]:
    """Read one of the tables of this package."""
    text = files("sargeo_training.text").joinpath("tables", name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def words_of(claim: Claim) -> tuple[Word, ...]:
    """Return the ways to word a claim's value, whether it is true or not.

    Values outside of the fact's domain, such as names, are words of their own.
    """
    return _words(family_of(claim.fact), claim.value)


def argument_words(claim: Claim, index: int = 0) -> tuple[Word, ...]:
    """Return the ways to word an argument: a class, a sector, or kinds of things in the plural.

    Kinds stand in the singular where the claim counts one of them.
    """
    argument = arguments_of(claim.fact)[index]
    for table, names in (("class", CLASSES), ("sector", SECTORS)):
        if argument in names:
            return _parsed(_words_table()["tables"][table][argument])
    return kind_words(argument, many=claim.value != 1)


def kind_words(kind: str, *, many: bool) -> tuple[Word, ...]:
    """Return nouns for one or many things of a kind."""
    forms = _words_table()["kinds"].get(kind, [[kind, f"{kind}s"]])
    return tuple(Word(form[many], many) for form in forms)


@cache
def _words_table() -> dict[str, Any]:
    return load_table("words.yaml")


@cache
def _words(family: str, value: Value) -> tuple[Word, ...]:
    table = _words_table()
    if family in table["values"]:
        known = table["tables"][table["values"][family]]
        if value in known:
            return _parsed(known[value])
    elif family in _NUMBERS and not isinstance(value, str):
        return _NUMBERS[family](value)
    # Brackets mark keywords, so none may come in with a name.
    return (Word(f"[{re.sub(r'[][{}]', '', str(value)).strip()}]"),)


def _parsed(raw: list[str]) -> tuple[Word, ...]:
    texts = (text.removesuffix("+") for text in raw)
    marked = (text if "[" in text else f"[{text}]" for text in texts)
    return tuple(Word(text, r.endswith("+")) for text, r in zip(marked, raw, strict=True))


def _counts(number: float) -> tuple[Word, ...]:
    """Word a count: exact in digits or words up to 20, else to a step of 5, 10 or 50."""
    plural = number != 1
    if number <= EXACT_UP_TO:
        digits = "no" if number == 0 else f"{number:.0f}"
        return Word(f"[{NUMBERS[round(number)]}]", plural), Word(f"[{digits}]", plural)
    step = next((s for end, s in _COUNT_STEPS if number <= end), _COARSE_STEP)
    near = step * round(number / step)
    return Word(f"about [{near}]", plural), Word(f"some [{near}]", plural)


def _counts_in(number: float) -> tuple[Word, ...]:
    """Word how many of something lie in a place: as a count, none of them included."""
    return (Word("[none]", True),) * 2 if number == 0 else _counts(number)


def _shares(per_cent: float) -> tuple[Word, ...]:
    """Word a share: in per cent, or by the fraction that is nearest to it."""
    near = 5 * round(per_cent / 5)
    if near >= _WHOLE:
        return Word("[all]"), Word("the [whole]"), Word("[100 %]")
    fraction = _FRACTIONS.get(near, f"{near} per cent")
    share = f"{per_cent:.0f}"
    return Word(f"about [{share} %]"), Word(f"[{share} per cent]"), Word(f"about [{fraction}]")


def _quantity(*units: str) -> Callable[[float], tuple[Word, ...]]:
    """Return the wording of a number with a unit in short and in full."""

    def words(number: float) -> tuple[Word, ...]:
        many = round(number) != 1
        names = (unit if many else unit.removesuffix("s") for unit in units)
        return tuple(Word(f"[{number:.0f} {name}]", many) for name in names)

    return words


def _angles(degrees: float) -> tuple[Word, ...]:
    return Word(f"[{degrees:.0f} degrees]", True), Word(f"[{degrees:.0f}°]", True)


def _lengths(metres: float) -> tuple[Word, ...]:
    """Word a length in m, from 1 km on in km."""
    if metres < 1000:
        return _quantity("m", "metres")(metres)
    km = f"{metres / 1000:.1f}".removesuffix(".0")
    return Word(f"[{km} km]", True), Word(f"[{km} kilometres]", True)


_METRES = _quantity("m", "metres")
_KILOMETRES = _quantity("km", "kilometres")
_PIXELS = _quantity("pixels", "px")
_NUMBERS: dict[str, Callable[[float], tuple[Word, ...]]] = {
    "terrain.height": _METRES,
    "terrain.range": _METRES,
    "roads.length": _KILOMETRES,
    "rail.length": _KILOMETRES,
    "buildings.number": _counts,
    "buildings.share": _shares,
    "water.length": _KILOMETRES,
    "water.share": _shares,
    "landcover.share": _shares,
    "landcover.patches": _counts,
    "landcover.classes": _counts,
    "objects.count": _counts,
    "objects.least": _counts,
    "objects.in_sector": _counts_in,
    "objects.longest": _METRES,
    "objects.longest_px": _PIXELS,
    "sar.incidence": _angles,
    "sar.spacing": _METRES,
    "sar.extent": _lengths,
}
