"""Whether a new environment works, before it is put to use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..child_environment import child_environment
from ..errors import PluginError
from ..interpreter import Interpreter, examine
from ..process import Child
from ..sargeo import fetch
from .machine import Machine

#: Exit code of ``sargeo doctor`` where something is missing; it prints its findings all the same.
_LACKING = 4

_TRY_AGAIN = "Try again; if it stays so, report it with the log of the installation."


@dataclass(frozen=True)
class Verified:
    """An environment that works.

    Parameters
    ----------
    interpreter : Interpreter
        Its Python.
    accelerator : str
        What torch can run on there: ``"cpu"`` or ``"cuda"``.
    """

    interpreter: Interpreter
    accelerator: str


def verify(python: Path, machine: Machine, cancelled: Callable[[], bool]) -> Verified:
    """Let ``sargeo doctor`` look at an environment.

    Parameters
    ----------
    python : Path
        Its Python.
    machine : Machine
        Where it lies.
    cancelled : callable
        Whether to stop.

    Raises
    ------
    CancelledError
        If `cancelled` says so.
    PluginError
        If sargeo does not work there.
    """
    interpreter = examine(str(python), "managed", machine.variables, machine.platform)
    child = Child(
        interpreter.command("doctor", "--json"),
        environment=child_environment(machine.variables, platform=machine.platform),
        platform=machine.platform,
        remedy=_TRY_AGAIN,
    )
    facts = fetch(child, cancelled, allowed=(_LACKING,))
    for problem in facts.get("problems", ()):
        raise PluginError(
            f"sargeo does not work in the new environment: {problem}", _remedy(problem)
        )
    on_gpu = any(name.startswith("cuda:") for name in facts.get("devices", ()))
    return Verified(interpreter, "cuda" if on_gpu else "cpu")


def _remedy(problem: str) -> str:
    if "WinError 126" in problem or "WinError 1114" in problem:  # a DLL that torch needs
        return "Install the Microsoft Visual C++ Redistributable for x64, then try again."
    return _TRY_AGAIN
