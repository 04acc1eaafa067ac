"""A lock between windows of QGIS that the system frees when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from .errors import PluginError

# Windows lets nobody else read what is locked, so this byte lies behind the text.
_LOCKED_BYTE = 1 << 20

# What `locking` of Windows raises for a byte that another process has locked.
_TAKEN = (errno.EACCES, errno.EDEADLK)


@contextlib.contextmanager
def exclusive(path: Path, *, holder: str, platform: str = sys.platform) -> Iterator[None]:
    """Be the only one for the time of a ``with`` block.

    Parameters
    ----------
    path : Path
        The file of the lock. It stays: one that is removed could be locked twice.
    holder : str
        What is done meanwhile, such as ``"installing sargeo"``, to tell whoever else tries.
    platform : str
        As ``sys.platform``.

    Raises
    ------
    PluginError
        If another process is in such a block, or the file cannot be locked.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise _unlockable(path, error) from error
    with file:
        if not _lock(file.fileno(), path, platform):
            file.seek(0)
            raise PluginError(
                f"Another QGIS window is {file.read() or 'using ' + str(path)}.",
                "Wait until it has finished, or close that window.",
            )
        file.truncate(0)
        file.write(holder)
        file.flush()
        yield  # closing the file frees the lock


def _lock(descriptor: int, path: Path, platform: str) -> bool:
    """Lock an open file; say whether that was possible."""
    try:
        if platform == "win32":
            _lock_byte(descriptor)
        else:
            fcntl = importlib.import_module("fcntl")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if isinstance(error, BlockingIOError) or error.errno in _TAKEN:
            return False
        raise _unlockable(path, error) from error
    return True


def _lock_byte(descriptor: int) -> None:
    msvcrt = importlib.import_module("msvcrt")
    os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
    msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)


def _unlockable(path: Path, error: OSError) -> PluginError:
    return PluginError(
        f"{path} cannot be locked: {error.strerror or error}.",
        "Choose another place, on a disk of this machine, by the variable SARGEO_ENVIRONMENTS.",
    )
