"""The runs of the past, kept in a folder of the user's QGIS profile."""

from __future__ import annotations

import contextlib
import json
import math
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import PluginError

#: Runs that are kept; the oldest go first.
KEPT_RUNS = 100

SUFFIX = ".json"

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
    """The runs in a folder, the youngest first.

    A file for each run: two windows of QGIS may add at once, and a damaged file costs one run.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def runs(self) -> list[Run]:
        """Return the runs; files that are damaged, or of another plugin, are left out."""
        return [run for run in map(_parsed, self._files()) if run is not None]

    def add(self, run: Run) -> None:
        """Add a run before all others, and forget those that are too many.

        Raises
        ------
        PluginError
            If the file cannot be written.
        """
        # Nanoseconds sort the files, and chance tells those of two windows apart.
        beside = self._folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}.new"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # In ASCII: names on Linux may be no text.
            beside.write_text(json.dumps(asdict(run), indent=1), encoding="utf-8")
            beside.replace(beside.with_suffix(SUFFIX))
        except OSError as error:
            with contextlib.suppress(OSError):  # where there is no folder, there is no half of it
                beside.unlink()
            raise PluginError(
                f"The run cannot be remembered in {self._folder}: {error.strerror or error}.",
                "Free some space there; the products of the run are not concerned.",
            ) from error
        self._forget(self._files()[KEPT_RUNS:])

    def clear(self) -> None:
        """Forget all runs but those that another program holds open; products stay."""
        self._forget(self._files())

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"), reverse=True)

    def _forget(self, files: Sequence[Path]) -> None:
        for path in files:
            with contextlib.suppress(PermissionError):  # open elsewhere: it goes another time
                path.unlink(missing_ok=True)


def _parsed(path: Path) -> Run | None:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        run = Run(**{**facts, "log": tuple(facts["log"])})
        return run if _can_be_shown(run) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _can_be_shown(run: Run) -> bool:
    """Tell whether a run holds what its fields promise; one that is quite another thing raises."""
    datetime.fromisoformat(run.started)
    texts = (run.command, run.message, run.scene, *run.log, *run.products.values())
    return (
        run.outcome in (DONE, FAILED, CANCELLED)
        and math.isfinite(run.seconds)
        and all(isinstance(text, str) for text in texts)
    )
