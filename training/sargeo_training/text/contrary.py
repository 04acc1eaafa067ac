"""Which values of a fact exclude each other: where one is right of the ground, the other is wrong.

Other than `sargeo_training.text.claims`, this needs no facts: two texts are enough.
"""

from __future__ import annotations

from sargeo_training.text.domains import Value, domain, family_of
from sargeo_training.text.land_findings import USES

_OF_ANY = ("landcover.among", "objects.category", "objects.look", "objects.size")
"""Families of which several values may be right: those of any class, or of any object."""

_LEAST_SIZE = 10
_RELATIVE = {"count": 0.2, "size": 0.3}


def contrary(fact: str, one: Value, other: Value) -> bool:
    """Tell whether two values of a fact exclude each other.

    Numbers do if they are further apart than texts round to: counts by more than a fifth of the
    larger, shares (in percent) and lengths by more than three tenths of it, and by more than 10.
    """
    family = family_of(fact)
    if family in _OF_ANY:
        return False
    if family == "land.use":
        return _too_much(str(one), str(other))
    if isinstance(one, str) or isinstance(other, str):
        return one != other
    kind, apart = domain(fact).kind, abs(one - other)
    return apart > _RELATIVE.get(kind, 0) * max(one, other) and (
        kind != "size" or apart > _LEAST_SIZE
    )


def _too_much(one: str, other: str) -> bool:
    """Tell whether the classes that two uses need do not fit on the same ground."""
    ours, theirs = (USES.get(use, {}) for use in (one, other))
    return sum(max(ours.get(c, 0), theirs.get(c, 0)) for c in ours.keys() | theirs) >= 1
