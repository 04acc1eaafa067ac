"""Where managed environments lie, and which of them is in use.

The root holds one folder for each installation and ``current.json``, which names the one in use
and is written last: an installation that was killed is a folder that nothing names.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import PluginError
from ..interpreter import python_of

#: The variable that names another root.
VARIABLE = "SARGEO_ENVIRONMENTS"

#: Names in the root: the record of what is in use, the lock (which marks the folder as ours), the
#: log of the last installation, and the Pythons that uv has fetched.
CURRENT, LOCK, LOG, PYTHONS = "current.json", "install.lock", "install.log", "pythons"

_REPAIR = "Press Repair on the Setup page of the sargeo panel."


@dataclass(frozen=True)
class Installation:
    """What ``current.json`` says of the installation in use.

    Parameters
    ----------
    name : str
        Its folder in the root.
    python_version, sargeo_version : str
        Such as ``"3.12.4"`` and ``"0.1.0"``.
    accelerator : str
        What torch was found to run on: ``"cpu"`` or ``"cuda"``.
    choices : dict
        The fields of `choices.Choices`, to install it again.
    """

    name: str
    python_version: str
    sargeo_version: str
    accelerator: str
    choices: dict[str, Any]


def environments_root(variables: Mapping[str, str], platform: str, home: Path) -> Path:
    """Return the folder of the managed environments: the user's own, outside QGIS's profile.

    Parameters
    ----------
    variables : mapping of str to str
        The environment variables of QGIS.
    platform : str
        As ``sys.platform``.
    home : Path
        The user's home folder.
    """
    if variables.get(VARIABLE):
        return Path(variables[VARIABLE]).expanduser()
    if platform == "win32":
        # Local: a roaming profile would carry gigabytes over the network at each log-on.
        data = Path(variables.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        data = Path(variables.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "sargeo" / "python"


def current_python(root: Path, platform: str) -> Path | None:
    """Return the Python of the managed environment, or None where there is none.

    Raises
    ------
    PluginError
        If there was one, and it is damaged.
    """
    installation = read_current(root)
    if installation is None:
        return None
    try:
        return python_of(root / installation.name, platform)
    except PluginError as error:
        raise PluginError(
            f"The managed environment in {root / installation.name} is damaged: its Python is"
            " gone.",
            _REPAIR,
        ) from error


def read_current(root: Path) -> Installation | None:
    """Return what is known of the installation in use, or None where there is none.

    Raises
    ------
    PluginError
        If ``current.json`` cannot be understood.
    """
    path = root / CURRENT
    try:
        return Installation(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise PluginError(f"{path} cannot be read: {error}.", _REPAIR) from error


def write_current(root: Path, installation: Installation) -> None:
    """Let an installation be the one in use, from one moment to the next."""
    beside = root / f"{CURRENT}.new"
    beside.write_text(json.dumps(asdict(installation), indent=2), encoding="utf-8")
    beside.replace(root / CURRENT)


def refuse_foreign_files(root: Path) -> None:
    """Refuse a root that holds files of somebody else, as folders in it are removed at times.

    Raises
    ------
    PluginError
        If it does, or cannot be read.
    """
    if not root.exists() or (root / LOCK).exists():
        return
    try:
        foreign = [path.name for path in root.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise PluginError(
            f"{root} is no folder that can be read: {error.strerror or error}.",
            f"Name an empty folder by the variable {VARIABLE}.",
        ) from error
    if foreign:
        raise PluginError(
            f"The folder {root} holds other files, such as {foreign[0]}.",
            f"Name an empty folder by the variable {VARIABLE}.",
        )


def is_made(root: Path) -> bool:
    """Tell whether there is an environment, or what is left of one, to repair or to remove."""
    ours = (root / LOCK).exists()
    return ours and ((root / CURRENT).exists() or bool(installation_folders(root)))


def installation_folders(root: Path) -> list[Path]:
    """Return the folders of all installations, in use or not, finished or not."""
    if not (root / LOCK).exists():
        return []
    return sorted(path for path in root.iterdir() if re.fullmatch(r"env\d+(\.gone)?", path.name))


def new_folder(root: Path) -> Path:
    """Return the folder for another installation; its name is short, as Windows has it."""
    taken = {path.stem for path in installation_folders(root)}
    number = next(number for number in itertools.count(1) if f"env{number}" not in taken)
    return root / f"env{number}"
