"""What facts let one say of one key, and how a claim about it compares with them.

Facts may leave a part of a chip unknown. A number is then known between bounds, and a claim is true
only if it holds wherever between them the truth lies, and false only if it holds nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sargeo_training.text.domains import Value

ROUNDING = 1e-9
"""What computing does to numbers at most: one that is on a limit reaches it."""

Verdict = Literal["true", "false", "unknown"]
Layers = tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """A fact whose value is a word.

    Attributes
    ----------
    layers
        Who says so.
    value
        What to claim; None if nothing is sure enough.
    right
        Values that are true.
    wrong
        Values that are false; None for all that are not right.
    """

    layers: Layers
    value: Value | None
    right: frozenset[Value]
    wrong: frozenset[Value] | None = None

    def verdict(self, value: Value) -> Verdict:
        """Judge a claimed value."""
        if value in self.right:
            return "true"
        return "false" if self.wrong is None or value in self.wrong else "unknown"


@dataclass(frozen=True)
class Measure:
    """A fact whose value is a number.

    Attributes
    ----------
    layers
        Who says so.
    value
        What to claim; None if nothing is sure enough.
    low, high
        Bounds of the truth.
    tolerance
        How far from the truth a claim may be.
    """

    layers: Layers
    value: Value | None
    low: float
    high: float
    tolerance: float

    def verdict(self, value: Value) -> Verdict:
        """Judge a claimed value; words cannot be compared with a number."""
        if isinstance(value, str):
            return "unknown"
        below, above = self.low - self.tolerance, self.high + self.tolerance
        if reaches(value, self.high - self.tolerance) and reaches(self.low + self.tolerance, value):
            return "true"
        return "unknown" if reaches(value, below) and reaches(above, value) else "false"


Finding = Choice | Measure
Findings = dict[str, Finding]


def reaches(amount: float, limit: float) -> bool:
    """Whether an amount is at least as large as a limit, whatever rounding has done to them."""
    return amount >= limit - ROUNDING


def only(layers: Layers, value: Value) -> Choice:
    """Return a fact with one true value."""
    return Choice(layers, value, frozenset({value}))


def counted(layers: Layers, number: int) -> Measure:
    """Return a number of things: exact up to 20, else to a tenth."""
    tolerance = 0 if number <= EXACT_UP_TO else number / 10
    return Measure(layers, number, number, number, tolerance)


def measured(layers: Layers, number: float, *, step: float, relative: float = 0.1) -> Measure:
    """Return a quantity to a step or a relative tolerance, whichever is more."""
    tolerance = max(step, relative * abs(number))
    return Measure(layers, rounded(number, tolerance), number, number, tolerance)


def rounded(number: float, tolerance: float) -> int:
    """Round to a step of 1, 2 or 5 times a power of ten that stays within a tolerance."""
    steps = [m * 10**k for k in range(6) for m in (1, 2, 5)]
    step = max((s for s in steps if s <= tolerance), default=1)
    return round(number / step) * step


EXACT_UP_TO = 20
"""Counts up to this many are told exactly."""
