"""One table of what each part of the model is worth, beside plain methods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from sargeo.errors import ReferenceDataError
from sargeo.model.spec import Figure
from sargeo_training.evaluation.figures import interval_text
from sargeo_training.evaluation.report import Report

_LAND = "false ships per 1,000 km²"
_ROWS = (
    ("sen1floods11", "water IoU"),
    ("los_angeles", "mean IoU"),
    ("los_angeles", "calibration error"),
    ("terramind", "mean IoU"),
    ("terramind", "calibration error"),
    ("ssdd", "ships: AP50"),
    ("ssdd", "ships: F1"),
    ("ssdd", "ships: count MAE"),
    ("los_angeles, offshore", "ships: precision"),
    ("los_angeles, offshore", "ships: recall"),
    ("los_angeles", _LAND),
)
"""Data and measure: the figures that have a target, and what they hang on."""


def read_reports(folders: Sequence[Path]) -> list[Report]:
    """Read the reports of finished runs.

    Raises
    ------
    ReferenceDataError
        If a folder holds none, or one of another version.
    """
    return [_read(folder / "report.json") for folder in folders]


def ablation_table(reports: Sequence[Report]) -> str:
    """Return a Markdown table: a column for each report, a row for each figure with a target.

    Raises
    ------
    ReferenceDataError
        If two reports measured on different numbers of images: they cannot be compared.
    """
    lines = [
        f"| {' | '.join(['data', 'measure', 'images', *(r.name for r in reports)])} |",
        "|---" * (len(reports) + 3) + "|",
    ]
    for data, measure in _ROWS:
        figures = [_figure(r, data, measure) for r in reports]
        cells = [data, measure, _images(data, measure, figures), *map(_text, figures)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_ablations(folders: Sequence[Path], output: Path) -> None:
    """Write the table of finished runs to a Markdown file."""
    page = (
        "# What each part is worth\n\n"
        "Held-out real images; in brackets 95 % intervals over images. Each column was calibrated "
        "on the same validation tiles.\n\n" + ablation_table(read_reports(folders))
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(page, encoding="utf-8", newline="\n")


def _read(path: Path) -> Report:
    remedy = "Finish the run, or measure it again with `sargeo train export`."
    try:
        return Report.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReferenceDataError(f"There is no report {path}.", remedy) from error
    except ValidationError as error:
        problem = f"{path} is not a report of this version."
        raise ReferenceDataError(problem, remedy) from error


def _figure(report: Report, data: str, measure: str) -> Figure | None:
    if measure != _LAND:
        return report.figure(data, measure)
    # Its data also name the area that was searched.
    named = (f for f in report.figures if f.measure == _LAND and f.data.startswith(data))
    return next(named, None)


def _images(data: str, measure: str, figures: Sequence[Figure | None]) -> str:
    counts = {f.images for f in figures if f}
    if len(counts) > 1:
        raise ReferenceDataError(
            f"Reports give {data}: {measure} over {sorted(counts)} images.",
            "Measure all runs on the same held-out images.",
        )
    return str(counts.pop()) if counts else "–"


def _text(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    if figure.low is None:
        return f"{figure.value:.2f}"
    return f"{figure.value:.2f} ({interval_text(figure)})"
