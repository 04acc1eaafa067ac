"""Files appear under their final name when they are whole, or not at all."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sargeo.errors import DiskFullError, EnvironmentLackError, OutputNotWritableError

SMALL_FILE_BYTES = 1 << 20
"""What a style, a table or an item may take: less free space than this means a full disk."""

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; rename it at the end, remove it on failure.

    The suffix stays, since drivers choose the format by it.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise storage_error(path, SMALL_FILE_BYTES, error) from error
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file, in UTF-8 and with the same line ends everywhere."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def storage_error(
    path: Path, needed_bytes: int, cause: Exception | None = None
) -> EnvironmentLackError:
    """Return the error that fits a failed write.

    The system's error number decides where there is one. GDAL tells a full disk in many words and
    often not at all; then a disk with less free space than the file needs counts as full.
    """
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
