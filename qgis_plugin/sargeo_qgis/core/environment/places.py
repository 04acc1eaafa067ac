"""Where managed environments lie, and which of them is in use.

The root holds one folder for each installation and ``current.json``, which names the one in use
and is written last: an installation that was killed is a folder that nothing names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import PluginError
from ..interpreter import python_of

#: The variable that names another root.
VARIABLE = "SARGEO_ENVIRONMENTS"

CURRENT = "current.json"

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
    choices : dict
        What to install again on repair; see `plan.Choices`.
    """

    name: str
    python_version: str
    sargeo_version: str
    choices: dict[str, Any] = field(default_factory=dict)


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
