"""What a model could do with a scene, told before it is run.

Loads no torch, so that `sargeo info` and refusals come soon.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sargeo.errors import SpacingRefusedError
from sargeo.inference.working_grid import on_trained_spacing, working_gsd_m
from sargeo.model.registry import read_spec
from sargeo.model.spec import ModelSpec
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.describe import BY_VALUE
from sargeo.scene.open import open_scene
from sargeo.scene.scene import Scene

FEW = 0.01
"""Share of valid pixels under which a scene is more likely read wrongly than that empty."""


def open_suitable(
    source: str | Path, model: str | Path, *, assume: Assumptions | str | None = None
) -> Scene:
    """Open a scene, and refuse a spacing that the model cannot work on.

    A run would find out as well, but only after torch and the model were loaded, which takes many
    times as long.

    Raises
    ------
    sargeo.errors.InputError
        If the scene is refused.
    sargeo.errors.SpacingRefusedError
        If its pixels are too large or too small for the model.
    sargeo.errors.UsageError
        If there is no such model, or the assumptions make no sense.
    """
    scene = open_scene(source, assume=assume)
    on_trained_spacing(scene, read_spec(model).spacing)
    return scene


def model_needs(scene: Scene, spec: ModelSpec) -> dict[str, object]:
    """Tell how a scene fits what a model was trained for.

    Returns
    -------
    dict
        JSON types only: the model and what it was trained for; polarisations of the scene that it
        was not trained with; the platforms that it tells apart; why its spacing is refused, or
        None; and the grid that it would work on, with the ground spacing there as a multiple of
        the scene's, (row to row, column to column), None where it is unknown.
    """
    facts: dict[str, object] = {
        "model": spec.name,
        "trained_polarisations": list(spec.polarisations),
        "untrained_polarisations": [
            band.polarisation for band in scene.bands if band.polarisation not in spec.polarisations
        ],
        "trained_platforms": list(spec.sensors),
        "trained_spacing_m": [spec.spacing.min_m, spec.spacing.max_m],
    }
    try:
        work = on_trained_spacing(scene, spec.spacing)
    except SpacingRefusedError as refusal:
        return facts | {"refused": str(refusal), "resampled": False}
    here, there = working_gsd_m(scene), working_gsd_m(work)
    return facts | {
        "refused": None,
        "resampled": work is not scene,
        "spacing_factors": None
        if here is None or there is None
        else [round(new / old, 4) for new, old in zip(there, here, strict=True)],
        "work_crs": work.grid.crs.to_string(),
        "work_rows": work.grid.height,
        "work_columns": work.grid.width,
    }


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
        Of `sargeo.scene.describe.describe`, and under "model_needs" those of `model_needs`.
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
