"""Which of the files that a run wrote is what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

_ENDS = {
    "landcover": "_landcover.tif",
    "confidence": "_confidence.tif",
    "count": "_count.tif",
    "objects": "_objects.gpkg",
    "web_page": "_map.html",
}


@dataclass(frozen=True)
class Products:
    """The products of one run; None for what was not asked for.

    Parameters
    ----------
    landcover, confidence, count, objects, web_page : Path, optional
    """

    landcover: Path | None = None
    confidence: Path | None = None
    count: Path | None = None
    objects: Path | None = None
    web_page: Path | None = None

    @classmethod
    def of_paths(cls, paths: Iterable[str | Path]) -> Products:
        """Sort the paths that a run returned."""
        found = {}
        for path in map(Path, paths):
            for name, end in _ENDS.items():
                if path.name.endswith(end):
                    found[name] = path
        return cls(**found)

    @classmethod
    def of_scene(cls, folder: Path, stem: str) -> Products:
        """Find the products of a scene that lie in a folder."""
        paths = (folder / f"{stem}{end}" for end in _ENDS.values())
        return cls.of_paths(path for path in paths if path.exists())

    def outputs(self) -> dict[str, str]:
        """Return the outputs of a Processing algorithm: names in capitals, paths as text."""
        values = {field.name.upper(): getattr(self, field.name) for field in fields(self)}
        return {name: str(path) for name, path in values.items() if path is not None}
