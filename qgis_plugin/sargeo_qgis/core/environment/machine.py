"""What this machine has: a GPU, uv, free disk, long paths."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..child_environment import child_environment
from ..errors import PluginError
from ..process import group_arguments
from ..programs import find_program, system_folder

#: The variable that names uv.
UV_VARIABLE = "SARGEO_UV"

#: The oldest uv whose options are used here.
OLDEST_UV = (0, 8)

#: What a path may have on Windows, and what lies below the root at the deepest: a licence in torch,
#: measured in torch 2.13.0, with room for the name of an installation.
LONGEST_PATH, DEEPEST = 259, 195

UV_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Machine:
    """Where QGIS runs.

    Parameters
    ----------
    platform : str
        As ``sys.platform``.
    variables : mapping of str to str
        The environment variables of QGIS.
    home : Path
        The user's home folder.
    prefix : Path
        ``sys.base_prefix`` of QGIS's own Python.
    """

    platform: str
    variables: Mapping[str, str] = field(repr=False)  # some hold passwords
    home: Path
    prefix: Path

    @classmethod
    def this(cls) -> Machine:
        """Return the one that this runs on."""
        return cls(sys.platform, dict(os.environ), Path.home(), Path(sys.base_prefix))

    def which(self, name: str, *more_folders: str) -> str | None:
        """Return the program of a name in the PATH of QGIS and in more folders."""
        return find_program(name, self.variables, *more_folders)

    @property
    def local_data(self) -> Path:
        """Where Windows keeps programs and data of the user on this machine."""
        return Path(self.variables.get("LOCALAPPDATA") or self.home / "AppData" / "Local")


def has_nvidia_gpu(machine: Machine) -> bool:
    """Tell whether there is an NVIDIA GPU with a driver."""
    if machine.platform == "darwin":
        return False
    if machine.platform == "win32":
        if (system_folder(machine.variables) / "nvidia-smi.exe").is_file():
            return True
    elif Path("/proc/driver/nvidia/version").is_file():
        return True
    return machine.which("nvidia-smi") is not None


def find_uv(machine: Machine) -> Path | None:
    """Return a uv that is new enough, or None.

    Raises
    ------
    PluginError
        If the variable names one that cannot be used.
    """
    named = machine.variables.get(UV_VARIABLE, "").strip()
    if named:
        if not _is_recent_uv(Path(named), machine):
            raise PluginError(
                f"{UV_VARIABLE} names {named}, which is no uv {OLDEST_UV[0]}.{OLDEST_UV[1]} or"
                " newer.",
                f"Correct or remove the variable {UV_VARIABLE}.",
            )
        return Path(named)
    # Where its installer, cargo, winget and scoop put it.
    folders = [machine.home / name / "bin" for name in (".local", ".cargo")]
    if machine.platform == "win32":
        links = machine.local_data / "Microsoft" / "WinGet" / "Links"
        folders += [links, machine.home / "scoop" / "shims"]
    found = machine.which("uv", *map(str, folders))
    return Path(found) if found and _is_recent_uv(Path(found), machine) else None


def _is_recent_uv(uv: Path, machine: Machine) -> bool:
    try:
        answer = subprocess.run(
            [str(uv), "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            env=child_environment(machine.variables, platform=machine.platform),
            errors="replace",
            timeout=UV_TIMEOUT_S,
            **group_arguments(machine.platform),  # type: ignore[call-overload]
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(r"uv (\d+)\.(\d+)", answer.stdout)
    return version is not None and tuple(map(int, version.groups())) >= OLDEST_UV


def refuse_full_disk(root: Path, needed: int) -> None:
    """Refuse where there is less free disk than is needed.

    Parameters
    ----------
    root : Path
        Where it is needed; need not exist yet.
    needed : int
        In bytes.

    Raises
    ------
    PluginError
        If there is less, or no disk at all.
    """
    existing = next((folder for folder in (root, *root.parents) if folder.exists()), None)
    if existing is None:
        raise PluginError(
            f"The disk of {root} is not there.",
            "Connect it, or choose another place by the variable SARGEO_ENVIRONMENTS.",
        )
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise PluginError(
            f"The disk of {root} has {in_words(free)} free, and {in_words(needed)} are needed.",
            "Free some space, or choose another place by the variable SARGEO_ENVIRONMENTS.",
        )


def refuse_long_root(root: Path, platform: str) -> None:
    """Refuse a root on Windows under which some paths would be longer than Windows allows.

    Raises
    ------
    PluginError
        If it is too long and long paths are not enabled.
    """
    longest = LONGEST_PATH - DEEPEST
    if platform == "win32" and len(str(root)) > longest and not _long_paths_enabled():
        raise PluginError(
            f"The path {root} has {len(str(root))} characters; Windows allows {longest} for what"
            " is to be installed below it.",
            "Choose a shorter place, such as C:\\sargeo, by the variable SARGEO_ENVIRONMENTS, or"
            " let an administrator enable long paths in Windows.",
        )


def _long_paths_enabled() -> bool:
    winreg = importlib.import_module("winreg")
    place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False  # Windows before 10 does not know them


def in_words(size: int) -> str:
    """Write a number of bytes for people: ``"1.5 GB"``, ``"440 MB"``."""
    if size >= 1_000_000_000:
        return f"{size / 1e9:.1f} GB"
    return f"{max(size, 1_000_000) / 1e6:.0f} MB"
