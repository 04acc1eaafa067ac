"""Whether a scene can be mapped, and what to look at before its map is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sargeo.scene.describe import BY_VALUE

FEW = 0.01
"""Share of valid pixels under which a scene is more likely read wrongly than that empty."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What facts of a scene mean for its map.

    Attributes
    ----------
    ready : bool
        Whether it can be mapped.
    summary : str
    checks : tuple of str
        Sentences: what is unusual, and what it does to the map.
    """

    ready: bool
    summary: str
    checks: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the verdict as plain values for JSON."""
        return asdict(self) | {"checks": list(self.checks)}


def judge(facts: Mapping[str, Any]) -> Verdict:
    """Judge a scene.

    Parameters
    ----------
    facts : mapping
        Of `sargeo.scene.describe.describe`, and under "model_needs" those of
        `sargeo.inference.needs.model_needs`.
    """
    if not facts["valid_share"]:
        return Verdict(
            False,
            "Needs valid pixels: there is nothing to map",
            (f"All pixels are nodata, by {facts['nodata']}.",),
        )
    refused = facts["model_needs"]["refused"]
    if refused:
        return Verdict(False, "Needs another spacing before it can be mapped", (refused,))
    checks = (*facts["notices"], *_radiometry(facts), *_geometry(facts), *_validity(facts))
    if not checks:
        return Verdict(True, "Ready to map", ())
    points = "one point" if len(checks) == 1 else f"{len(checks)} points"
    return Verdict(True, f"Ready to map, with {points} to check first", checks)


def _radiometry(facts: Mapping[str, Any]) -> Iterator[str]:
    needs = facts["model_needs"]
    for polarisation in needs["untrained_polarisations"]:
        yield f"{needs['model']} was not trained with {polarisation}: expect a worse map."
    for number, band in enumerate(facts["bands"], start=1):
        if band["quantity"] == "uncalibrated":
            yield (
                f"Band {number} ({band['polarisation']}) is not calibrated: its own percentiles "
                "scale it, so that maps of two such scenes compare poorly."
            )
    platform = facts["platform"]
    if platform is not None and platform not in needs["trained_platforms"]:
        yield f"{needs['model']} does not know {platform}, and takes the platform as unknown."


def _geometry(facts: Mapping[str, Any]) -> Iterator[str]:
    needs = facts["model_needs"]
    if not facts["ground_spacing_known"]:
        yield (
            "The spacing on the ground is unknown: objects get no length, and nothing is "
            "resampled. Say it by --assume gsd=METRES."
        )
    if needs["resampled"] and needs["spacing_factors"] is not None:
        low, high = needs["trained_spacing_m"]
        if max(needs["spacing_factors"]) < 1:
            yield (
                f"Pixels are coarser than the {low:g} to {high:g} m that {needs['model']} was "
                "trained with: the scene is enlarged, which adds no detail, and small objects "
                "cannot be found."
            )


def _validity(facts: Mapping[str, Any]) -> Iterator[str]:
    size = facts["rows"] * facts["columns"]
    for masked in facts["masked"]:
        if masked["why"] in BY_VALUE:
            yield (
                f"{masked['pixels'] / size:.1%} of {masked['band']} is taken for nodata by its "
                f"values, which nothing else says: {masked['why']}."
            )
    if facts["valid_share"] < FEW:
        yield (
            f"Only {facts['valid_share']:.2%} of the pixels are valid: check that "
            f"nodata is read rightly (here by {facts['nodata']})."
        )
