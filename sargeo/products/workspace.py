"""The folder in which a run works, and the moment when its products appear.

Everything is written to ``.<stem>.sargeo/`` or its like inside the output folder, which is on the
same volume, so that the finished set is moved into place by renames at the very end. A run that is
cancelled or fails leaves nothing under a final name; its folder stays where rasters or points were
finished in it, unless the input was refused. Only a run that is killed leaves unfinished files.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from filelock import FileLock, Timeout

from sargeo.errors import (
    InputError,
    OutputNotWritableError,
    ProductsExistError,
    SargeoError,
    UsageError,
)
from sargeo.products.files import SMALL_FILE_BYTES, storage_error
from sargeo.products.names import ScenePaths

P = TypeVar("P", bound=ScenePaths)

_SQLITE_PATH = 512
"""Bytes of the longest path that SQLite, in which GeoPackages are kept, opens on any system: its
MAX_PATHNAME."""


class Workspace(Generic[P]):
    """The working folder of one run; a context manager that holds a lock on it.

    Parameters
    ----------
    out_dir : Path
        Where products appear; made where it does not exist.
    stem : str
        Of the products' names.
    overwrite : bool
        Whether products and unfinished runs of this kind and scene may be replaced.
    kind : type of ScenePaths
        What kind of run it is; runs of different kinds share a folder without meeting.

    Raises
    ------
    ProductsExistError
        If products or an unfinished run are there and ``overwrite`` is false.
    OutputNotWritableError
        If the folder cannot be written, its files would have too long names, or another run works
        in it.
    """

    def __init__(self, out_dir: Path, stem: str, kind: type[P], *, overwrite: bool = False) -> None:
        self.out_dir = out_dir
        self.stem = stem
        self.folder = out_dir / f".{stem}{kind.WORKING}"
        self.paths = kind(self.folder, stem)
        self.final = kind(out_dir, stem)
        self._overwrite = overwrite
        self._lock = FileLock(out_dir / f"{self.folder.name}.lock")

    def __enter__(self) -> Self:
        with writing_to(self.out_dir):
            self.out_dir.mkdir(parents=True, exist_ok=True)
            self._take_lock()
        try:
            with writing_to(self.out_dir):
                self._refuse_existing()
                self._remove_folder()
                self._make_folder()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            if error is not None:
                self._leave_or_remove(error)
        finally:
            self._release()

    def publish(self) -> tuple[Path, ...]:
        """Move the finished products into place, remove the folder, and return the products.

        Products of an earlier run go, also those that this one did not write: they would describe
        another result. Where one cannot go or come, as when another program holds it open on
        Windows, all stay as they were.
        """
        finished, earlier = self.paths.existing(), self.final.existing()
        aside = self.folder / "replaced"
        with writing_to(self.out_dir):
            aside.mkdir()
            _move_all(earlier, aside)
            try:
                _move_all(finished, self.out_dir)
            except OSError:
                _move_all([aside / path.name for path in earlier], self.out_dir)
                raise
        try:
            self._remove_folder()
        except OSError as error:
            raise OutputNotWritableError(
                f"All products are in {self.out_dir}, but {self.folder}, where they were made, "
                "cannot be removed.",
                "Close what holds its files open, and delete it.",
            ) from error
        return self.final.existing()

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
        there = self.final.existing()
        if there:
            raise ProductsExistError(
                f"{self.out_dir} already holds products of this scene ({there[0].name}).",
                "Choose another output folder, or add --overwrite to replace them.",
            )
        if self.folder.exists():
            raise ProductsExistError(
                f"{self.out_dir} holds an unfinished run of this scene ({self.folder.name}).",
                "Add --overwrite to remove it and start anew.",
            )

    def _make_folder(self) -> None:
        """Make the folder, and see that the longest name fits: nobody but the system knows."""
        longest = self.paths.longest_name.absolute()
        if len(os.fsencode(longest)) > _SQLITE_PATH:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), str(longest))
        self.folder.mkdir(parents=True)
        try:
            longest.touch()
            longest.unlink()
        except BaseException:
            self._remove_folder()
            raise

    def _leave_or_remove(self, error: BaseException) -> None:
        """Keep finished products of a run that ended too early, and say so; remove all else."""
        refused = isinstance(error, SargeoError) and error.exit_code in _NOTHING_TO_KEEP
        finished = self.paths.data()
        if refused or not finished:
            with suppress(OSError):  # what is still there is told below
                self._remove_folder()
        if self.folder.exists():
            what = "Finished products stay" if finished and not refused else "Unfinished work stays"
            error.add_note(f"{what} in {self.folder}; --overwrite removes the folder.")

    def _remove_folder(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _release(self) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)


def _move_all(paths: Iterable[Path], folder: Path) -> None:
    """Move files into a folder of the same volume, all of them or none."""
    moved: list[Path] = []
    try:
        for path in paths:
            path.replace(folder / path.name)
            moved.append(path)
    except OSError:
        for path in moved:
            (folder / path.name).replace(path)
        raise


_NOTHING_TO_KEEP = frozenset({UsageError.exit_code, InputError.exit_code})


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write into a folder into errors with a remedy."""
    try:
        yield
    except OSError as error:
        raise storage_error(folder / "products", SMALL_FILE_BYTES, error) from error
