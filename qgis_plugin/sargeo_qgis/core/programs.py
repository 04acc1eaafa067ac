"""Programs of this machine, also where the PATH of QGIS does not lead.

QGIS on Windows starts with a PATH of its own folders and a few of the system; desktops elsewhere
start programs without the PATH of the shell.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def find_program(name: str, variables: Mapping[str, str], *more_folders: str) -> str | None:
    """Return the program of a name in the PATH, or else in more folders; None if there is none.

    Parameters
    ----------
    name : str
        Without the ending that Windows adds.
    variables : mapping of str to str
        Environment variables with the PATH.
    *more_folders : str
        Where to look besides.
    """
    folders = [variables.get("PATH", ""), *more_folders]
    return shutil.which(name, path=os.pathsep.join(folders))


def system_folder(variables: Mapping[str, str]) -> Path:
    """Return the folder of the programs of Windows."""
    return Path(variables.get("SYSTEMROOT") or "C:/Windows") / "System32"
