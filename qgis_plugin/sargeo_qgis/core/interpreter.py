"""Which Python holds sargeo, and whether it fits this plugin."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .child_environment import child_environment
from .errors import PluginError
from .process import group_arguments

#: The variable that names the Python of sargeo.
VARIABLE = "SARGEO_PYTHON"

#: Major and minor version of sargeo that this plugin works with.
SARGEO_REQUIRED = (0, 1)

#: The oldest Python that sargeo runs on.
OLDEST_PYTHON = (3, 11)

#: Time for a Python to start; a virus scanner may look at each of its files first.
PROBE_TIMEOUT_S = 60.0

#: How a message begins, by the origin of the interpreter.
NAMED_BY = {
    "variable": VARIABLE,
    "setting": "The plugin's setting",
    "managed": "The managed environment",
}

_MAKE_MANAGED = "make the managed environment on the Setup page of the sargeo panel"

# Understood by every Python there is, so that an old one can say how old it is.
_PROBE = """
import json, sys
try:
    from importlib.metadata import version
    sargeo = version("sargeo")
except ImportError:
    sargeo = ""
print(json.dumps({"python": sys.version_info[:3], "sargeo": sargeo}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that holds a sargeo which fits this plugin.

    Parameters
    ----------
    python : Path
        The executable.
    origin : str
        ``"variable"``, ``"setting"`` or ``"managed"``.
    python_version, sargeo_version : str
        Such as ``"3.12.4"`` and ``"0.1.0"``.
    """

    python: Path
    origin: str
    python_version: str
    sargeo_version: str

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs sargeo with these arguments."""
        return [str(self.python), "-m", "sargeo_cli", *arguments]


def find_interpreter(
    *, variables: Mapping[str, str], setting: str, managed: Path | None, platform: str
) -> Interpreter:
    """Return the Python of sargeo: the first that is named, whether it works or not.

    Parameters
    ----------
    variables : mapping of str to str
        The environment variables of QGIS.
    setting : str
        The path in the plugin's setting; empty for none.
    managed : Path, optional
        The Python of the managed environment.
    platform : str
        As ``sys.platform``.

    Raises
    ------
    PluginError
        If none is named, or the named one cannot be used.
    """
    named = {
        "variable": variables.get(VARIABLE, ""),
        "setting": setting,
        "managed": str(managed or ""),
    }
    for origin, text in named.items():
        if text.strip():
            return examine(text, origin, variables, platform)
    raise PluginError(
        "No Python with sargeo is set up.",
        f"Make the managed environment on the Setup page of the sargeo panel, or set {VARIABLE}.",
    )


def python_of(path: Path, platform: str) -> Path:
    """Return the interpreter that a path means.

    Parameters
    ----------
    path : Path
        An interpreter, or the folder of a virtual or conda environment.
    platform : str
        As ``sys.platform``.

    Raises
    ------
    PluginError
        If there is none.
    """
    if path.is_file():
        return path
    inside = ("Scripts/python.exe", "python.exe") if platform == "win32" else ("bin/python",)
    for name in inside:
        if (path / name).is_file():
            return path / name
    raise PluginError(
        f"There is no Python at {path}.",
        "Name a Python, or the folder of a virtual or conda environment.",
    )


def ask(
    command: Sequence[str], code: str, *, variables: Mapping[str, str], platform: str
) -> dict[str, Any]:
    """Let a Python run a few lines and return the JSON object that they print.

    Parameters
    ----------
    command : sequence of str
        The executable, and what goes before its own options.
    code : str
        What to run.
    variables : mapping of str to str
        The environment variables of QGIS.
    platform : str
        As ``sys.platform``.

    Raises
    ------
    PluginError
        If it does not start, does not end, fails, or prints something else.
    """
    # Isolated: neither a folder that QGIS happens to run in nor one of the user's adds modules.
    answer = _run(
        [*command, "-I", "-c", code], child_environment(variables, platform=platform), platform
    )
    if answer.returncode != 0:
        last = (answer.stderr.strip() or "no message").split("\n")[-1].rstrip(".")
        raise PluginError(
            f"{command[0]} fails with exit code {answer.returncode}: {last}.",
            "Check that it is a Python that works.",
        )
    try:
        return dict(json.loads(answer.stdout.strip().split("\n")[-1]))
    except (ValueError, TypeError) as error:
        raise PluginError(
            f"{command[0]} runs, but does not answer as a Python does.",
            "Name the python executable.",
        ) from error


def _run(
    command: Sequence[str], environment: Mapping[str, str], platform: str
) -> subprocess.CompletedProcess[str]:
    try:
        answer: subprocess.CompletedProcess[str] = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            env=dict(environment),
            errors="replace",
            timeout=PROBE_TIMEOUT_S,
            **group_arguments(platform),  # type: ignore[call-overload]
        )
    except subprocess.TimeoutExpired as error:
        raise PluginError(
            f"{command[0]} did not answer within {PROBE_TIMEOUT_S:.0f} seconds.",
            "Try again; if it stays so, repair or replace that environment.",
        ) from error
    except OSError as error:
        raise PluginError(
            f"{command[0]} cannot be started: {error.strerror or error}.",
            "Check that it is a Python for this machine that you may run.",
        ) from error
    return answer


def examine(text: str, origin: str, variables: Mapping[str, str], platform: str) -> Interpreter:
    """Return an interpreter, if sargeo is in it and fits this plugin.

    Parameters
    ----------
    text : str
        The path of a Python, or of the folder of an environment.
    origin : str
        As of `Interpreter`.
    variables : mapping of str to str
        The environment variables of QGIS.
    platform : str
        As ``sys.platform``.

    Raises
    ------
    PluginError
        If it does not.
    """
    # Windows copies a path with quotation marks around it.
    path = Path(text.strip().strip('"')).expanduser()
    try:
        python = python_of(path, platform)
        found = ask([str(python)], _PROBE, variables=variables, platform=platform)
        _refuse_unfit(python, tuple(found["python"]), found["sargeo"], origin)
    except PluginError as error:
        raise PluginError(f"{NAMED_BY[origin]}: {error.problem}", error.remedy) from error
    return Interpreter(python, origin, dotted(found["python"]), found["sargeo"])


def _refuse_unfit(python: Path, python_version: tuple[int, ...], sargeo: str, origin: str) -> None:
    # What the variable names comes first, whatever is made.
    remove = f"remove the variable {VARIABLE} and " if origin == "variable" else ""
    make = f"{remove}{_MAKE_MANAGED}"
    if python_version[:2] < OLDEST_PYTHON:
        raise PluginError(
            f"{python} is Python {dotted(python_version)}, and sargeo needs"
            f" {dotted(OLDEST_PYTHON)} or newer.",
            f"Name a newer Python, or {make}.",
        )
    if not sargeo:
        raise PluginError(
            f"{python} has no sargeo.",
            f"Install sargeo {dotted(SARGEO_REQUIRED)} into it, or {make}.",
        )
    refuse_version(
        sargeo,
        f"{python} has sargeo {sargeo}",
        remedy=f"Install sargeo {dotted(SARGEO_REQUIRED)} into it, or {make} anew.",
    )


def refuse_version(sargeo: str, where: str, *, remedy: str) -> None:
    """Refuse a sargeo that this plugin does not work with.

    Parameters
    ----------
    sargeo : str
        Its version.
    where : str
        The beginning of the message, such as ``"/opt/python has sargeo 0.3.1"``.
    remedy : str
        What to do about one that is too old.

    Raises
    ------
    PluginError
        If its major and minor version are not those required.
    """
    version = tuple(int(number) for number in re.findall(r"\d+", sargeo)[:2])
    required = dotted(SARGEO_REQUIRED)
    if version < SARGEO_REQUIRED:
        raise PluginError(
            f"{where}, which is older than the {required} that this plugin needs.", remedy
        )
    if version > SARGEO_REQUIRED:
        raise PluginError(
            f"{where}, which is newer than the {required} that this plugin knows.",
            "Update the plugin in QGIS's plugin manager.",
        )


def dotted(version: Sequence[int]) -> str:
    """Write a version as people do."""
    return ".".join(map(str, version))
