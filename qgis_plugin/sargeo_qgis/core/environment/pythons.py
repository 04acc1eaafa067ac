"""Which Python a managed environment can be based on.

A virtual environment leaves the Python it is based on as it is; QGIS's own serves where there is
no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import PluginError
from ..interpreter import OLDEST_PYTHON, ask, dotted, python_of
from .machine import Machine

#: The newest Python for which all locked requirements have wheels.
NEWEST_PYTHON = (3, 14)

#: What uv is asked for where no Python is found.
BROUGHT_PYTHON = (3, 12)

# Machines for which some requirement has no wheels: (platform, `platform.machine()` in lower case).
_UNSUPPORTED = {
    ("darwin", "x86_64"): "an Intel Mac",
    ("win32", "arm64"): "Windows on ARM",
}

_ANOTHER_MACHINE = (
    "let another machine do the work, whose name the Setup page of the sargeo panel takes"
)

_OWN = "name a Python with sargeo on the Setup page of the sargeo panel"

# How near a Python of another version, or for 32 bits, comes to one that will do.
_ANOTHER_IS_NEEDED = 2

_PROBE = """
import importlib.util, json, platform, sys
print(json.dumps({
    "executable": sys.executable,
    "version": sys.version_info[:3],
    "bits": 64 if sys.maxsize > 2**32 else 32,
    "machine": platform.machine().lower(),
    "venv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
}))
"""


@dataclass(frozen=True)
class BasePython:
    """What a managed environment is based on.

    Parameters
    ----------
    python : Path or None
        The interpreter; None lets uv fetch one.
    version : str
        Such as ``"3.12.4"``.
    """

    python: Path | None
    version: str


@dataclass(frozen=True)
class Needs:
    """What a base must be.

    Parameters
    ----------
    version : tuple of int, optional
        The only major and minor version that will do.
    machine : str
        The only machine that will do, as ``platform.machine()`` in lower case; empty for any.
    venv : bool
        Whether it must make environments by itself, as there is no uv.
    """

    version: tuple[int, ...] | None = None
    machine: str = ""
    venv: bool = True

    @property
    def in_words(self) -> str:
        """The versions that will do."""
        if self.version is not None:
            return f"Python {dotted(self.version)}"
        return f"Python {dotted(OLDEST_PYTHON)} to {dotted(NEWEST_PYTHON)}"


def named_base(path: str, needs: Needs, machine: Machine) -> BasePython:
    """Return the base that the user chose.

    Raises
    ------
    PluginError
        If it will not do.
    """
    python = python_of(Path(path).expanduser(), machine.platform)
    found = _ask([str(python)], machine)
    refusal = _refusal(found, needs, machine.platform)
    if refusal is None:
        return BasePython(python, dotted(found["version"]))
    nearness, error = refusal
    if nearness > _ANOTHER_IS_NEEDED:
        raise error
    raise PluginError(  # to install one is not enough while this one is named
        error.problem,
        f"Name {needs.in_words} for 64 bits, or none, so that the plugin looks for one.",
    )


def find_base(needs: Needs, machine: Machine, *, fetch: bool) -> BasePython:
    """Return the first Python on this machine that will do.

    Parameters
    ----------
    needs : Needs
        What it must be.
    machine : Machine
        Where to look.
    fetch : bool
        Whether uv may fetch one, which is preferred to QGIS's own: that goes with QGIS.

    Raises
    ------
    PluginError
        If there is none.
    """
    refusals: list[tuple[int, PluginError]] = []
    for command in _candidates(machine):
        base = _try(command, needs, machine, refusals)
        if base is not None:
            return base
    if fetch:
        return BasePython(None, dotted(needs.version or BROUGHT_PYTHON))
    own = machine.prefix / ("python.exe" if machine.platform == "win32" else "bin/python3")
    base = _try([str(own)], needs, machine, refusals)
    if base is not None:
        return base
    raise _nearest(refusals, needs)


def _candidates(machine: Machine) -> Iterator[list[str]]:
    minors = range(NEWEST_PYTHON[1], OLDEST_PYTHON[1] - 1, -1)
    launcher = _launcher(machine) if machine.platform == "win32" else None
    if launcher is not None:
        yield from ([launcher, f"-3.{minor}"] for minor in minors)
    # Not in the PATH of a program that was started from the Finder.
    brew = ("/opt/homebrew/bin", "/usr/local/bin") if machine.platform == "darwin" else ()
    for name in (*(f"python3.{minor}" for minor in minors), "python3", "python"):
        python = machine.which(name, *brew)
        # Apple's own only asks to install its developer tools, and is too old besides.
        if python is not None and (machine.platform, python) != ("darwin", "/usr/bin/python3"):
            yield [python]


def _launcher(machine: Machine) -> str | None:
    # Where python.org's installer and its install manager put it for one user.
    programs = machine.local_data / "Programs" / "Python" / "Launcher"
    aliases = machine.local_data / "Microsoft" / "WindowsApps"
    return machine.which("py", str(programs), str(aliases))


def _try(
    command: list[str], needs: Needs, machine: Machine, refusals: list[tuple[int, PluginError]]
) -> BasePython | None:
    try:
        found = _ask(command, machine)
    except PluginError as error:  # a shim without a Python, a version the launcher lacks
        refusals.append((0, error))
        return None
    refusal = _refusal(found, needs, machine.platform)
    if refusal is not None:
        refusals.append(refusal)
        return None
    return BasePython(Path(found["executable"]), dotted(found["version"]))


def _ask(command: list[str], machine: Machine) -> dict[str, Any]:
    return ask(command, _PROBE, variables=machine.variables, platform=machine.platform)


def _refusal(
    found: Mapping[str, Any], needs: Needs, platform: str
) -> tuple[int, PluginError] | None:
    """Say why a Python will not do, and how near it came."""
    python, version = found["executable"], tuple(found["version"][:2])
    remedy = (
        f"Install {needs.in_words} for 64 bits from python.org, or uv."
        if needs.version is None
        else f"Install {needs.in_words} for 64 bits from python.org."  # uv would fetch from there
    )
    fits = version == needs.version if needs.version else OLDEST_PYTHON <= version <= NEWEST_PYTHON
    if not fits:
        problem = f"{python} is Python {dotted(found['version'])}; {needs.in_words} is needed."
        return 1, PluginError(problem, remedy)
    if found["bits"] != 64:
        problem = f"{python} is a Python for 32 bits; one for 64 is needed."
        return _ANOTHER_IS_NEEDED, PluginError(problem, remedy)
    unsupported = _UNSUPPORTED.get((platform, found["machine"]))
    if unsupported is not None:
        return 3, PluginError(
            f"{python} is a Python for {unsupported}, for which sargeo's libraries are not built.",
            f"Take a Python for x64 from python.org, or {_ANOTHER_MACHINE}."
            if platform == "win32"
            else f"Take a Python of Homebrew on a Mac with an Apple chip, or {_ANOTHER_MACHINE}.",
        )
    if needs.machine and found["machine"] != needs.machine:
        return 4, PluginError(
            f"{python} is a Python for {found['machine']}; one for {needs.machine} is needed.",
            "Choose no bundle, so that sargeo comes from the package index.",
        )
    if needs.venv and not found["venv"]:
        return 5, PluginError(
            f"{python} cannot make environments, as its modules venv and ensurepip are missing.",
            f"Install the package python{dotted(version)}-venv with the system's package manager,"
            " or uv.",
        )
    return None


def _nearest(refusals: list[tuple[int, PluginError]], needs: Needs) -> PluginError:
    told = [refusal for refusal in refusals if refusal[0] > 0]
    if told:
        return max(told, key=lambda refusal: refusal[0])[1]
    return PluginError(
        f"There is no {needs.in_words} on this machine.",
        f"Install one for 64 bits from python.org, or uv, or {_OWN}."
        if needs.version is None
        else f"Install one for 64 bits from python.org, or {_OWN}.",
    )
