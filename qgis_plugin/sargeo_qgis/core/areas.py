"""Areas of classes and number of objects in one zone: rows of a table, and the table as CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import PluginError
from .sargeo import Facts


@dataclass(frozen=True)
class ClassArea:
    """The area of one class.

    Parameters
    ----------
    name : str
    hectares : float
    share : float
        Of the valid pixels, 0 to 1.
    colour : str
        ``#rrggbb``.
    """

    name: str
    hectares: float
    share: float
    colour: str


@dataclass(frozen=True)
class ZoneSummary:
    """What ``sargeo zones`` tells of one zone.

    Parameters
    ----------
    classes : tuple of ClassArea
        Those that occur, in the order of the legend.
    objects : dict of str to int
        Number of objects by kind.
    nodata_share : float
        Of the zone, 0 to 1.
    note : str
        Such as that it lies outside the scene.
    title : str
        Of which scene, and which zone.
    """

    classes: tuple[ClassArea, ...]
    objects: dict[str, int]
    nodata_share: float
    note: str
    title: str

    @classmethod
    def of_facts(cls, zone: Facts, legend: Sequence[tuple[str, str]], title: str) -> ZoneSummary:
        """Read one zone of ``sargeo zones --json``.

        Parameters
        ----------
        zone : dict
        legend : sequence of (str, str)
            Names of the classes and their colours.
        title : str
        """
        classes = []
        for name, colour in legend:
            key = re.sub(r"\W+", "_", name)
            hectares = float(zone.get(f"{key}_ha", 0.0))
            if hectares > 0:
                classes.append(ClassArea(name, hectares, float(zone[f"{key}_share"]), colour))
        end = "_count"
        objects = {
            name[: -len(end)].replace("_", " "): int(value)
            for name, value in zone.items()
            if name.endswith(end)
        }
        note = str(zone.get("note") or "")
        return cls(tuple(classes), objects, float(zone["nodata_share"]), note, title)

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return name, hectares, per cent and number: classes first, then kinds of objects."""
        areas = [(c.name, f"{c.hectares:.2f}", f"{100 * c.share:.2f}", "") for c in self.classes]
        counts = [(kind, "", "", str(number)) for kind, number in self.objects.items()]
        return areas + counts


def write_csv(path: Path, summary: ZoneSummary) -> None:
    """Write the table with a column for each quantity, as spreadsheets read it.

    Raises
    ------
    PluginError
        If the file cannot be written.
    """
    try:
        # With a mark at the beginning, without which Excel takes UTF-8 for something else.
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("name", "kind", "hectares", "percent", "number"))
            for area in summary.classes:
                row = (area.name, "class", f"{area.hectares:.4f}", f"{100 * area.share:.4f}", "")
                writer.writerow(row)
            for kind, number in summary.objects.items():
                writer.writerow((kind, "objects", "", "", number))
    except OSError as error:
        raise PluginError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Close the program that holds it open, or choose another name or folder.",
        ) from error
