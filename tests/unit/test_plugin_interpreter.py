"""Which Python holds sargeo: found in order, and refused in one sentence."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from sargeo_qgis.core import interpreter
from sargeo_qgis.core.errors import PluginError

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


def stand_in(path: Path, script: str) -> Path:
    """Write an executable that answers in place of a Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def answering(path: Path, python: tuple[int, ...] = (3, 12, 4), sargeo: str = "0.1.3") -> Path:
    answer = json.dumps({"python": python, "sargeo": sargeo})
    return stand_in(path, f"echo noise\necho '{answer}'")


def find(
    setting: str = "", managed: Path | None = None, variables: dict[str, str] | None = None
) -> interpreter.Interpreter:
    return interpreter.find_interpreter(
        variables={"PATH": os.defpath, **(variables or {})},
        setting=setting,
        managed=managed,
        platform=sys.platform,
    )


def test_this_python_is_accepted() -> None:
    found = find(sys.executable)
    assert found.origin == "setting"
    assert found.python_version == ".".join(map(str, sys.version_info[:3]))
    assert found.command("info", "a b.tif") == [
        sys.executable, "-m", "sargeo_cli", "info", "a b.tif",
    ]  # fmt: skip


@POSIX_ONLY
def test_the_first_that_is_named_counts(tmp_path: Path) -> None:
    variable, setting, managed = (answering(tmp_path / n) for n in ("variable", "setting", "m"))
    named = {"SARGEO_PYTHON": str(variable)}
    assert find(str(setting), managed, named).origin == "variable"
    assert find(str(setting), managed).origin == "setting"
    assert find("  ", managed).origin == "managed"


def test_none_named() -> None:
    with pytest.raises(PluginError, match="No Python with sargeo is set up") as caught:
        find()
    assert "SARGEO_PYTHON" in caught.value.remedy


@POSIX_ONLY
def test_a_broken_one_is_refused_though_a_later_one_works(tmp_path: Path) -> None:
    working = answering(tmp_path / "working")
    with pytest.raises(PluginError, match=r"SARGEO_PYTHON: There is no Python at .*gone"):
        find(str(working), variables={"SARGEO_PYTHON": str(tmp_path / "gone")})


@POSIX_ONLY
@pytest.mark.parametrize("quoted", ["{}", '"{}"', " {} "])
def test_folders_quotes_and_foreign_letters(tmp_path: Path, quoted: str) -> None:
    folder = tmp_path / "Ümläut and space"
    python = answering(folder / "bin" / "python")
    assert find(quoted.format(folder)).python == python


@pytest.mark.parametrize(
    ("platform", "inside"),
    [
        ("linux", "bin/python"),
        ("darwin", "bin/python"),
        ("win32", "Scripts/python.exe"),
        ("win32", "python.exe"),
    ],
)
def test_python_of_environments(tmp_path: Path, platform: str, inside: str) -> None:
    python = tmp_path / inside
    python.parent.mkdir(exist_ok=True)
    python.touch()
    assert interpreter.python_of(tmp_path, platform) == python
    assert interpreter.python_of(python, platform) == python


def test_a_folder_of_another_system_has_no_python(tmp_path: Path) -> None:
    (tmp_path / "python.exe").touch()
    with pytest.raises(PluginError, match="There is no Python at"):
        interpreter.python_of(tmp_path, "linux")


@POSIX_ONLY
@pytest.mark.parametrize(
    ("python", "sargeo", "problem", "remedy"),
    [
        ((3, 9, 5), "0.1.0", "is Python 3.9.5, and sargeo needs 3.11 or newer", "newer Python"),
        ((3, 11, 2), "", "has no sargeo", "Install sargeo 0.1"),
        ((3, 11, 2), "0.0.9", "has sargeo 0.0.9, which is older than the 0.1", "Install sargeo"),
        ((3, 11, 2), "0.2.0rc1", "has sargeo 0.2.0rc1, which is newer", "Update the plugin"),
        ((3, 11, 2), "1.1", "which is newer", "Update the plugin"),
    ],
)
def test_unfit(
    tmp_path: Path, python: tuple[int, ...], sargeo: str, problem: str, remedy: str
) -> None:
    path = answering(tmp_path / "python", python, sargeo)
    with pytest.raises(PluginError) as caught:
        find(str(path))
    assert caught.value.problem.startswith(f"The plugin's setting: {path} ")
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


@POSIX_ONLY
@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo first >&2; echo 'No module named x' >&2; exit 3", "code 3: No module named x."),
        ("exit 1", "exit code 1: no message."),
        ("echo 5", "does not answer as a Python does"),
        ("echo hello", "does not answer as a Python does"),
        ("exec sleep 20", "did not answer within 1 seconds"),
    ],
)
def test_failing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, problem: str
) -> None:
    monkeypatch.setattr(interpreter, "PROBE_TIMEOUT_S", 1.0)
    with pytest.raises(PluginError) as caught:
        find(str(stand_in(tmp_path / "python", script)))
    assert problem in caught.value.problem


@POSIX_ONLY
def test_what_is_no_program_cannot_be_started(tmp_path: Path) -> None:
    (tmp_path / "python").touch()
    with pytest.raises(PluginError, match=r"python cannot be started: Permission denied\."):
        find(str(tmp_path / "python"))


@POSIX_ONLY
def test_the_variables_of_qgis_do_not_reach_it(tmp_path: Path) -> None:
    answer = '{\\"python\\": [3, 12, 0], \\"sargeo\\": \\"0.1.$([ -z "$PYTHONHOME" ] && echo 7)\\"}'
    path = stand_in(tmp_path / "python", f'echo "{answer}"')
    assert find(str(path), variables={"PYTHONHOME": "/qgis"}).sargeo_version == "0.1.7"
