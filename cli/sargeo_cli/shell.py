"""Commands as the user's own shell takes them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path, PureWindowsPath


class Shell(StrEnum):
    """Whose rules of quoting hold."""

    posix = "posix"
    cmd = "cmd"
    powershell = "powershell"


_WINDOWS_SHELLS = {
    "cmd": Shell.cmd,
    "powershell": Shell.powershell,
    "pwsh": Shell.powershell,
    "bash": Shell.posix,
    "zsh": Shell.posix,
    "fish": Shell.posix,
}

# PowerShell takes bare words with commas for lists, and both shells have signs of their own.
_BARE = re.compile(r"[\w.:/\\=+-]+", re.ASCII)


def command_line(words: Sequence[str], shell: Shell | None = None) -> str:
    """Return words as one line to type.

    Parameters
    ----------
    words : sequence of str
    shell : Shell, optional
        By default the one that this process was started from.
    """
    shell = current_shell() if shell is None else shell
    if shell is Shell.posix:
        return shlex.join(words)
    quoted = [_quote_for_windows(word, shell) for word in words]
    if shell is Shell.powershell and quoted[0] != words[0]:
        quoted.insert(0, "&")  # else it is a string, not a command
    return " ".join(quoted)


def current_shell(platform: str = sys.platform) -> Shell:
    """Return the shell that this process was started from; cmd where Windows does not tell."""
    if platform != "win32":
        return Shell.posix
    import psutil

    try:
        return shell_among(process.name() for process in psutil.Process().parents())
    except psutil.Error:  # a parent that has ended, or belongs to someone else
        return Shell.cmd


def shell_among(programs: Iterable[str]) -> Shell:
    """Return the first shell among the names of programs, from the nearest parent up."""
    stems = (PureWindowsPath(name).stem.lower() for name in programs)
    return next((_WINDOWS_SHELLS[stem] for stem in stems if stem in _WINDOWS_SHELLS), Shell.cmd)


def program(started: str | None = None) -> list[str]:
    """Return the words that start sargeo the way it was started.

    Parameters
    ----------
    started : str, optional
        As ``sys.argv[0]``.
    """
    path = Path(sys.argv[0] if started is None else started)
    if path.name == "__main__.py" and path.parent.name == __package__:
        return [sys.executable, "-m", str(__package__)]
    if path.stem.lower() != "sargeo" or not path.parent.name:
        return ["sargeo"]
    found = shutil.which("sargeo")
    if found is not None and Path(found).resolve() == _as_file(path):
        return ["sargeo"]
    here = Path.cwd()
    return [os.path.relpath(path) if path.absolute().is_relative_to(here) else str(path)]


def _as_file(path: Path) -> Path:
    """Windows leaves the ending of a program out."""
    return (path if path.exists() else path.with_suffix(".exe")).resolve()


def _quote_for_windows(word: str, shell: Shell) -> str:
    if _BARE.fullmatch(word):
        return word
    # A program reads a backslash before the closing quote as a quote of its own.
    closed = word + "\\" * (len(word) - len(word.rstrip("\\")))
    if shell is Shell.powershell:
        return "'" + closed.replace("'", "''") + "'"
    return '"' + closed.replace('"', '\\"') + '"'
