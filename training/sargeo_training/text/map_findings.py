"""What the place, a terrain model and vector maps let one say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sargeo_training.data.facts import TerrainFacts, VectorFacts
from sargeo_training.text.findings import (
    Choice,
    Finding,
    Findings,
    counted,
    measured,
    only,
    reaches,
)

if TYPE_CHECKING:
    from sargeo_training.data.chip import Place

RELIEF = (("mountainous", 300.0, 10.0), ("hilly", 100.0, 4.0), ("rolling", 30.0, 0.0))
"""Relief, with the least difference of heights in metres and the least mean slope in degrees; what
falls short of all is flat."""

ROADS = (("dense", 8.0), ("moderate", 2.0), ("sparse", 0.0))
"""Density of roads, with the length in km per km² above which it begins; without any road none."""

NEAR_KM = 25.0
"""Farther than this from the chip, the nearest place tells nothing, nor does its country."""

_PLACES_LAYER, _CLIMATE_LAYER = ("nearest place",), ("Köppen-Geiger climate map",)
_COMPACT = ("port", "marina", "airport")
_SHARE_STEP = 5.0


def place(found: Place) -> Findings:
    """Return what the chip's position says."""
    names = {"country": found.country, "state": found.state, "near": found.name}
    facts: Findings = {}
    if found.distance_km <= NEAR_KM:
        facts |= {f"place.{k}": only(_PLACES_LAYER, name) for k, name in names.items() if name}
    if found.climate is not None:
        facts["place.climate"] = only(_CLIMATE_LAYER, found.climate)
    return facts


def terrain(facts: TerrainFacts) -> Findings:
    """Return relief and heights; heights under the sea's level are not put in words."""
    span = facts.highest_m - facts.lowest_m
    relief = next(
        (name for name, rise, slope in RELIEF if span >= rise and facts.slope_deg >= slope), "flat"
    )
    found: Findings = {
        "terrain.relief": only((facts.layer,), relief),
        "terrain.range": measured((facts.layer,), span, step=10),
    }
    if facts.mean_m >= 0:
        found["terrain.height"] = measured((facts.layer,), facts.mean_m, step=10)
    if relief == "mountainous":
        found["sar.slopes"] = only((facts.layer,), "foreshortened")
    return found


def vectors(facts: VectorFacts) -> Findings:
    """Return roads, railways, buildings, waters and named features."""
    return dict(_networks(facts)) | dict(_named(facts))


def _networks(facts: VectorFacts) -> Iterator[tuple[str, Finding]]:
    layers = (facts.layer,)
    if facts.road_km_per_km2 is not None:
        yield "roads.density", only(layers, _density(facts.road_km_per_km2))
    if facts.buildings is not None:
        yield "buildings.number", counted(layers, facts.buildings)
    lengths = {"roads": facts.road_km, "rail": facts.rail_km, "water": facts.water_km}
    for theme, km in lengths.items():
        if km is not None and km >= 1:
            yield f"{theme}.length", measured(layers, km, step=1)
    shares = {"buildings": facts.building_share, "water": facts.water_share}
    for theme, share in shares.items():
        if share is not None and reaches(share, _SHARE_STEP / 100):
            covered = measured(layers, 100 * share, step=_SHARE_STEP, relative=0)
            yield f"{theme}.share", covered


def _density(km_per_km2: float) -> str:
    return next((name for name, least in ROADS if km_per_km2 > least), "none")


def _named(facts: VectorFacts) -> Iterator[tuple[str, Finding]]:
    """Yield names by kind; the sector only of what is compact and alone of its kind."""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for feature in facts.named:
        kinds.setdefault(feature.kind, []).append((feature.name, feature.sector))
    for kind, features in sorted(kinds.items()):
        names = frozenset(name for name, _ in features)
        yield f"named.name:{kind}", Choice((facts.layer,), features[0][0], names)
        if len(features) == 1 and kind in _COMPACT:
            yield f"named.where:{kind}", only((facts.layer,), features[0][1])
