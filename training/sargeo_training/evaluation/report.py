"""A report on held-out tiles: figures with their intervals, as data and as a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, Field

from sargeo.evaluation.confusion import Counts
from sargeo.evaluation.intervals import poisson_interval
from sargeo.legend import OPEN_WATER
from sargeo.model.spec import Figure
from sargeo_training.evaluation.figures import figure_of, figure_table
from sargeo_training.evaluation.landcover_metrics import (
    accuracy,
    calibration_bins,
    calibration_error,
    confusion,
    mean_iou,
    present_ious,
    water_iou,
)
from sargeo_training.evaluation.scoring import ScoredTile, by_source
from sargeo_training.evaluation.ship_metrics import (
    average_precision,
    count_mae,
    ranked,
    tally,
    total,
)
from sargeo_training.images import PLACES, SYNTHETIC

Tiles = Sequence[ScoredTile]


_SIDES_PX = ((0.0, 16.0), (16.0, 32.0), (32.0, 64.0), (64.0, np.inf))
_LAND_KM2 = 1000.0
_LAND = "of land"
_HEADLINES = (
    "water IoU",
    "mean IoU",
    "calibration error",
    "ships: precision",
    "ships: recall",
    "ships: AP50",
    "ships: count MAE",
    "false ships per 1,000 km²",
)


class Report(BaseModel):
    """What was measured after training."""

    name: str = Field(description="What was trained, or what it is compared with.")
    temperature: float
    min_confidence: float
    figures: tuple[Figure, ...] = Field(description="On real images.")
    synthetic: tuple[Figure, ...] = Field(description="On simulated scenes.")

    def figure(self, data: str, measure: str) -> Figure | None:
        """Return a figure, or None where it was not measured."""
        return next((f for f in self.figures if (f.data, f.measure) == (data, measure)), None)


def make_report(name: str, tiles: Tiles, temperature: float, min_confidence: float) -> Report:
    """Measure on held-out tiles what validation has calibrated."""
    groups = by_source(tiles)
    figures = {
        source: (
            *_landcover(source, ts, temperature),
            *_ships(source, ts, min_confidence),
        )
        for source, ts in groups.items()
    }
    return Report(
        name=name,
        temperature=temperature,
        min_confidence=min_confidence,
        figures=tuple(f for source, fs in figures.items() if source != SYNTHETIC for f in fs),
        synthetic=figures.get(SYNTHETIC, ()),
    )


def headlines(report: Report) -> tuple[Figure, ...]:
    """Return the figures that a user should know before trusting a map."""
    return tuple(
        f
        for f in report.figures
        if f.measure in _HEADLINES and (", " not in f.data or _LAND in f.data)
    )


def write_report(report: Report, folder: Path, pictures: Sequence[Path] = ()) -> None:
    """Write ``report.json`` and ``report.md``; the latter shows pictures of the worst tiles."""
    folder.mkdir(parents=True, exist_ok=True)
    text = report.model_dump_json(indent=2) + "\n"
    (folder / "report.json").write_text(text, encoding="utf-8", newline="\n")
    page = as_markdown(report) + _gallery(pictures, folder)
    (folder / "report.md").write_text(page, encoding="utf-8", newline="\n")


def as_markdown(report: Report) -> str:
    """Return the report as a page of tables."""
    lines = [
        f"# Held-out figures: {report.name}",
        "",
        f"Temperature {report.temperature:.2f} and least confidence {report.min_confidence:.2f} "
        "were chosen on validation tiles. Images are whole images, chips, or tiles of 1024 pixels "
        "with the labelled part of a scene; intervals are 95 %, over images.",
        "",
        *figure_table(report.figures),
    ]
    if report.synthetic:
        lines += ["", "## Synthetic: scenes of the simulator", "", *figure_table(report.synthetic)]
    return "\n".join(lines) + "\n"


def _gallery(pictures: Sequence[Path], folder: Path) -> str:
    if not pictures:
        return ""
    shown = [f"![{p.stem}]({p.relative_to(folder).as_posix()})" for p in pictures]
    legend = "Radar with ships (true green, found magenta), truth, and answer."
    return "\n".join(["", "## Worst tiles", "", legend, "", *shown]) + "\n"


def _landcover(source: str, tiles: Tiles, temperature: float) -> Iterator[Figure]:
    labelled = [t for t in tiles if len(t.classes)]
    if not labelled:
        return
    matrices = [confusion(t) for t in labelled]
    pooled = _add(matrices)
    present = present_ious(pooled)
    if OPEN_WATER.name in present:
        yield figure_of(source, "water IoU", matrices, lambda ms: water_iou(_add(ms)))
    if len(present) < 2:
        return
    yield figure_of(source, "mean IoU", matrices, lambda ms: mean_iou(_add(ms)))
    for name in present:
        yield figure_of(source, f"IoU of {name}", matrices, _iou_of(name))
    yield figure_of(source, "accuracy", matrices, lambda ms: accuracy(_add(ms)))
    bins = [calibration_bins(t, temperature) for t in labelled]
    yield figure_of(
        source, "calibration error", bins, lambda bs: calibration_error(np.sum(bs, axis=0))
    )


def _iou_of(name: str) -> Callable[[Sequence[Counts]], float]:
    return lambda matrices: present_ious(_add(matrices)).get(name, float("nan"))


def _add(matrices: Sequence[Counts]) -> Counts:
    return np.asarray(np.sum(matrices, axis=0))


def _ships(source: str, tiles: Tiles, min_confidence: float) -> Iterator[Figure]:
    searched = [t for t in tiles if t.searched]
    if not any(len(t.ships) for t in searched):
        return
    yield from _ship_figures(source, searched, min_confidence)
    for place in ("offshore", "inshore"):
        there = [t.at(place) for t in searched]
        there = [t for t in there if t.searched]
        if any(len(t.ships) for t in there):
            yield from _ship_figures(f"{source}, {place}", there, min_confidence)
    if all(t.measured for t in searched):
        yield from _by_size(source, searched)
    yield from _on_land(source, searched, min_confidence)


def _ship_figures(data: str, tiles: Tiles, min_confidence: float) -> Iterator[Figure]:
    """Measure ships; without a detection there is no precision."""
    tallies = [tally(t, min_confidence) for t in tiles]
    found = total(tallies)
    if not math.isnan(found.precision):
        yield figure_of(data, "ships: precision", tallies, lambda ts: total(ts).precision)
    yield figure_of(data, "ships: recall", tallies, lambda ts: total(ts).recall)
    yield figure_of(data, "ships: F1", tallies, lambda ts: total(ts).f1)
    yield figure_of(data, "ships: count MAE", tallies, count_mae)
    if all(t.measured for t in tiles):
        boxes = [ranked(t) for t in tiles]
        yield figure_of(data, "ships: AP50", boxes, average_precision)


def _by_size(source: str, tiles: Tiles) -> Iterator[Figure]:
    for sides in _SIDES_PX:
        boxes = [ranked(t, sides_px=sides) for t in tiles]
        ships = sum(b.ships for b in boxes)
        if ships:
            low, high = (f"{s:.0f}" for s in sides)
            size = f"from {low} px" if sides[1] == np.inf else f"{low} to {high} px"
            data = f"{source}, {ships} ships {size}"
            yield figure_of(data, "ships: AP50", boxes, average_precision)


def _on_land(source: str, tiles: Tiles, min_confidence: float) -> Iterator[Figure]:
    """Count false ships by area. They are rare and independent: a Poisson interval fits them."""
    land = PLACES.index("land")
    km2 = sum(t.searched_km2[land] for t in tiles)
    if not km2 > 0:  # nor where it is NaN
        return
    there = [t.at("land") for t in tiles if t.searched_km2[land]]
    false = poisson_interval(total([tally(t, min_confidence) for t in there]).wrong)
    yield Figure(
        data=f"{source}, {km2:.0f} km² {_LAND}",
        measure="false ships per 1,000 km²",
        images=len(there),
        value=false.value / km2 * _LAND_KM2,
        low=false.low / km2 * _LAND_KM2,
        high=false.high / km2 * _LAND_KM2,
    )
