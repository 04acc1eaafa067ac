"""What was done with words: classes, places that fit, descriptions and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from sargeo_cli.page import FAINT, TITLE, Page
from sargeo_cli.quantities import area_digits, counted, km2, lonlat, percent
from sargeo_cli.tables import Column, Table
from sargeo_cli.views.run import show_classes, show_effort, show_files

Facts = Mapping[str, Any]


def show_classification(page: Page, facts: Facts, scene: str) -> None:
    """Print what `sargeo.language.classification.classify` reported."""
    areas = facts["class_areas_km2"]
    total = sum(areas.values())
    page.verdict(
        f"Classified {km2(total, area_digits([total]))} km² of {scene} by words: "
        f"{percent(facts['valid_share'])} of its pixels have a class."
    )
    show_classes(page, "Classes", facts)
    show_files(page, facts["products"])
    show_effort(page, facts)


def show_embedding(page: Page, facts: Facts, scene: str) -> None:
    """Print what `sargeo.language.embedding.embed` reported."""
    page.verdict(
        f"Encoded {scene}: {percent(facts['valid_share'])} of its cells have a vector of "
        f"{facts['dimensions']} dimensions."
    )
    show_files(page, facts["products"])
    show_effort(page, facts)


def show_places(page: Page, facts: Facts) -> None:
    """Print what `sargeo.language.retrieval.search` reported, a table for each text."""
    places = facts["places"]
    scenes = {place["scene"] for place in places}
    page.verdict(
        f"Ranked {counted(len(places), 'place')} of {places[0]['extent_m']:g} m in "
        f"{counted(len(scenes), 'scene')}."
    )
    for text, found in groupby(places, key=lambda place: place["text"]):
        page.title(f"Places that fit “{text}” best")
        page.table(_places(list(found), several_scenes=len(scenes) > 1))
    page.prose("Scores are cosines: compare them within one text only.", indent="  ")
    page.title("File")
    page.lines([facts["output"]])
    show_effort(page, facts)


def show_description(page: Page, facts: Facts) -> None:
    """Print what a model says of places, or answers."""
    places, question = facts["places"], facts.get("question")
    scene = Path(facts["scene"]).name
    if question is None:
        count = counted(len(places), "description")
        page.verdict(f"{count} of {scene} by {facts['model']}.", TITLE)
    else:
        answer = places[0]["text"] if len(places) == 1 else counted(len(places), "answer")
        page.verdict(f"Answer: {answer}", TITLE)
        page.prose(f"To “{question}”, by {facts['model']} for {scene}.")
        if len(places) > 1:
            page.prose("Each answer holds for its place only; numbers may not be added up.")
    for number, place in enumerate(places, start=1):
        page.title(f"{number}. {_where(place)}")
        page.prose(place["text"], indent="  ")
        page.prose(
            f"(probability that place and text belong together {percent(place['matching'])}, "
            f"similarity {place['contrast']:.2f})",
            indent="  ",
            style=FAINT,
        )


def _where(place: Facts) -> str:
    size = "size unknown"
    if place["height_m"] is not None:
        size = f"{place['height_m'] / 1000:.3g} by {place['width_m'] / 1000:.3g} km"
    where = f"{lonlat(place['lon'], place['lat'])}, {size}"
    if place["valid_share"] < 1:
        where += f", {percent(place['valid_share'])} valid"
    return where


def _places(places: Sequence[Facts], *, several_scenes: bool) -> Table:
    columns = [
        Column("rank", numeric=True),
        Column("score", numeric=True),
        Column("longitude", numeric=True),
        Column("latitude", numeric=True),
    ]
    rows = [
        [str(p["rank"]), f"{p['score']:.3f}", f"{p['lon']:.5f}", f"{p['lat']:.5f}"] for p in places
    ]
    if several_scenes:
        columns.append(Column("scene", flexible=True))
        rows = [[*row, Path(p["scene"]).name] for row, p in zip(rows, places, strict=True)]
    return Table(columns, rows)
