"""What runs sargeo in a session of QGIS, without QGIS, and Pythons that users made themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sargeo_qgis.core.child_environment import child_environment
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.environment.install import choices_in_use, install
from sargeo_qgis.core.environment.places import current_python
from sargeo_qgis.core.environment.plan import make_plan
from sargeo_qgis.core.interpreter import VARIABLE, Interpreter, find_interpreter
from sargeo_qgis.core.process import Child
from sargeo_qgis.core.sargeo import read
from support.plugin_environment import HEALTHY, UV, with_uv, write_wheel

# A sargeo without libraries: it is well, and hands on all else to the one that is tested.
_MAIN = """
import json, subprocess, sys
if sys.argv[1:] == ["doctor", "--json"]:
    print(json.dumps({healthy!r}))
    sys.exit()
sys.exit(subprocess.run([{python!r}, "-m", "sargeo_cli", *sys.argv[1:]]).returncode)
"""


def working_wheel(folder: Path, version: str = "0.1.0") -> Path:
    """Write a wheel of a sargeo that needs nothing and works as the one that is tested."""
    main = _MAIN.format(healthy=HEALTHY, python=sys.executable)
    files = {"sargeo_cli/__init__.py": "", "sargeo_cli/__main__.py": main}
    return write_wheel(folder, "sargeo", version, files)


def own_python(folder: Path) -> Path:
    """Make an empty virtual environment; return its Python."""
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def install_into(python: Path, what: str, wheels: Path) -> None:
    """Install something that lies in a folder of wheels, over what is there."""
    words = ["pip", "install", "--quiet", "--offline", "--no-index", "--reinstall"]
    command = [str(UV), *words, "--python", str(python), "--find-links", str(wheels), what]
    subprocess.run(command, check=True, capture_output=True)


class Session:
    """A session: what is set on the Setup page, and which Python is found then.

    Parameters
    ----------
    home : Path
        The home folder of the user.

    Attributes
    ----------
    root : Path
        Folder of the managed environments.
    variables : dict of str to str
        Environment variables of QGIS.
    setting : str
        The Python that is named on the page.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self.root = home / "managed"
        self.variables = {"PATH": os.defpath}
        self.setting = ""

    def name(self, origin: str, path: object) -> None:
        """Name a Python, by the ``"variable"`` or on the page, as a ``"setting"``."""
        if origin == "variable":
            self.variables[VARIABLE] = str(path)
        else:
            self.setting = str(path)

    def create(self, wheel: Path) -> None:
        """Press Create, choose a wheel, and press Install; then the page names no Python."""
        self._install(Choices(file=str(wheel), plain=True))
        self.setting = ""

    def repair(self) -> None:
        """Press Repair and Install."""
        self._install(choices_in_use(self.root))
        self.setting = ""

    def _install(self, choices: Choices) -> None:
        plan = make_plan(choices, self.root, with_uv(self._home))
        install(plan, progress=lambda _, __: None, cancelled=never)

    def find(self) -> Interpreter:
        """Find the Python of sargeo as QGIS does when it starts a command."""
        return find_interpreter(
            variables=self.variables,
            setting=self.setting,
            managed=current_python(self.root, sys.platform),
            platform=sys.platform,
        )

    def start(self, *words: object) -> Child:
        """Start a command of sargeo as the plugin does."""
        variables = child_environment(os.environ, platform=sys.platform)
        command: Sequence[str] = self.find().command(*map(str, words))
        return Child(command, environment=variables, watches_input="--watch-stdin" in words)

    def works(self) -> str:
        """Let the sargeo that is found tell its version; return where its Python is named."""
        assert read(self.start("--version"), never).startswith("sargeo 0.1")
        return self.find().origin


def never() -> bool:
    """Cancel nothing."""
    return False
