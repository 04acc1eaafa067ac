"""Commands to type next, as each shell takes them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sargeo_cli.shell import Shell, command_line, current_shell, program, shell_among

WORDS = ["sargeo", "map", "C:\\my scenes\\a.tif", "-o", "out", "--assume", "vv,vh,db"]


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        (Shell.posix, "sargeo map 'C:\\my scenes\\a.tif' -o out --assume vv,vh,db"),
        (Shell.cmd, 'sargeo map "C:\\my scenes\\a.tif" -o out --assume "vv,vh,db"'),
        (Shell.powershell, "sargeo map 'C:\\my scenes\\a.tif' -o out --assume 'vv,vh,db'"),
    ],
)
def test_each_shell_has_its_quotes(shell: Shell, line: str) -> None:
    assert command_line(WORDS, shell) == line


@pytest.mark.parametrize(
    ("word", "cmd", "powershell"),
    [
        ("scene.tif", "scene.tif", "scene.tif"),
        ("D:\\a b\\", '"D:\\a b\\\\"', "'D:\\a b\\\\'"),
        ("$home`.tif", '"$home`.tif"', "'$home`.tif'"),
        ("it's.tif", '"it\'s.tif"', "'it''s.tif'"),
        ("R&D.tif", '"R&D.tif"', "'R&D.tif'"),
        ("Köln.tif", '"Köln.tif"', "'Köln.tif'"),
        ("", '""', "''"),
    ],
)
def test_words_with_signs_of_the_shell_are_quoted(word: str, cmd: str, powershell: str) -> None:
    assert command_line(["sargeo", word], Shell.cmd) == f"sargeo {cmd}"
    assert command_line(["sargeo", word], Shell.powershell) == f"sargeo {powershell}"


@pytest.mark.parametrize(
    "word", ["a b.tif", "$HOME.tif", "it's.tif", "D:\\a b\\", "a;b", "*.tif", ""]
)
def test_a_program_started_from_the_line_gets_the_words(word: str) -> None:
    if sys.platform == "win32":
        read = subprocess.list2cmdline(["sargeo", word])
        assert command_line(["sargeo", word], Shell.cmd).replace('"', "") == read.replace('"', "")
    else:
        assert shlex.split(command_line(["sargeo", word], Shell.posix)) == ["sargeo", word]


def test_powershell_calls_a_quoted_program() -> None:
    line = command_line(["C:\\Program Files\\sargeo.exe", "doctor"], Shell.powershell)
    assert line == "& 'C:\\Program Files\\sargeo.exe' doctor"


@pytest.mark.parametrize(
    ("programs", "shell"),
    [
        (["sargeo.exe", "powershell.exe", "explorer.exe"], Shell.powershell),
        (["sargeo.exe", "pwsh.exe"], Shell.powershell),
        (["python.exe", "cmd.exe", "powershell.exe"], Shell.cmd),
        (["bash.exe", "mintty.exe"], Shell.posix),
        (["qgis-bin.exe", "explorer.exe"], Shell.cmd),
        ([], Shell.cmd),
    ],
)
def test_the_nearest_shell_counts(programs: list[str], shell: Shell) -> None:
    assert shell_among(programs) is shell


def test_windows_is_asked_for_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    assert current_shell("linux") is Shell.posix
    assert current_shell("win32") in Shell

    def fail(self: object) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "parents", fail)
    assert current_shell("win32") is Shell.cmd


def test_the_program_is_called_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    started = folder / ("sargeo.exe" if os.name == "nt" else "sargeo")
    started.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert program(str(started)) == [os.path.relpath(started)]
    assert program("sargeo") == ["sargeo"]
    assert program("pytest") == ["sargeo"]
    monkeypatch.setenv("PATH", str(folder))
    assert program(str(started)) == ["sargeo"]
    monkeypatch.setenv("PATH", "")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert program(str(started)) == [str(started)]


def test_the_program_may_be_a_module() -> None:
    import sargeo_cli

    main = Path(str(sargeo_cli.__file__)).with_name("__main__.py")
    assert program(str(main)) == [sys.executable, "-m", "sargeo_cli"]
