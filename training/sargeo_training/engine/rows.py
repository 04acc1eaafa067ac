"""The curves of a stage as rows of one CSV file, however often the stage is cut short."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only

from sargeo.products.files import SMALL_FILE_BYTES, replacing, storage_error


class Rows(Logger):  # type: ignore[misc]
    """Rows that are on disk as soon as they are logged.

    Lightning's own logger for CSV writes every hundred steps, and begins another file or deletes
    what there is where a run goes on.

    Parameters
    ----------
    path : Path
        Of the file. Rows that it holds already stay, but for those of steps that come again.
    columns : iterable of str
        What can be logged, beside the step.
    """

    def __init__(self, path: Path, columns: Iterable[str]) -> None:
        super().__init__()
        self._path, self._columns = path, ("step", *columns)
        self._begun = False

    @property
    def name(self) -> str:
        """What kind of logs they are."""
        return "csv"

    @property
    def version(self) -> int:
        """Always the same: a run that goes on has one file."""
        return 0

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        """Write a row.

        Raises
        ------
        ValueError
            If there is no such column.
        DiskFullError, OutputNotWritableError
            If the operating system refuses.
        """
        if not self._begun:
            self._begin(step)
            self._begun = True
        try:
            with self._path.open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, self._columns).writerow({"step": step, **metrics})
        except OSError as error:
            raise storage_error(self._path, SMALL_FILE_BYTES, error) from error

    def log_hyperparams(self, *_: object, **__: object) -> None:
        """Write nothing: the folder of the run has the settings."""

    def _begin(self, step: int) -> None:
        """Keep the rows before a step; those of steps that were not saved come again."""
        kept = [row for row in self._read() if int(row["step"]) < step]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self._path) as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self._columns)
            writer.writeheader()
            writer.writerows(kept)

    def _read(self) -> list[dict[str, str]]:
        """Return the rows that are there; one that was cut short lacks its end."""
        if not self._path.exists():
            return []
        with self._path.open(encoding="utf-8", newline="") as file:
            return [row for row in csv.DictReader(file) if None not in row.values()]
