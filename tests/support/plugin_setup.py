"""What the Setup page of the plugin does, without QGIS; and a Windows to do it on."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest
from sargeo_qgis.core.child_environment import Network
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.environment.install import choices_in_use, install
from sargeo_qgis.core.environment.machine import Machine
from sargeo_qgis.core.environment.places import current_python, environments_root, is_made
from sargeo_qgis.core.environment.plan import InstallPlan, make_plan
from sargeo_qgis.core.environment.upkeep import remove
from sargeo_qgis.core.errors import PluginError
from sargeo_qgis.core.interpreter import Interpreter, find_interpreter


@dataclasses.dataclass(frozen=True)
class Setup:
    """The Setup page on a machine.

    Attributes
    ----------
    machine : Machine
    """

    machine: Machine

    def set(self, **variables: str) -> Setup:
        """Return the page after the user has set variables."""
        changed = {**self.machine.variables, **variables}
        return Setup(dataclasses.replace(self.machine, variables=changed))

    @property
    def root(self) -> Path:
        """Where the environments lie."""
        machine = self.machine
        return environments_root(machine.variables, machine.platform, machine.home)

    def check(self, choices: Choices) -> InstallPlan:
        """Press *Check this machine* in the dialog of *Create...*."""
        return make_plan(choices, self.root, self.machine)

    def create(self, choices: Choices, network: Network | None = None) -> Interpreter:
        """Press *Check this machine* and *Install*; return what sargeo then runs on."""
        return self.install(self.check(choices), network)

    def install(self, plan: InstallPlan, network: Network | None = None) -> Interpreter:
        """Press *Install*, which lets the new sargeo look at itself."""
        install(plan, progress=lambda *_: None, cancelled=lambda: False, network=network)
        return self.found()

    def repair(self) -> Interpreter:
        """Press *Repair*, which is enabled where there is something to repair."""
        assert is_made(self.root)
        return self.create(choices_in_use(self.root))

    def remove(self) -> None:
        """Press *Remove*, which is enabled where there is something to remove."""
        assert is_made(self.root)
        remove(self.root, self.machine.platform)

    def found(self, python: str = "") -> Interpreter:
        """Return what sargeo runs on: the Python that is named on the page, or the managed one."""
        platform = self.machine.platform
        return find_interpreter(
            variables=self.machine.variables,
            setting=python,
            managed=None if python else current_python(self.root, platform),
            platform=platform,
        )


def refusal(action: Callable[..., object], *args: object) -> PluginError:
    """Return the message of an action that is refused."""
    with pytest.raises(PluginError) as caught:
        action(*args)
    return caught.value


def pretend_windows(monkeypatch: pytest.MonkeyPatch, long_paths: int | None = 0) -> None:
    """Let the branches for Windows run here."""
    monkeypatch.setitem(sys.modules, "winreg", Registry(long_paths))
    for module in ("interpreter", "environment.machine"):
        monkeypatch.setattr(f"sargeo_qgis.core.{module}.group_arguments", lambda _: {})


class Registry:
    """Stands in for `winreg`."""

    HKEY_LOCAL_MACHINE = 0

    def __init__(self, enabled: int | None) -> None:
        self.enabled = enabled

    def OpenKey(self, *_: object) -> Registry:  # noqa: N802
        return self

    def QueryValueEx(self, _: object, name: str) -> tuple[int, int]:  # noqa: N802
        assert name == "LongPathsEnabled"
        if self.enabled is None:
            raise FileNotFoundError
        return self.enabled, 4

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None
