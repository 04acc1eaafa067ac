"""What land cover lets one say: shares with their bounds, places, patterns and uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sargeo.legend import BARE, BUILT_UP, LOW_VEGETATION, OPEN_WATER, TREES
from sargeo_training.geovl.facts import SECTORS, Facts, LandCoverFacts
from sargeo_training.hcot.domains import CLASSES, SIDES, Value
from sargeo_training.hcot.findings import (
    Choice,
    Finding,
    Findings,
    Layers,
    Measure,
    counted,
    only,
)

PRESENT, ABSENT = 0.01, 0.002
"""A class is present from the first share of the chip on, and absent under the second."""

COUNTED = 0.02
"""Least share of a class among the number of classes."""

PATTERNS = {"uniform": 0.9, "dominated": 0.6}
"""Least share of the main class; under both the cover is mixed."""

COMPLETE = 0.99
"""Places in the picture are told where at least this share of the chip is known: in a sector an
unknown rest of 1 % weighs 9 % at most, which stays within the tolerance of 0.1."""

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

_SHARE_STEP = 5
_PLACE_TOLERANCE = 0.1
_DISTINCT = 0.25
_SHORE_SHARE = 0.03


@dataclass(frozen=True)
class Cover:
    """Land cover facts, with bounds on what the unknown rest of the chip may be."""

    facts: LandCoverFacts

    @property
    def layers(self) -> Layers:
        """Who says so."""
        return (self.facts.layer,)

    @property
    def ranked(self) -> list[str]:
        """Classes that are certainly present, the largest first."""
        present = [name for name in CLASSES if self.low(name) >= PRESENT]
        return sorted(present, key=lambda name: -self.facts.shares[name])

    def low(self, name: str) -> float:
        """Least share of the chip that a class takes."""
        return self.facts.shares.get(name, 0.0) * self.facts.known

    def high(self, name: str) -> float:
        """Largest share of the chip that a class may take."""
        return self.low(name) + 1 - self.facts.known

    def sectors(self, name: str) -> NDArray[np.float64]:
        """Shares of each sector that a class takes, as far as known."""
        return np.array(self.facts.sectors.get(name, (0.0,) * len(SECTORS)))

    @cached_property
    def unknown_in_sector(self) -> float:
        """Largest share of a sector that may be unknown."""
        return min(1.0, len(SECTORS) * (1 - self.facts.known))


def landcover(facts: LandCoverFacts) -> Findings:
    """Return all that land cover says."""
    cover = Cover(facts)
    found = dict(_presence(cover)) | dict(_ranks(cover)) | dict(_shares(cover))
    found |= dict(_summary(cover))
    if facts.known >= COMPLETE:
        found |= dict(_places(cover)) | dict(_sectors(cover))
    if facts.known == 1:  # a gap might join areas, or part them
        patches = {name: number for name, number in facts.patches.items() if number}
        found |= {f"landcover.patches:{n}": counted(cover.layers, k) for n, k in patches.items()}
    return found


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
            if all(cover.low(c) >= share for c, share in least.items()):
                right[name] = cover.layers
            elif any(cover.high(c) < share for c, share in least.items()):
                wrong.add(name)
    if not right and not wrong:
        return {}
    value, layers = next(iter(right.items()), (None, ()))
    return {"land.use": Choice(layers, value, frozenset(right), frozenset(wrong))}


def _presence(cover: Cover) -> Iterator[tuple[str, Finding]]:
    for name in CLASSES:
        if cover.low(name) >= PRESENT:
            yield f"landcover.present:{name}", only(cover.layers, "yes")
        elif cover.high(name) <= ABSENT:
            yield f"landcover.present:{name}", only(cover.layers, "no")


def _ranks(cover: Cover) -> Iterator[tuple[str, Finding]]:
    """Yield classes by rank: those present in any order, and the two largest where it is sure."""
    present = frozenset(cover.ranked)
    absent = frozenset(name for name in CLASSES if cover.high(name) <= ABSENT)
    for rank, name in enumerate(cover.ranked, 1):
        yield f"landcover.among:{rank}", Choice(cover.layers, name, present, absent)
    rest = list(CLASSES)
    for key in ("main", "second"):
        first = next((n for n in rest if _leads(cover, n, rest)), None)
        if first is None or cover.low(first) < PRESENT:
            return
        yield f"landcover.{key}", only(cover.layers, first)
        rest.remove(first)


def _leads(cover: Cover, name: str, among: list[str]) -> bool:
    """Whether a class takes more than any other, whatever the unknown rest may be."""
    return all(cover.low(name) > cover.high(other) for other in among if other != name)


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
    if not ((low < COUNTED) & (high >= COUNTED)).any():
        yield "landcover.classes", counted(cover.layers, int((low >= COUNTED).sum()))
    for pattern, bounds in _bounds_of_patterns().items():
        if bounds[0] <= low.max() and high.max() < bounds[1]:
            yield "landcover.pattern", only(cover.layers, pattern)
    water = OPEN_WATER.name
    if cover.low(water) >= _SHORE_SHARE and cover.high(water) <= 1 - _SHORE_SHARE:
        yield "landcover.shore", only(cover.layers, "yes")
    elif cover.high(water) <= ABSENT or cover.low(water) >= 1 - ABSENT:
        yield "landcover.shore", only(cover.layers, "no")


def _bounds_of_patterns() -> dict[str, tuple[float, float]]:
    uniform, dominated = PATTERNS["uniform"], PATTERNS["dominated"]
    return {
        "uniform": (uniform, np.inf),
        "dominated": (dominated, uniform),
        "mixed": (0.0, dominated),
    }


def _places(cover: Cover) -> Iterator[tuple[str, Finding]]:
    """Yield where a class lies that is neither rare nor nearly everywhere."""
    for name in cover.ranked:
        shares = cover.sectors(name)
        near = np.flatnonzero(shares >= shares.max() - _PLACE_TOLERANCE)
        if shares.max() - shares.mean() >= _DISTINCT:
            best, right = SECTORS[shares.argmax()], frozenset(SECTORS[i] for i in near)
            yield f"landcover.where:{name}", Choice(cover.layers, best, right)
        thirds = _thirds(shares)
        if thirds.max() > 1 / 2 + _PLACE_TOLERANCE:
            sides = frozenset(s for s, t in zip(SIDES, thirds, strict=True) if t > 1 / 2)
            yield f"landcover.side:{name}", Choice(cover.layers, SIDES[thirds.argmax()], sides)


def _thirds(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which part of a class lies in each of `SIDES`."""
    grid = shares.reshape(3, 3)
    parts = np.stack([grid[0].sum(), grid[2].sum(), grid[:, 0].sum(), grid[:, 2].sum()])
    return np.asarray(parts / grid.sum())


def _sectors(cover: Cover) -> Iterator[tuple[str, Finding]]:
    for i, sector in enumerate(SECTORS):
        low = {n: cover.sectors(n)[i] * (1 - cover.unknown_in_sector) for n in CLASSES}
        right = [name for name, share in low.items() if share > 1 / 2]
        if right:
            yield f"landcover.sector:{sector}", only(cover.layers, right[0])
