"""What a scene is: whether it can be mapped, why, and how it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sargeo.errors import (
    InputError,
    NoGeoreferenceError,
    NothingValidError,
    SceneDamagedError,
    SeveralRastersError,
    UnknownRadiometryError,
    UnsupportedPixelsError,
)
from sargeo_cli.page import BAD, DOUBTFUL, GOOD, Page
from sargeo_cli.quantities import area_digits, km2, metres, number, percent
from sargeo_cli.tables import Column, Table
from sargeo_cli.views.facts import in_words

# What is no scene at all needs nothing.
NEEDS: Mapping[type[InputError], str] = {
    SceneDamagedError: "a whole file",
    SeveralRastersError: "the name of one of its rasters",
    NoGeoreferenceError: "a place on the ground",
    UnsupportedPixelsError: "other bands or pixels",
    UnknownRadiometryError: "your word on what the file does not say, by --assume",
    NothingValidError: "valid pixels",
}


def show_refusal(page: Page, error: InputError) -> None:
    """Print the verdict on a scene that is refused; its reason and remedy follow as an error."""
    if type(error) in NEEDS:
        page.verdict(f"Needs {NEEDS[type(error)]} before it can be mapped.", BAD)


def show_scene(page: Page, facts: Mapping[str, Any]) -> None:
    """Print what `sargeo info` found."""
    verdict = facts["verdict"]
    style = (DOUBTFUL if verdict["checks"] else GOOD) if verdict["ready"] else BAD
    page.verdict(f"{verdict['summary']}: {facts['name']}", style)
    page.points(verdict["checks"])
    page.title("Scene")
    page.pairs({"file": facts["source"], **_place(facts), **_look(facts)})
    _show_masked(page, facts)
    _show_bands(page, facts["bands"])
    _show_model(page, facts["model_needs"])
    for file in facts["files"]:
        page.title("File")
        page.pairs(_file(file))


def _place(facts: Mapping[str, Any]) -> dict[str, str]:
    grid = facts["grid"]
    down, across = grid["row_spacing_m"], grid["column_spacing_m"]
    size = f"{number(facts['rows'])} by {number(facts['columns'])} pixels"
    if facts["ground_spacing_known"]:
        height, width = facts["rows"] * sum(down) / 2e3, facts["columns"] * sum(across) / 2e3
        area = km2(height * width, area_digits([height * width]))
        size += f", {height:.4g} by {width:.4g} km, about {area} km²"
    spacing = metres(down) if down == across else f"{metres(down)} down, {metres(across)} across"
    if facts["assumed_gsd_m"] is not None:
        spacing = f"{facts['assumed_gsd_m']:g} m, as you say; the grid says {spacing}"
    west, south, east, north = grid["bbox_lonlat"]
    crs = f"{grid['crs']} (EPSG:{grid['epsg']})" if grid["epsg"] else grid["crs"]
    return {
        "size": size,
        "spacing": spacing,
        "CRS": crs + (", rotated" if grid["rotated"] else ""),
        "longitude": f"{west:.4f} to {east:.4f}",
        "latitude": f"{south:.4f} to {north:.4f}",
    }


def _look(facts: Mapping[str, Any]) -> dict[str, str]:
    incidence = facts["incidence_deg"]
    return {
        "valid": f"{percent(facts['valid_share'])} of the pixels (nodata: {facts['nodata']})",
        "incidence": "unknown" if incidence is None else f"{incidence:.1f}°",
        "platform": _found(facts, "platform"),
        "acquired": _found(facts, "acquired"),
    }


def _found(facts: Mapping[str, Any], what: str) -> str:
    """Say what was found and where; reports of other versions may lack it."""
    where = facts.get(f"{what}_found")
    return f"{facts.get(what) or 'unknown'}" + (f" ({where})" if where else "")


def _show_masked(page: Page, facts: Mapping[str, Any]) -> None:
    """Print what was taken for nodata, where the description tells it."""
    masked = facts.get("masked") or []
    if not masked:
        return
    pixels = facts["rows"] * facts["columns"]
    page.title("Taken for nodata")
    page.table(
        Table(
            [
                Column("band"),
                Column("why", flexible=True),
                Column("pixels", numeric=True),
                Column("of all", numeric=True),
            ],
            [
                (
                    str(entry["band"]),
                    entry["why"],
                    number(entry["pixels"]),
                    percent(entry["pixels"] / pixels),
                )
                for entry in masked
            ],
        )
    )


def _show_bands(page: Page, bands: Sequence[Mapping[str, Any]]) -> None:
    page.title("Bands")
    page.table(
        Table(
            [
                Column("band"),
                Column("quantity"),
                Column("scale"),
                Column("1 %", numeric=True),
                Column("median", numeric=True),
                Column("99 %", numeric=True),
            ],
            [
                (
                    band["polarisation"],
                    band["quantity"],
                    band["scale"],
                    *(_short(band["percentiles"].get(p)) for p in ("p1", "p50", "p99")),
                )
                for band in bands
            ],
        )
    )
    for found in _distinct([band["found"] for band in bands if "found" in band]):
        page.prose(
            "Read from: " + ", ".join(f"{what} {where}" for what, where in found.items()) + ".",
            indent="  ",
        )


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _distinct(found: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [entry for i, entry in enumerate(found) if entry not in found[:i]]


def _show_model(page: Page, needs: Mapping[str, Any]) -> None:
    work = "the scene's own grid"
    if needs["resampled"]:
        factors = needs["spacing_factors"]
        by = (
            ""
            if factors is None
            else f", spacing times {' and '.join(f'{f:.3g}' for f in factors)}"
        )
        work = (
            f"{number(needs['work_rows'])} by {number(needs['work_columns'])} pixels in "
            f"{needs['work_crs']}{by}"
        )
    page.title("Model")
    page.pairs(
        {
            "name": needs["model"],
            "trained with": f"{', '.join(needs['trained_polarisations'])}; "
            f"{metres(needs['trained_spacing_m'])}; {', '.join(needs['trained_platforms'])}",
            "works on": work,
        }
    )


def _file(file: Mapping[str, Any]) -> dict[str, str]:
    overviews = in_words(file["overviews"])
    return {
        "path": file["path"],
        "format": f"{file['driver']}, {file['dtype']}, {file['compression'] or 'uncompressed'}",
        "tiles": f"{file['tile_rows']} by {file['tile_columns']}; overviews: {overviews}",
        "nodata value": in_words(file["nodata_value"]) if file["nodata_value"] else "none",
    }
