"""Answers of a language model on disk, so that none is paid for twice."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sargeo.products.files import SMALL_FILE_BYTES, storage_error


def answer_key(request: Mapping[str, object], picture: bytes) -> str:
    """Return what an answer is kept under: a hash of all that it depends on.

    Parameters
    ----------
    request : mapping
        Endpoint, model, prompts and sampling, as plain types.
    picture : bytes
        The PNG that goes with them.
    """
    text = json.dumps(request, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode("utf-8"))
    digest.update(hashlib.sha256(picture).digest())
    return digest.hexdigest()


class AnswerCache:
    """One small file for each answer. Several processes may share a folder.

    Parameters
    ----------
    folder : Path
        Made when the first answer is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> str | None:
        """Return an answer, or None if there is none."""
        try:
            return self._path(key).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def put(self, key: str, answer: str) -> None:
        """Keep an answer, all of it or nothing.

        Raises
        ------
        sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
            If the operating system refuses.
        """
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(path, answer)
        except OSError as error:
            raise storage_error(path, SMALL_FILE_BYTES, error) from error

    def _path(self, key: str) -> Path:
        # A folder of a hundred thousand files is slow on some systems.
        return self.folder / key[:2] / f"{key}.json"

    @staticmethod
    def _write(path: Path, answer: str) -> None:
        # Each writer has a part of its own: another process may be at the same answer.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, suffix=".part", delete=False
        ) as file:
            part = Path(file.name)
            try:
                file.write(answer)
            except OSError:
                file.close()
                part.unlink()
                raise
        try:
            part.replace(path)
        except PermissionError:
            # Windows does not replace a file that another process is reading.
            part.unlink()
            if not path.exists():
                raise
