"""Pythons that the plugin refuses: what is advised leads to a sargeo that works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sargeo_qgis.core import interpreter
from sargeo_qgis.core.errors import PluginError
from support.advice import follows
from support.plugin_environment import program, sargeo_wheel, uv_wheel
from support.plugin_session import Session, install_into, own_python, working_wheel
from tools import bundle

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")

INTERPRETER = "sargeo_qgis.core.interpreter"

by_origin = pytest.mark.parametrize("origin", ["variable", "setting"])


@pytest.fixture
def setup(tmp_path: Path) -> Session:
    return Session(tmp_path)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A sargeo that works."""
    return working_wheel(tmp_path / "wheels")


@pytest.fixture
def good(tmp_path: Path, wheel: Path) -> Path:
    """A Python of the user that has it."""
    python = own_python(tmp_path / "good")
    install_into(python, "sargeo", wheel.parent)
    return python


def refused(setup: Session) -> PluginError:
    with pytest.raises(PluginError) as caught:
        setup.find()
    return caught.value


def make_managed(setup: Session, wheel: Path, error: PluginError) -> None:
    """Make the managed environment, as a remedy says: some let a variable be removed before."""
    assert "make the managed environment" in error.remedy
    assert ("remove the variable SARGEO_PYTHON and" in error.remedy) == (
        interpreter.VARIABLE in setup.variables
    )
    setup.variables.pop(interpreter.VARIABLE, None)
    setup.create(wheel)
    assert setup.works() == "managed"


def old_python(path: Path) -> Path:
    answer = json.dumps({"python": [3, 9, 18], "sargeo": "0.1.0"})
    return program(path, f"echo '{answer}'")


@follows(
    f"{INTERPRETER}:_refuse_unfit",
    "Name a newer Python, or ….",
    simulated="no Python of that age is installed: a script answers as it does",
)
@by_origin
def test_a_newer_python_is_named(setup: Session, good: Path, tmp_path: Path, origin: str) -> None:
    setup.name(origin, old_python(tmp_path / "python3.9"))
    refused(setup)
    setup.name(origin, good)
    assert setup.works() == origin


@follows(
    f"{INTERPRETER}:_refuse_unfit",
    "Name a newer Python, or ….",
    simulated="no Python of that age is installed: a script answers as it does",
)
@by_origin
def test_for_an_old_python_the_managed_environment_is_made(
    setup: Session, wheel: Path, tmp_path: Path, origin: str
) -> None:
    setup.name(origin, old_python(tmp_path / "python3.9"))
    make_managed(setup, wheel, refused(setup))


@follows(f"{INTERPRETER}:_refuse_unfit", "Install sargeo … into it, or ….")
@by_origin
def test_sargeo_is_installed_where_it_lacks(
    setup: Session, wheel: Path, tmp_path: Path, origin: str
) -> None:
    python = own_python(tmp_path / "mine")
    setup.name(origin, python)
    assert refused(setup).remedy.startswith("Install sargeo 0.1 into it, or ")
    install_into(python, "sargeo==0.1.*", wheel.parent)
    assert setup.works() == origin


@follows(f"{INTERPRETER}:_refuse_unfit", "Install sargeo … into it, or ….")
@by_origin
def test_for_a_python_without_sargeo_the_managed_environment_is_made(
    setup: Session, wheel: Path, tmp_path: Path, origin: str
) -> None:
    setup.name(origin, own_python(tmp_path / "mine"))
    make_managed(setup, wheel, refused(setup))


def python_with_old_sargeo(folder: Path) -> Path:
    python = own_python(folder / "mine")
    install_into(python, "sargeo", sargeo_wheel(folder / "old", version="0.0.9").parent)
    return python


@follows(f"{INTERPRETER}:_refuse_unfit", "Install sargeo … into it, or … anew.")
@by_origin
def test_a_newer_sargeo_is_installed(
    setup: Session, wheel: Path, tmp_path: Path, origin: str
) -> None:
    python = python_with_old_sargeo(tmp_path)
    setup.name(origin, python)
    assert refused(setup).remedy.startswith("Install sargeo 0.1 into it, or ")
    install_into(python, "sargeo==0.1.*", wheel.parent)
    assert setup.works() == origin


@follows(f"{INTERPRETER}:_refuse_unfit", "Install sargeo … into it, or … anew.")
@by_origin
def test_for_an_old_sargeo_the_managed_environment_is_made(
    setup: Session, wheel: Path, tmp_path: Path, origin: str
) -> None:
    setup.name(origin, python_with_old_sargeo(tmp_path))
    make_managed(setup, wheel, refused(setup))


@follows(f"{INTERPRETER}:_refuse_unfit", "Install sargeo … into it, or … anew.")
def test_an_old_managed_environment_is_made_anew(
    setup: Session, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update of the plugin."""
    old = sargeo_wheel(wheel.with_name("old"), version="0.0.9")
    with monkeypatch.context() as patch:
        for module in ("interpreter", "environment.choices"):
            patch.setattr(f"sargeo_qgis.core.{module}.SARGEO_REQUIRED", (0, 0))
        setup.create(old)
    make_managed(setup, wheel, refused(setup))


@follows(
    f"{INTERPRETER}:refuse_version",
    "Update the plugin in QGIS's plugin manager.",
    simulated="there is no newer plugin yet: this one is told that it is for sargeo 0.2",
)
def test_the_plugin_is_updated(
    setup: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = own_python(tmp_path / "mine")
    install_into(python, "sargeo", working_wheel(tmp_path / "newer", version="0.2.1").parent)
    setup.setting = str(python)
    refused(setup)
    monkeypatch.setattr(interpreter, "SARGEO_REQUIRED", (0, 2))
    assert setup.works() == "setting"


@follows(
    f"{INTERPRETER}:_run",
    "Check that it is a Python for this machine that you may run.",
    problem="cannot be started",
)
@pytest.mark.parametrize("lack", ["leave to run it", "a program for this machine"])
def test_a_python_that_runs_here(setup: Session, good: Path, tmp_path: Path, lack: str) -> None:
    mine = tmp_path / "python3"
    mine.write_text(f'#!/bin/sh\nexec "{good}" "$@"\n', encoding="utf-8")
    if lack == "a program for this machine":
        mine.write_bytes(b"\x7fELF of another processor")
        mine.chmod(0o755)
    setup.setting = str(mine)
    refused(setup)
    if lack == "a program for this machine":
        setup.setting = str(good)
    else:
        assert not os.access(mine, os.X_OK)
        mine.chmod(0o755)
    assert setup.works() == "setting"


AGAIN = "Try again; if it stays so, repair or replace that environment."

SLOW = "the minute that a Python has is cut to a second"


@follows(f"{INTERPRETER}:_run", AGAIN, simulated=SLOW)
def test_a_slow_start_is_tried_again(
    setup: Session, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a virus scanner looks at every file, but once."""
    scanned = tmp_path / "scanned"
    slow = f'[ -e "{scanned}" ] || {{ touch "{scanned}"; exec sleep 9; }}; exec "{good}" "$@"'
    setup.setting = str(program(tmp_path / "python", slow))
    with monkeypatch.context() as patch:
        patch.setattr(interpreter, "PROBE_TIMEOUT_S", 1.0)
        refused(setup)
    assert setup.works() == "setting"


def hangs(python: Path) -> None:
    python.unlink()
    program(python, "exec sleep 9")


@follows(f"{INTERPRETER}:_run", AGAIN, simulated=SLOW)
def test_a_managed_environment_that_hangs_is_repaired(
    setup: Session, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.create(wheel)
    hangs(setup.find().python)
    with monkeypatch.context() as patch:
        patch.setattr(interpreter, "PROBE_TIMEOUT_S", 1.0)
        for _ in range(2):
            refused(setup)
    setup.repair()
    assert setup.works() == "managed"


@follows(f"{INTERPRETER}:_run", AGAIN, simulated=SLOW)
def test_a_python_that_hangs_is_replaced(
    setup: Session, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = own_python(tmp_path / "mine")
    hangs(mine)
    setup.setting = str(tmp_path / "mine")
    with monkeypatch.context() as patch:
        patch.setattr(interpreter, "PROBE_TIMEOUT_S", 1.0)
        for _ in range(2):
            refused(setup)
    shutil.rmtree(tmp_path / "mine")
    shutil.copytree(good.parent.parent, tmp_path / "mine", symlinks=True)
    assert setup.works() == "setting"


@follows(
    f"{INTERPRETER}:ask",
    "Check that it is a Python that works.",
    simulated="the libraries of no Python are taken away: a script fails as it would",
)
def test_a_python_that_fails_is_checked(setup: Session, wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    lost = "echo \"ModuleNotFoundError: No module named 'encodings'\" >&2; exit 1"
    python = program(folder / "bin" / "python", lost)
    setup.setting = str(folder)
    assert str(python) in refused(setup).problem
    assert subprocess.run([python, "-c", "pass"], capture_output=True).returncode != 0
    shutil.rmtree(folder)
    assert subprocess.run([own_python(folder), "-c", "pass"]).returncode == 0
    install_into(python, "sargeo", wheel.parent)
    assert setup.works() == "setting"


@follows(f"{INTERPRETER}:ask", "Name the python executable.")
def test_the_python_is_named_in_place_of_another_program(setup: Session, good: Path) -> None:
    program(good.with_name("greet"), "echo Hello")
    setup.setting = str(good.with_name("greet"))
    refused(setup)
    setup.setting = str(good)
    assert setup.works() == "setting"


@follows(
    f"{INTERPRETER}:find_interpreter",
    "Make the managed environment on the Setup page of the sargeo panel, or set SARGEO_PYTHON.",
)
@pytest.mark.parametrize("way", ["managed", "variable"])
def test_a_python_is_set_up(setup: Session, wheel: Path, good: Path, way: str) -> None:
    refused(setup)
    if way == "managed":
        setup.create(wheel)
    else:
        setup.variables["SARGEO_PYTHON"] = str(good)
    assert setup.works() == way


@follows(
    f"{INTERPRETER}:python_of",
    "Name a Python, or the folder of a virtual or conda environment.",
    simulated="there is no conda: a folder is laid out as it does",
)
@pytest.mark.parametrize("kind", ["Python", "virtual", "conda"])
@by_origin
def test_a_python_or_its_folder_is_named(
    setup: Session, good: Path, tmp_path: Path, kind: str, origin: str
) -> None:
    setup.name(origin, tmp_path / "gone")
    refused(setup)
    conda = tmp_path / "miniconda3" / "envs" / "sar"
    program(conda / "bin" / "python", f'exec "{good}" "$@"')
    setup.name(origin, {"Python": good, "virtual": good.parent.parent, "conda": conda}[kind])
    assert setup.works() == origin


# Files to install from


@follows("sargeo_qgis.core.environment.choices:_refuse_wheel", "Choose a wheel of sargeo ….")
def test_a_wheel_of_the_right_sargeo_is_chosen(setup: Session, wheel: Path) -> None:
    with pytest.raises(PluginError) as caught:
        setup.create(sargeo_wheel(wheel.with_name("old"), version="0.0.9"))
    assert caught.value.remedy == "Choose a wheel of sargeo 0.1."
    setup.create(wheel)
    assert setup.works() == "managed"


@follows("sargeo_qgis.core.environment.bundle:read_manifest", "Get a bundle of sargeo ….")
def test_a_bundle_of_the_right_sargeo_is_chosen(setup: Session, tmp_path: Path) -> None:
    old, new = (
        bundle_of(working_wheel(tmp_path / version, version)) for version in ("0.0.9", "0.1.0")
    )
    with pytest.raises(PluginError) as caught:
        setup.create(old)
    assert caught.value.remedy == "Get a bundle of sargeo 0.1."
    setup.create(new)
    assert setup.works() == "managed"


def bundle_of(wheel: Path) -> Path:
    here = next(target for target in bundle.TARGETS if target.platform == sys.platform)
    python = ".".join(map(str, sys.version_info[:2]))
    return bundle.pack([wheel, uv_wheel(wheel.parent)], here, python, wheel.parent)
