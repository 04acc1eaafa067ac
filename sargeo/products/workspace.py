"""The folder in which a run works, and the moment when its products appear.

Everything is written to ``.<stem>.sargeo/`` inside the output folder, which is on the same volume,
so that the finished set is moved into place by renames at the very end. A cancelled or killed run
leaves that folder behind, with its manifest and finished stripes, and nothing under a final name.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from sargeo.errors import (
    DiskFullError,
    OutputNotWritableError,
    ProductsExistError,
    SargeoError,
)

PRODUCT_SUFFIXES = (
    "_landcover.tif",
    "_landcover.tif.aux.xml",
    "_confidence.tif",
    "_probabilities.tif",
    "_count.tif",
    "_objects.gpkg",
    "_landcover.qml",
    "_count.qml",
    ".stac.json",
    "_map.html",
)
"""Endings, after the scene's stem, of every file that a run may write."""


class Workspace:
    """The working folder of one run; a context manager that holds a lock on it.

    Parameters
    ----------
    out_dir : Path
        Where products appear; made where it does not exist.
    stem : str
        Of the products' names.
    overwrite : bool
        Whether products and unfinished runs of this scene may be replaced.

    Raises
    ------
    ProductsExistError
        If products or an unfinished run are there and ``overwrite`` is false.
    OutputNotWritableError
        If the folder cannot be written, or another run works in it.
    """

    def __init__(self, out_dir: Path, stem: str, *, overwrite: bool = False) -> None:
        self.out_dir = out_dir
        self.stem = stem
        self.folder = out_dir / f".{stem}.sargeo"
        self._overwrite = overwrite
        self._lock = FileLock(out_dir / f".{stem}.sargeo.lock")

    def __enter__(self) -> Self:
        with writing_to(self.out_dir):
            self.out_dir.mkdir(parents=True, exist_ok=True)
            self._take_lock()
        try:
            self._refuse_existing()
            with writing_to(self.out_dir):
                self._remove_folder()
                (self.folder / "stripes").mkdir(parents=True)
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, SargeoError) and error.exit_code in _NOTHING_TO_KEEP:
            self._remove_folder()
        self._release()

    def path(self, suffix: str) -> Path:
        """Where a product is written before it appears, by its ending."""
        return self.folder / f"{self.stem}{suffix}"

    def final(self, suffix: str) -> Path:
        """Where a product appears, by its ending."""
        return self.out_dir / f"{self.stem}{suffix}"

    def write_manifest(self, manifest: Mapping[str, object]) -> None:
        """Write what the stripes depend on."""
        with writing_to(self.folder):
            text = json.dumps(manifest, indent=2, ensure_ascii=False, default=str)
            _write_atomically(self.folder / "manifest.json", text.encode())

    def save_stripe(self, index: int, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Write a finished stripe, all of it or nothing."""
        target = self.folder / "stripes" / f"{index:05d}.npz"
        part = target.with_suffix(".part")
        with writing_to(self.folder):
            with part.open("wb") as file:
                np.savez(file, **dict(arrays))  # type: ignore[arg-type]
            part.replace(target)

    def publish(self, suffixes: Sequence[str]) -> dict[str, Path]:
        """Move the finished products into place and remove the folder.

        Products of an earlier run that this one did not write are removed: they would describe
        another result.
        """
        with writing_to(self.out_dir):
            for suffix in PRODUCT_SUFFIXES:
                if suffix not in suffixes:
                    self.final(suffix).unlink(missing_ok=True)
            published = {}
            for suffix in suffixes:
                self.path(suffix).replace(self.final(suffix))
                published[suffix] = self.final(suffix)
            self._remove_folder()
        return published

    def _take_lock(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout as busy:
            raise OutputNotWritableError(
                f"Another run of {self.stem} is writing to {self.out_dir}.",
                "Wait for it to end, or choose another output folder.",
            ) from busy

    def _refuse_existing(self) -> None:
        if self._overwrite:
            return
        there = [self.final(s).name for s in PRODUCT_SUFFIXES if self.final(s).exists()]
        if there:
            raise ProductsExistError(
                f"{self.out_dir} already holds products of this scene ({there[0]}).",
                "Choose another output folder, or add --overwrite to replace them.",
            )
        if self.folder.exists():
            raise ProductsExistError(
                f"{self.out_dir} holds an unfinished run of this scene ({self.folder.name}).",
                "Add --overwrite to remove it and start anew.",
            )

    def _remove_folder(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _release(self) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)


_NOTHING_TO_KEEP = frozenset({2, 3})


class writing_to:  # noqa: N801 - reads as a statement
    """Turn errors of the operating system while writing into errors with a remedy."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, OSError):
            return
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                f"The disk that holds {self._place} is full.",
                "Free some space or choose an output folder on another disk, then run again.",
            ) from error
        raise OutputNotWritableError(
            f"{self._place} cannot be written: {error.strerror or error}.",
            "Close programs that hold its files open, or choose a folder that you may write to.",
        ) from error


def _write_atomically(target: Path, content: bytes) -> None:
    part = target.with_suffix(target.suffix + ".part")
    part.write_bytes(content)
    part.replace(target)
