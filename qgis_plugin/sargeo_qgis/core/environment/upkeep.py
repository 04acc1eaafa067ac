"""Removing managed environments: those that nothing names, or all of them."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import PluginError
from ..locks import exclusive
from .places import CURRENT, LOCK, LOG, PYTHONS, installation_folders, read_current


def remove(root: Path, platform: str) -> None:
    """Remove the managed environment and all that belongs to it.

    Parameters
    ----------
    root : Path
        Folder of the managed environments; what else lies in it stays.
    platform : str
        As ``sys.platform``.

    Raises
    ------
    PluginError
        If another window installs, or files are in use.
    """
    with exclusive(root / LOCK, holder="removing the environment of sargeo", platform=platform):
        pythons = root / PYTHONS
        discard_file(root / LOG)
        # What has half gone comes first, as nothing can be renamed to what is there.
        for folder in (*installation_folders(root), gone(pythons), pythons):
            if not discard(folder):
                raise PluginError(
                    f"The environment in {folder} is in use.",
                    "Wait for its runs to finish, close other QGIS windows, and try again.",
                )
        discard_file(root / CURRENT)  # last: while it is there, Remove can be pressed again


def clean_up(root: Path) -> None:
    """Remove what killed installations and replaced environments have left.

    To be called while the lock of the root is held. What is in use stays for the next time.
    """
    kept = _folder_in_use(root)
    for folder in installation_folders(root):
        if folder != kept:
            discard(folder)


def discard(folder: Path) -> bool:
    """Remove a folder; say whether that was possible.

    It is renamed first: Windows refuses that while a file in it is in use, and then all of them
    stay, where removing one by one would leave half an environment.
    """
    if not folder.exists():
        return True
    try:
        shutil.rmtree(folder if folder == gone(folder) else folder.rename(gone(folder)))
    except OSError:
        return False
    return True


def discard_file(path: Path) -> None:
    """Remove a file, if it is there.

    Raises
    ------
    PluginError
        If that is not possible, as while another program shows it on Windows.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PluginError(
            f"{path} cannot be removed: {error.strerror or error}.",
            "Close the programs that have it open, and try again.",
        ) from error


def gone(folder: Path) -> Path:
    """Return what a folder is called while it is removed."""
    return folder.with_suffix(".gone")


def _folder_in_use(root: Path) -> Path | None:
    try:
        installation = read_current(root)
    except PluginError:
        return None  # nobody can use what a damaged record names
    return root / installation.name if installation else None
