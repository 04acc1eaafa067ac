"""Files appear under their final name when they are whole, or not at all."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sargeo.errors import DiskFullError, EnvironmentLackError, OutputNotWritableError

SMALL_FILE_BYTES = 1 << 20
"""What a style, a table or an item may take: less free space than this means a full disk."""

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}

_TOO_LONG_ON_WINDOWS = 206
"""ERROR_FILENAME_EXCED_RANGE of winerror.h."""

WINDOWS_PATH = 260
"""Characters of a path with its final zero, on Windows without long paths (MAX_PATH)."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; rename it at the end, remove it on failure.

    The suffix stays, since drivers choose the format by it.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    part = _part_of(path)
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise storage_error(path, SMALL_FILE_BYTES, error) from error
    finally:
        with suppress(OSError):  # where its folder is none, say: that is told already
            part.unlink(missing_ok=True)


def _part_of(path: Path) -> Path:
    if not path.name:  # "", ".", or the root of a disk
        raise storage_error(path, SMALL_FILE_BYTES, IsADirectoryError(errno.EISDIR, str(path)))
    return path.with_name(f".{path.stem}.part{path.suffix}")


def require_writable(path: Path) -> None:
    """Refuse a file that cannot be written, before the work that it is for.

    Raises
    ------
    sargeo.errors.OutputNotWritableError
        If the operating system refuses to make a file beside it, or a folder has its name.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
        part = _part_of(path)
        part.touch()
        part.unlink()
    except OSError as error:
        raise storage_error(path, SMALL_FILE_BYTES, error) from error


def write_text(path: Path, text: str) -> None:
    """Write a whole text file, in UTF-8 and with the same line ends everywhere."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def require_free_bytes(folder: Path, needed_bytes: float) -> None:
    """Refuse to begin what plainly has no room.

    Raises
    ------
    sargeo.errors.DiskFullError
        If fewer bytes are free where ``folder`` lies.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise DiskFullError(
            f"The disk of {folder} is too full: the run needs about {needed_bytes / 1e6:.1f} MB "
            f"there and {free / 1e6:.1f} MB are free.",
            "Free some space or choose an output folder on another disk.",
        )


def storage_error(
    path: Path, needed_bytes: int, cause: Exception | None = None
) -> EnvironmentLackError:
    """Return the error that fits a failed write.

    The system's error number decides where there is one. GDAL tells a full disk in many words and
    often not at all; then a disk with less free space than the file needs counts as full.
    """
    if isinstance(cause, OSError) and _too_long(cause):
        return OutputNotWritableError(
            f"{cause.filename or path} is longer than this system allows a name or path to be.",
            "Give the scene under a shorter name, such as a link or a copy, or choose an output "
            "folder with a shorter path.",
        )
    number = cause.errno if isinstance(cause, OSError) else None
    folder = path.parent
    free = shutil.disk_usage(folder).free if folder.is_dir() else None
    out_of_space = number in _DISK_FULL or (number is None and (free or 0) < needed_bytes)
    if free is not None and out_of_space:
        return DiskFullError(
            f"The disk is full: {path} needs up to {needed_bytes / 1e6:.1f} MB and "
            f"{free / 1e6:.1f} MB are free.",
            "Free some space or choose an output folder on another disk.",
        )
    return OutputNotWritableError(
        f"{path} cannot be written.",
        "Check that the folder exists, that you may write there, and that no other program "
        "holds the file open.",
    )


def _too_long(error: OSError, platform: str = sys.platform) -> bool:
    if error.errno == errno.ENAMETOOLONG:
        return True
    # Windows tells it in two ways: by a number, or by not finding the place.
    told = getattr(error, "winerror", None) == _TOO_LONG_ON_WINDOWS
    lost = error.errno == errno.ENOENT and len(str(error.filename)) >= WINDOWS_PATH
    return platform == "win32" and (told or lost)
