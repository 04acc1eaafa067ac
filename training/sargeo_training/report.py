"""Calibration on one half of the held-out tiles, and a report on them: figures and a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from sargeo_training.evaluate import ScoredTile
from sargeo_training.metrics import (
    average_precision,
    best_threshold,
    calibration_error,
    class_ious,
    confusion,
    detection_scores,
    fit_temperature,
    water_iou,
)
from sargeo_training.targets import WATER_INDEX

Tiles = Sequence[ScoredTile]


class LandCoverFigures(BaseModel):
    """Of one source, on all of its held-out tiles but for the calibration error."""

    source: str
    tiles: int
    cells: int
    water_iou: float
    class_iou: dict[str, float] = Field(description="Empty where only water is known.")
    mean_iou: float | None
    accuracy: float | None
    calibration_error: float | None = Field(description="On the tiles not calibrated on.")


class ShipFigures(BaseModel):
    """Of one source, on the held-out tiles that the threshold was not chosen on."""

    source: str
    tiles: int
    ships: int
    precision: float
    recall: float
    f1: float
    count_mae: float
    average_precision_50: float | None = Field(description="None where boxes were not measured.")


class Report(BaseModel):
    """What was measured after training."""

    temperature: float
    min_confidence: float
    landcover: tuple[LandCoverFigures, ...]
    ships: tuple[ShipFigures, ...]


def make_report(tiles: Tiles) -> Report:
    """Calibrate on every other tile of each source; measure what that changes on the others."""
    by_source = {name: [t for t in tiles if t.source == name] for name in _names(tiles)}
    cover = {n: [t for t in ts if len(t.classes)] for n, ts in by_source.items()}
    ships = {n: [t for t in ts if t.searched] for n, ts in by_source.items()}
    cover, ships = ({n: ts for n, ts in d.items() if ts} for d in (cover, ships))
    temperature = fit_temperature([ts[::2] for ts in cover.values()])
    min_confidence = best_threshold([ts[::2] for ts in ships.values()])
    return Report(
        temperature=temperature,
        min_confidence=min_confidence,
        landcover=tuple(_landcover(n, ts, temperature) for n, ts in cover.items()),
        ships=tuple(_ships(n, ts[1::2] or ts, min_confidence) for n, ts in ships.items()),
    )


def write_report(report: Report, folder: Path) -> None:
    """Write ``report.json`` and ``report.md``."""
    text = report.model_dump_json(indent=2) + "\n"
    (folder / "report.json").write_text(text, encoding="utf-8")
    (folder / "report.md").write_text(as_markdown(report), encoding="utf-8")


def as_markdown(report: Report) -> str:
    """Return the report as a page of two tables."""
    lines = [
        "# Held-out figures",
        "",
        f"Temperature {report.temperature:.2f} and least confidence "
        f"{report.min_confidence:.2f} were chosen on every other tile of each source; calibration "
        "error and ship figures are of the others, where there is more than one tile.",
        "",
        "| land cover | tiles | 4×4 cells | water IoU | mean IoU | accuracy | ECE | IoU by class |",
        "|---|---|---|---|---|---|---|---|",
        *map(_landcover_line, report.landcover),
        "",
        "| ships | tiles | ships | precision | recall | F1 | AP50 | count error |",
        "|---|---|---|---|---|---|---|---|",
        *map(_ships_line, report.ships),
    ]
    return "\n".join(lines) + "\n"


def _landcover(source: str, tiles: Tiles, temperature: float) -> LandCoverFigures:
    matrix = confusion(tiles)
    several = matrix.sum(1).nonzero()[0].tolist() not in ([], [WATER_INDEX])
    ious = class_ious(matrix) if several else {}
    return LandCoverFigures(
        source=source,
        tiles=len(tiles),
        cells=sum(len(t.classes) for t in tiles),
        water_iou=water_iou(tiles),
        class_iou=ious,
        mean_iou=sum(ious.values()) / len(ious) if several else None,
        accuracy=float(matrix.trace() / matrix.sum()) if several else None,
        calibration_error=calibration_error(tiles[1::2] or tiles, temperature) if several else None,
    )


def _ships(source: str, tiles: Tiles, min_confidence: float) -> ShipFigures:
    boxed = all((t.ships == t.ships).all() for t in tiles)  # NaN differs from itself
    return ShipFigures(
        source=source,
        tiles=len(tiles),
        ships=sum(len(t.ships) for t in tiles),
        average_precision_50=average_precision(tiles) if boxed else None,
        **detection_scores(tiles, min_confidence),
    )


def _names(tiles: Tiles) -> list[str]:
    return list(dict.fromkeys(t.source for t in tiles))


def _landcover_line(f: LandCoverFigures) -> str:
    by_class = ", ".join(f"{name} {iou:.2f}" for name, iou in f.class_iou.items())
    cells = [f.source, f.tiles, f.cells, *map(_short, (f.water_iou, f.mean_iou, f.accuracy))]
    return _row([*cells, _short(f.calibration_error), by_class])


def _ships_line(f: ShipFigures) -> str:
    shares = (f.precision, f.recall, f.f1, f.average_precision_50, f.count_mae)
    return _row([f.source, f.tiles, f.ships, *map(_short, shares)])


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
