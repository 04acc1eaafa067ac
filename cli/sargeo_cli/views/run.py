"""What a run did: areas by class, objects and what each filter dropped, files, effort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sargeo_cli.page import Page
from sargeo_cli.quantities import area_digits, counted, duration, km2, number, percent, size
from sargeo_cli.tables import Column, Table

FILTERS = {
    "below_confidence": "below the confidence threshold",
    "outside": "on nodata, or outside the area of interest",
    "seen_twice": "seen twice, by windows on both sides of a seam",
    "shorter": "shorter than --min-length",
    "longer": "longer than --max-length",
    "excluded": "in a zone or near a point of --exclude",
    "on_land": "on land, or within --coast-buffer of it",
}


def show_run(page: Page, facts: Mapping[str, Any], scene: str) -> None:
    """Print what `sargeo.mapping.map_scene` reported."""
    areas = facts["class_areas_km2"]
    mapped = sum(areas.values())
    found = "" if facts["objects"] is None else f" and found {counted(facts['objects'], 'object')}"
    page.verdict(
        f"Mapped {km2(mapped, area_digits([mapped]))} km² of {scene}{found}: "
        f"{percent(facts['valid_share'])} of its pixels have a result."
    )
    if len(areas) > 0:
        show_classes(page, "Land cover", facts)
    if facts["objects"] is not None:
        _show_objects(page, facts)
    show_files(page, facts["products"])
    show_effort(page, facts)


def show_classes(page: Page, title: str, facts: Mapping[str, Any]) -> None:
    """Print area and share of every class that occurs, the largest first."""
    areas = facts["class_areas_km2"]
    digits = area_digits(areas.values())
    ordered = sorted(facts["class_shares"], key=facts["class_shares"].__getitem__, reverse=True)
    page.title(title)
    page.table(
        Table(
            [
                Column("class", flexible=True),
                Column("km²", numeric=True),
                Column("%", numeric=True),
            ],
            [
                (name, km2(areas[name], digits), percent(facts["class_shares"][name])[:-2])
                for name in ordered
            ],
        )
    )


def show_files(page: Page, products: Sequence[str]) -> None:
    """Print the files that were written, below the folder that they lie in."""
    paths = [Path(product) for product in products]
    page.title(f"Files in {paths[0].parent}")
    page.lines(path.name for path in paths)


def show_effort(page: Page, facts: Mapping[str, Any]) -> None:
    """Print what the run took, and with what."""
    parts = ", ".join(f"{phase} {duration(s)}" for phase, s in facts["seconds"].items())
    page.title("Run")
    page.pairs(
        {
            "time": f"{duration(sum(facts['seconds'].values()))} ({parts})",
            "speed": f"{facts['mpx_per_s']:.2f} million pixels per second",
            "memory": f"{size(facts['peak_memory_bytes'])} at most",
            "model": f"{facts['model']} on {facts['device']}",
        }
    )


def _show_objects(page: Page, facts: Mapping[str, Any]) -> None:
    page.title("Objects")
    page.table(
        Table(
            [Column("", flexible=True), Column("", numeric=True)],
            [
                ("proposed by the model", number(facts["objects_proposed"])),
                *(
                    (f"- {FILTERS[name]}", number(count))
                    for name, count in facts["objects_dropped"].items()
                ),
                ("kept", number(facts["objects"])),
            ],
        )
    )


def show_plan(page: Page, plan: Mapping[str, Any]) -> None:
    """Print what a run would take."""
    written = sum(plan["output_bytes"].values())
    page.verdict(
        f"Mapping {Path(plan['scene']).name} would take about {duration(plan['seconds'])} and "
        f"{size(plan['memory_bytes'])} of memory on {plan['device']}, and write at most "
        f"{size(written)} of rasters."
    )
    work = "the scene's own"
    if plan["resampled"]:
        work = f"{number(plan['work_rows'])} by {number(plan['work_cols'])}, resampled"
    page.title("Plan")
    page.pairs(
        {
            "scene": f"{number(plan['rows'])} by {number(plan['cols'])} pixels, {plan['crs']}",
            "working grid": work,
            "spacing": "unknown"
            if plan["gsd_m"] is None
            else " by ".join(f"{spacing:.4g}" for spacing in plan["gsd_m"]) + " m",
            "windows": f"{number(plan['windows'])} of {plan['patch']} pixels, "
            f"{plan['margin']} of them margin, in {counted(plan['stripes'], 'stripe')}, "
            f"{plan['batch_size']} at a time",
            "model": f"{plan['model']} on {plan['device']}",
        }
    )
