"""What a table of objects lets one say. Where only a part was searched, little of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sargeo.legend import BUILT_UP, OBJECT_KINDS, OPEN_WATER
from sargeo_training.data.facts import (
    SECTORS,
    Bounds,
    Facts,
    LandCoverFacts,
    ObjectFact,
    ObjectFacts,
)
from sargeo_training.text.domains import CATEGORIES, Value
from sargeo_training.text.findings import (
    Choice,
    Finding,
    Findings,
    Layers,
    Measure,
    counted,
    measured,
    only,
    reaches,
)

WHOLE = 0.999
"""Share of the chip from which on it counts as searched as a whole."""

SIZES_M = (("small", 50.0), ("medium", 150.0), ("large", np.inf))
"""Size classes of ships, with the length in metres at which each ends."""

SIZES_PX = (("small", 12.0), ("medium", 36.0), ("large", np.inf))
"""The same by pixels, for pictures whose spacing is not known."""

LOOKS_PX = (("points", 4.0), ("spots", 12.0), ("streaks", np.inf))
"""What ships look like, with the length in pixels at which each look ends."""

SPREADS = (("close", 0.25), ("loose", 0.6), ("far", np.inf))
"""How far objects lie from each other, with the larger side of the box around their centres, as a
share of the chip's side, at which each ends."""

_CATEGORIES = {
    "cargo": ("cargo", "carrier", "container", "bulk"),
    "tanker": ("tanker",),
    "fishing": ("fishing", "trawler"),
    "passenger": ("passenger", "ferry", "cruise"),
    "tug": ("tug", "towing"),
    "dredger": ("dredg",),
}
"""Categories of `domains.CATEGORIES`, with the words that name them in tables; first fit counts."""

_UNNAMED = ("", "na", "unknown", "unspecified", "reserved")
_AT_BORDER = 0.02
_OPEN_SHARE, _BUILT_SHARE = 0.9, 0.2
_LENGTH_TOLERANCE_PX = 0.15


def objects(facts: Facts) -> Findings:
    """Return all that is known of objects of each kind."""
    if facts.objects is None:
        return {}
    found: Findings = {}
    for kind in OBJECT_KINDS:
        items = [item for item in facts.objects.items if item.kind == kind]
        found |= dict(_number(facts.objects, kind, items))
        if items:
            found |= dict(_kinds_of(facts.objects, kind, items))
        if items and _whole(facts.objects):
            found |= dict(_lengths((facts.objects.layer,), kind, items))
            found |= dict(_positions((facts.objects.layer,), kind, items))
            found |= dict(_region((facts.objects.layer,), kind, items, facts.landcover))
    return found


def category_of(name: str | None) -> str | None:
    """Return the category of a table's name for one, None where it says nothing."""
    words = (name or "").strip().lower()
    if words in _UNNAMED:
        return None
    fits = (c for c, parts in _CATEGORIES.items() if any(part in words for part in parts))
    return next(fits, CATEGORIES[-1])


def class_of(length: float, limits: Sequence[tuple[str, float]]) -> str:
    """Return the first class that ends above a length."""
    return next(name for name, end in limits if length < end)


def _whole(facts: ObjectFacts) -> bool:
    return facts.searched >= WHOLE


def _number(
    facts: ObjectFacts, kind: str, items: list[ObjectFact]
) -> Iterator[tuple[str, Finding]]:
    if _whole(facts):
        yield f"objects.count:{kind}", counted((facts.layer,), len(items))
        yield f"objects.present:{kind}", only((facts.layer,), "yes" if items else "no")
    elif items:
        # More may lie where nobody looked.
        yield f"objects.count:{kind}", Measure((facts.layer,), None, len(items), np.inf, 0)
        yield f"objects.least:{kind}", counted((facts.layer,), len(items))
        yield f"objects.present:{kind}", only((facts.layer,), "yes")


def _kinds_of(
    facts: ObjectFacts, kind: str, items: list[ObjectFact]
) -> Iterator[tuple[str, Finding]]:
    """Yield what at least one object is like: its category, its size and its look."""
    told: dict[str, list[str | None]] = {
        "category": [category_of(item.category) for item in items],
        "look": _classes(items, "length_px", LOOKS_PX),
        "size": _classes(items, "length_m", SIZES_M),
    }
    if all(item.length_m is None for item in items):
        told["size_px"] = _classes(items, "length_px", SIZES_PX)
    for family, values in told.items():
        known = [value for value in values if value is not None]
        if known:
            complete = _whole(facts) and len(known) == len(items)
            wrong = None if complete else frozenset[Value]()
            common = Counter(known).most_common(1)[0][0]
            finding = Choice((facts.layer,), common, frozenset(known), wrong)
            yield f"objects.{family}:{kind}", finding


def _classes(
    items: list[ObjectFact], unit: str, limits: Sequence[tuple[str, float]]
) -> list[str | None]:
    lengths = [getattr(item, unit) for item in items]
    return [None if length is None else class_of(length, limits) for length in lengths]


def _lengths(layers: Layers, kind: str, items: list[ObjectFact]) -> Iterator[tuple[str, Finding]]:
    metres = [item.length_m for item in items if item.length_m is not None]
    pixels = [item.length_px for item in items if item.length_px is not None]
    if len(metres) == len(items):
        yield f"objects.longest:{kind}", measured(layers, max(metres), step=10)
    elif len(pixels) == len(items) and not metres:
        longest = measured(layers, max(pixels), step=2, relative=_LENGTH_TOLERANCE_PX)
        yield f"objects.longest_px:{kind}", longest


def _positions(layers: Layers, kind: str, items: list[ObjectFact]) -> Iterator[tuple[str, Finding]]:
    sectors = Counter(item.sector for item in items)
    for sector in SECTORS:
        fewest, most = _within(items, sector)
        right = frozenset(range(fewest, most + 1))
        yield f"objects.in_sector:{kind}@{sector}", Choice(layers, sectors[sector], right)
    if len(items) == 1:
        near = frozenset(sector for sector in SECTORS if _within(items, sector)[1])
        yield f"objects.at:{kind}", Choice(layers, items[0].sector, near)
        return
    (fullest, number), *others = sectors.most_common(2)
    if not others or others[0][1] < number:
        yield f"objects.where:{kind}", only(layers, fullest)
    places = np.array([(item.row, item.col) for item in items])
    yield f"objects.spread:{kind}", only(layers, class_of(float(np.ptp(places, 0).max()), SPREADS))


def _within(items: list[ObjectFact], sector: str) -> tuple[int, int]:
    """Return how many objects lie in a sector clear of its border, and in it or at its border."""
    row, col = divmod(SECTORS.index(sector), 3)
    places = np.array([(item.row, item.col) for item in items])
    lower = np.array([row, col]) / 3
    upper = lower + 1 / 3
    inner = (places >= lower + _AT_BORDER) & (places <= upper - _AT_BORDER)
    outer = (places >= lower - _AT_BORDER) & (places <= upper + _AT_BORDER)
    return int(inner.all(1).sum()), int(outer.all(1).sum())


def _region(
    layers: Layers, kind: str, items: list[ObjectFact], cover: LandCoverFacts | None
) -> Iterator[tuple[str, Finding]]:
    """Yield what surrounds the objects, where it is the same for all: shares of their sectors."""
    if cover is None:
        return
    water, built = (_bounds(cover, c.name, items) for c in (OPEN_WATER, BUILT_UP))
    open_sea = [reaches(share.min(), _OPEN_SHARE) for share in water]
    shore = [
        share.min() > 0 and not reaches(most.max(), _OPEN_SHARE)
        for share, most in (water, water[::-1])
    ]
    settled = [
        near and reaches(b.min(), _BUILT_SHARE) for near, b in zip(shore, built, strict=True)
    ]
    # Each is told for the least and for the most that the shares may be: surely so, and maybe so.
    told = {"open water": open_sea, "built-up shore": settled, "shore": shore}
    right = [region for region, (surely, _) in told.items() if surely]
    wrong = frozenset(region for region, (_, maybe) in told.items() if not maybe)
    value = next(iter(right), None)
    layers = (*layers, cover.layer)
    yield f"objects.region:{kind}", Choice(layers, value, frozenset(right), wrong)


def _bounds(cover: LandCoverFacts, name: str, items: list[ObjectFact]) -> NDArray[np.float64]:
    """Return the least and the largest share of a class around each object, shape (2, N)."""
    nowhere = (Bounds(0, 0),) * len(SECTORS)
    shares = dict(zip(SECTORS, cover.sectors.get(name, nowhere), strict=True))
    return np.array([shares[item.sector] for item in items]).T
