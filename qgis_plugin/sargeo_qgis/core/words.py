"""What sargeo knows, in words: label and text for each fact."""

from __future__ import annotations

from typing import Any

from ..translation import tr
from .sargeo import Facts

Words = list[tuple[str, str]]

_QUANTITIES = {"sigma0": "sigma nought", "gamma0": "gamma nought", "beta0": "beta nought"}
_SCALES = {"db": "dB"}


def scene_in_words(facts: Facts) -> Words:
    """Put what ``sargeo info --json`` tells into words."""
    grid = facts["grid"]
    words = [
        (tr("Size"), tr("{rows} × {columns} pixels", rows=facts["rows"], columns=facts["columns"])),
        (tr("Coordinate reference system"), _crs(grid)),
        (tr("Ground sampling distance"), _spacing(facts)),
        (tr("Valid pixels"), f"{facts['valid_share']:.1%}"),
    ]
    words += [
        (tr("Band {number}", number=number), _band(band))
        for number, band in enumerate(facts["bands"], start=1)
    ]
    if facts.get("incidence_deg") is not None:
        words.append((tr("Incidence angle"), f"{facts['incidence_deg']:.1f}°"))
    if facts.get("platform") is not None:
        words.append((tr("Platform"), facts["platform"]))
    return [*words, *_needs(facts["model_needs"])]


def plan_in_words(facts: Facts) -> Words:
    """Put what ``sargeo map --dry-run`` tells into words."""
    return [
        (tr("Mapping time, about"), tr("{time}, plus start-up", time=duration(facts["seconds"]))),
        (tr("Memory"), size(facts["memory_bytes"])),
        (tr("Products"), tr("at most {size}", size=size(sum(facts["output_bytes"].values())))),
        (tr("Device"), str(facts["device"])),
        (tr("Processing windows"), str(facts["windows"])),
    ]


def duration(seconds: float) -> str:
    """Write a time as people say it: seconds, minutes or hours."""
    if seconds < 90:
        return tr("{number} s", number=max(1, round(seconds)))
    if seconds < 5400:
        return tr("{number} min", number=round(seconds / 60))
    return tr("{number} h", number=f"{seconds / 3600:.1f}")


def size(count: float) -> str:
    """Write a number of bytes with a decimal prefix."""
    for unit, bytes_of_unit in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= bytes_of_unit:
            return f"{count / bytes_of_unit:.1f} {unit}"
    return f"{count:.0f} B"


def _crs(grid: dict[str, Any]) -> str:
    code = f" (EPSG:{grid['epsg']})" if grid.get("epsg") else ""
    return f"{grid['crs']}{code}"


def _spacing(facts: Facts) -> str:
    if not facts["ground_spacing_known"]:
        return tr("unknown")
    grid = facts["grid"]
    rows, columns = (sum(grid[f"{axis}_spacing_m"]) / 2 for axis in ("row", "column"))
    return tr("{rows} × {columns} m", rows=f"{rows:.1f}", columns=f"{columns:.1f}")


def _band(band: dict[str, Any]) -> str:
    quantity = _QUANTITIES.get(band["quantity"], str(band["quantity"]).replace("_", " "))
    scale = _SCALES.get(band["scale"], str(band["scale"]).replace("_", " "))
    return f"{band['polarisation'] or tr('unknown polarisation')}, {quantity}, {scale}"


def _needs(needs: dict[str, Any]) -> Words:
    words = []
    if needs["untrained_polarisations"]:
        names = ", ".join(needs["untrained_polarisations"])
        words.append((tr("Warning"), tr("the model was not trained on {names}", names=names)))
    if needs["resampled"]:
        text = tr(
            "to {rows} × {columns} pixels in {crs}; products are returned on the scene's grid",
            rows=needs["work_rows"],
            columns=needs["work_columns"],
            crs=needs["work_crs"],
        )
        words.append((tr("Resampled for the model"), text))
    return words
