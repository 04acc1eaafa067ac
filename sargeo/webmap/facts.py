"""What a run says of itself in its STAC item, as far as the page shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sargeo.scene.assumptions import SKIP, Assumptions


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Lines of the page's head.

    Attributes
    ----------
    lines : tuple of (str, str)
        Label and value.
    source : str or None
        Path or address of the scene, as the user gave it.
    assumptions : Assumptions or None
        What its bands were taken for, so that it is opened as it was mapped.
    """

    lines: tuple[tuple[str, str], ...] = ()
    source: str | None = None
    assumptions: Assumptions | None = None

    @classmethod
    def read(cls, path: Path) -> RunFacts:
        """Read a STAC item; there is little to say where there is none."""
        if not path.is_file():
            return cls()
        item = json.loads(path.read_text(encoding="utf-8"))
        properties = item["properties"]
        sources = (link["href"] for link in item["links"] if link["rel"] == "derived_from")
        settings = properties.get("sargeo:settings", {})
        assumed = _assumptions(settings) if settings.get("bands") else None
        return cls(_lines(properties, settings), next(sources, None), assumed)


def _lines(
    properties: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    lines = {
        "Acquired": _minute(properties.get("datetime")),
        "Mapped": _minute(properties.get("processing:datetime")),
        "Model": properties.get("sargeo:model"),
        "Read as": " ".join(settings.get("notices", ())),
    }
    return tuple((label, value) for label, value in lines.items() if value)


def _minute(moment: str | None) -> str | None:
    """Shorten an RFC 3339 time in UTC to the minute, as analysts write it."""
    return f"{moment[:10]} {moment[11:16]} UTC" if moment else None


def _assumptions(settings: Mapping[str, Any]) -> Assumptions:
    bands = settings["bands"]
    polarisations = [band["polarisation"] for band in bands]
    for position in sorted(settings.get("left_out", ())):
        polarisations.insert(position, SKIP)
    return Assumptions(
        polarisations=tuple(polarisations),
        scale=bands[0]["scale"],
        quantity=bands[0]["quantity"],
    )
