"""What land cover lets one say: shares with their bounds, places, patterns and uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sargeo.legend import BARE, BUILT_UP, LOW_VEGETATION, OPEN_WATER, TREES
from sargeo_training.data.facts import SECTORS, Bounds, Facts, LandCoverFacts
from sargeo_training.text.domains import CLASSES, SIDES, Value
from sargeo_training.text.findings import (
    ROUNDING,
    Choice,
    Finding,
    Findings,
    Layers,
    Measure,
    counted,
    only,
    reaches,
)

PRESENT, ABSENT = 0.01, 0.002
"""A class is present from the first share of the chip on, and absent under the second."""

COUNTED = 0.02
"""Least share of a class among the number of classes."""

PATTERNS = {"uniform": 0.9, "dominated": 0.6}
"""Least share of the main class; under both the cover is mixed."""

USES: dict[str, dict[str, float]] = {
    "waterfront": {OPEN_WATER.name: 0.1, BUILT_UP.name: 0.1},
    "settlement": {BUILT_UP.name: 0.4},
    "open water": {OPEN_WATER.name: 0.9},
    "woodland": {TREES.name: 0.5},
    "countryside": {LOW_VEGETATION.name: 0.5},
    "bare land": {BARE.name: 0.5},
    "partly built": {BUILT_UP.name: 0.1},
}
"""Least shares that make a use, the most telling first; ports and airports go by their names."""

NAMED_USES = ("port", "airport")

_NONE = Bounds(0, 0)
_SHARE_STEP = 5
_PLACE_TOLERANCE = 0.1
_DISTINCT = 0.25
_SHORE_SHARE = 0.03


@dataclass(frozen=True)
class Cover:
    """Land cover facts as bounds, whichever class is asked for."""

    facts: LandCoverFacts

    @property
    def layers(self) -> Layers:
        """Who says so."""
        return (self.facts.layer,)

    @cached_property
    def ranked(self) -> list[str]:
        """Classes that are certainly present, the largest first."""
        present = [name for name in CLASSES if reaches(self.low(name), PRESENT)]
        return sorted(present, key=lambda name: -self.low(name))

    @cached_property
    def absent(self) -> frozenset[str]:
        """Classes that are certainly absent."""
        return frozenset(name for name in CLASSES if reaches(ABSENT, self.high(name)))

    def low(self, name: str) -> float:
        """Least share of the chip that a class takes."""
        return self.facts.shares.get(name, _NONE).lowest

    def high(self, name: str) -> float:
        """Largest share of the chip that a class may take."""
        return self.facts.shares.get(name, _NONE).highest

    def sectors(self, name: str) -> NDArray[np.float64]:
        """Least and largest share of each sector that a class takes, shape (2, 9)."""
        return np.array(self.facts.sectors.get(name, (_NONE,) * len(SECTORS))).T


def landcover(facts: LandCoverFacts) -> Findings:
    """Return all that land cover says."""
    cover = Cover(facts)
    return (
        dict(_presence(cover))
        | dict(_ranks(cover))
        | dict(_shares(cover))
        | dict(_summary(cover))
        | dict(_coast(cover))
        | dict(_places(cover))
        | dict(_sectors(cover))
        | dict(_patches(cover))
    )


def use(facts: Facts) -> Findings:
    """Return what the ground serves, from named features and land cover. Several may be true."""
    right: dict[Value, Layers] = {}
    wrong: set[Value] = set()
    if facts.vectors is not None:
        named = {feature.kind for feature in facts.vectors.named}
        right |= {kind: (facts.vectors.layer,) for kind in NAMED_USES if kind in named}
    if facts.landcover is not None:
        cover = Cover(facts.landcover)
        for name, least in USES.items():
            if all(reaches(cover.low(c), share) for c, share in least.items()):
                right[name] = cover.layers
            elif not all(reaches(cover.high(c), share) for c, share in least.items()):
                wrong.add(name)
    if not right and not wrong:
        return {}
    value, layers = next(iter(right.items()), (None, ()))
    return {"land.use": Choice(layers, value, frozenset(right), frozenset(wrong))}


def _presence(cover: Cover) -> Iterator[tuple[str, Finding]]:
    told = dict.fromkeys(cover.ranked, "yes") | dict.fromkeys(cover.absent, "no")
    for name in CLASSES:
        if name in told:
            yield f"landcover.present:{name}", only(cover.layers, told[name])


def _ranks(cover: Cover) -> Iterator[tuple[str, Finding]]:
    """Yield classes by rank: those present in any order, and the two largest where it is sure."""
    present = frozenset(cover.ranked)
    for rank, name in enumerate(cover.ranked, 1):
        yield f"landcover.among:{rank}", Choice(cover.layers, name, present, cover.absent)
    rest = list(CLASSES)
    for key in ("main", "second"):
        first = next((n for n in rest if _leads(cover, n, rest)), None)
        if first not in present:
            return
        yield f"landcover.{key}", only(cover.layers, first)
        rest.remove(first)


def _leads(cover: Cover, name: str, among: list[str]) -> bool:
    """Whether a class takes more than any other, whatever the unknown rest may be."""
    others = (cover.high(other) for other in among if other != name)
    return not any(reaches(high, cover.low(name)) for high in others)


def _shares(cover: Cover) -> Iterator[tuple[str, Finding]]:
    for name in CLASSES:
        low, high = (100 * bound for bound in (cover.low(name), cover.high(name)))
        value = _SHARE_STEP * round((low + high) / 2 / _SHARE_STEP)
        share = Measure(cover.layers, value, low, high, _SHARE_STEP)
        sure = value >= _SHARE_STEP and share.verdict(value) == "true"
        yield (
            f"landcover.share:{name}",
            share if sure else Measure(cover.layers, None, low, high, _SHARE_STEP),
        )


def _summary(cover: Cover) -> Iterator[tuple[str, Finding]]:
    low, high = (np.array([bound(name) for name in CLASSES]) for bound in (cover.low, cover.high))
    fewest, most = (sum(reaches(s, COUNTED) for s in shares) for shares in (low, high))
    if fewest == most:
        yield "landcover.classes", counted(cover.layers, fewest)
    patterns = {_pattern(low.max()), _pattern(high.max())}
    if len(patterns) == 1:
        yield "landcover.pattern", only(cover.layers, patterns.pop())


def _pattern(largest: float) -> str:
    return next((name for name, least in PATTERNS.items() if reaches(largest, least)), "mixed")


def _coast(cover: Cover) -> Iterator[tuple[str, Finding]]:
    """Yield whether land or water leads, and whether they meet."""
    low, high = cover.low(OPEN_WATER.name), cover.high(OPEN_WATER.name)
    if not reaches(1 / 2, low):
        yield "landcover.surface", only(cover.layers, "water")
    elif not reaches(high, 1 / 2):
        yield "landcover.surface", only(cover.layers, "land")
    if reaches(low, _SHORE_SHARE) and reaches(1 - _SHORE_SHARE, high):
        yield "landcover.shore", only(cover.layers, "yes")
    elif reaches(ABSENT, high) or reaches(low, 1 - ABSENT):
        yield "landcover.shore", only(cover.layers, "no")


def _places(cover: Cover) -> Iterator[tuple[str, Finding]]:
    """Yield where a class lies that is neither rare nor nearly everywhere."""
    for name in cover.ranked:
        low, high = cover.sectors(name)
        yield f"landcover.where:{name}", _densest(cover.layers, low, high)
        yield f"landcover.side:{name}", _side(cover.layers, low, high)


def _densest(layers: Layers, low: NDArray[np.float64], high: NDArray[np.float64]) -> Choice:
    """Find the sectors that hold nearly as much as any, whatever the unknown rest may be."""
    rivals = [np.delete(high, i).max() for i in range(len(SECTORS))]
    near = zip(SECTORS, low + _PLACE_TOLERANCE, rivals, strict=True)
    right = frozenset(sector for sector, share, rival in near if reaches(share, rival))
    far = zip(SECTORS, high + _PLACE_TOLERANCE, strict=True)
    wrong = frozenset(sector for sector, share in far if not reaches(share, low.max()))
    best = SECTORS[low.argmax()]
    distinct = best in right and reaches(low.max() - high.mean(), _DISTINCT)
    return Choice(layers, best if distinct else None, right, wrong)


def _side(layers: Layers, low: NDArray[np.float64], high: NDArray[np.float64]) -> Choice:
    """Find the third that holds more than half of a class."""
    least, most = _thirds(low, high), _thirds(high, low)
    right = frozenset(s for s, part in zip(SIDES, least, strict=True) if not reaches(1 / 2, part))
    wrong = frozenset(s for s, part in zip(SIDES, most, strict=True) if reaches(1 / 2, part))
    clear = reaches(least.max(), 1 / 2 + _PLACE_TOLERANCE)
    return Choice(layers, SIDES[least.argmax()] if clear else None, right, wrong)


def _thirds(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which part of a class lies in each of `SIDES`, by its shares there and elsewhere."""
    here, there = (
        np.stack([grid[0].sum(), grid[2].sum(), grid[:, 0].sum(), grid[:, 2].sum()])
        for grid in (inside.reshape(3, 3), outside.reshape(3, 3))
    )
    return np.asarray(here / np.maximum(here + outside.sum() - there, ROUNDING))


def _sectors(cover: Cover) -> Iterator[tuple[str, Finding]]:
    """Yield which class takes more than half of a sector."""
    bounds = {name: cover.sectors(name) for name in CLASSES}
    for i, sector in enumerate(SECTORS):
        right = frozenset(n for n, (low, _) in bounds.items() if not reaches(1 / 2, low[i]))
        wrong = frozenset(n for n, (_, high) in bounds.items() if reaches(1 / 2, high[i]))
        yield (
            f"landcover.sector:{sector}",
            Choice(cover.layers, next(iter(right), None), right, wrong),
        )


def _patches(cover: Cover) -> Iterator[tuple[str, Finding]]:
    """Yield numbers of areas where no gap might join or part them."""
    for name, number in cover.facts.patches.items():
        if number and cover.low(name) == cover.high(name):
            yield f"landcover.patches:{name}", counted(cover.layers, number)
