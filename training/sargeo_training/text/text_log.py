"""The texts that a run has finished so far, one line each, so that it can be taken up again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sargeo.errors import UsageError
from sargeo.products.files import SMALL_FILE_BYTES, storage_error
from sargeo_training.data.chip import Record
from sargeo_training.data.target_text import TargetText
from sargeo_training.text.checking import Tally
from sargeo_training.text.endpoint_settings import WriterSettings
from sargeo_training.text.model_writer import Written


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Header(_Part):
    """What all texts of a log come from: one log holds no mixture."""

    base_url: str
    model: str
    answers: dict[str, object]


class _Line(_Part):
    id: str
    digest: str
    writing: TargetText | None  # the name that logs on disk have
    tally: Tally


def digest_of(record: Record) -> str:
    """Return a hash of what texts about a record depend on."""
    known = record.model_dump_json(exclude={"target_texts"})
    return hashlib.sha256(known.encode("utf-8")).hexdigest()


class TextLog:
    """A file of texts that grows line by line.

    Parameters
    ----------
    path : Path
        Read where it exists, else begun. A last line that a killed run left unfinished is cut off.
    digests : mapping of record id to digest
        Of the records as they are now (`digest_of`): texts of others, and of records that have
        changed since, do not count.
    settings : WriterSettings

    Attributes
    ----------
    target_texts : dict of record id to TargetText
    done : set of record ids
        Also of those that no sentence is left of.
    tally : Tally
        Of all finished records.

    Raises
    ------
    UsageError
        If the file holds texts of another model or other ways of asking, or is no log.
    """

    def __init__(self, path: Path, digests: Mapping[str, str], settings: WriterSettings) -> None:
        self.path = path
        self.target_texts: dict[str, TargetText] = {}
        self.done: set[str] = set()
        self.tally = Tally()
        self._digests = digests
        header = _Header(
            base_url=settings.endpoint.base_url,
            model=settings.endpoint.model,
            answers=settings.answers.shaping(),
        )
        lines = self._whole_lines()
        if not lines:
            self._append(header)
            return
        try:
            there = _Header.model_validate_json(lines[0])
            finished = [_Line.model_validate_json(line) for line in lines[1:]]
        except ValidationError as error:
            raise self._refused("is not a log of texts of this version") from error
        if there != header:
            raise self._refused("holds texts of another model or other settings")
        for line in finished:
            self._take(line)

    def add(self, record_id: str, written: Written) -> None:
        """Keep the text of a record.

        Raises
        ------
        sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
            If the operating system refuses.
        """
        line = _Line(
            id=record_id,
            digest=self._digests[record_id],
            writing=written.target_text,
            tally=written.tally,
        )
        self._append(line)
        self._take(line)

    def _take(self, line: _Line) -> None:
        if line.digest != self._digests.get(line.id):
            return
        self.done.add(line.id)
        self.tally.add(line.tally)
        if line.writing is not None:
            self.target_texts[line.id] = line.writing

    def _append(self, line: BaseModel) -> None:
        try:
            with self.path.open("ab") as file:
                file.write(f"{line.model_dump_json()}\n".encode())
        except OSError as error:
            raise storage_error(self.path, SMALL_FILE_BYTES, error) from error

    def _whole_lines(self) -> list[bytes]:
        if not self.path.exists():
            return []
        text = self.path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            with self.path.open("r+b") as file:
                file.truncate(whole)
        return text[:whole].splitlines()

    def _refused(self, reason: str) -> UsageError:
        return UsageError(
            f"{self.path} {reason}.", "Name another output folder, or the settings it began with."
        )
