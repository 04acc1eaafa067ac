"""The runs of the past, kept in a file of the user's QGIS profile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .errors import PluginError

#: Runs that are kept; the oldest go first.
KEPT_RUNS = 100

DONE, FAILED, CANCELLED = "done", "failed", "cancelled"


@dataclass(frozen=True)
class Run:
    """One run.

    Parameters
    ----------
    started : str
        Local time in ISO 8601.
    seconds : float
    parameters : dict
        Of ``sargeo:map_scene``, as JSON can hold them.
    command : str
        What a user would type to do the same; empty if it was refused before it began.
    outcome : str
        ``"done"``, ``"failed"`` or ``"cancelled"``.
    message : str
        What went wrong.
    products : dict of str to str
        Paths by the names of the algorithm's outputs.
    log : tuple of str
        The lines that QGIS showed.
    """

    started: str
    seconds: float
    parameters: dict[str, Any]
    command: str
    outcome: str
    message: str = ""
    products: dict[str, str] = field(default_factory=dict)
    log: tuple[str, ...] = ()

    @property
    def scene(self) -> str:
        """Name of the scene's file."""
        return Path(str(self.parameters["SCENE"])).name


class History:
    """The runs in a file, the youngest first.

    Parameters
    ----------
    path : Path
        Lines of JSON.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def runs(self) -> list[Run]:
        """Return the runs; lines that an older plugin wrote otherwise are left out.

        Raises
        ------
        PluginError
            If the file cannot be read.
        """
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeError) as error:
            raise PluginError(
                f"The history of runs in {self._path} cannot be read: {error}.",
                "Move the file away; sargeo begins a new one.",
            ) from error
        return [run for run in map(_parsed, lines) if run is not None]

    def add(self, run: Run) -> None:
        """Add a run before all others."""
        self._write([run, *self.runs()][:KEPT_RUNS])

    def clear(self) -> None:
        """Forget all runs; products stay."""
        self._write([])

    def _write(self, runs: Sequence[Run]) -> None:
        # In ASCII: names on Linux may be no text, and Unicode has line ends of its own.
        lines = [json.dumps(asdict(run)) for run in runs]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        beside.replace(self._path)


def _parsed(line: str) -> Run | None:
    try:
        facts = json.loads(line)
        return Run(**{**facts, "log": tuple(facts["log"])})
    except (ValueError, TypeError, KeyError):
        return None
