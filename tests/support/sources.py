"""The project's own sources, each read and parsed once in a session, for rules that all keep."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FOLDERS = ("sargeo", "cli", "training", "benchmarks", "qgis_plugin")
"""Where the code lies that is shipped or run by hand; tests and docs keep fewer rules."""


@cache
def modules(*folders: str) -> tuple[Path, ...]:
    """Return the Python files of folders, given from the root; of all `FOLDERS` without any."""
    return tuple(sorted(p for name in folders or FOLDERS for p in (ROOT / name).rglob("*.py")))


@cache
def text_of(path: Path) -> str:
    """Return the source of a file."""
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(text_of(path), filename=str(path))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of the syntax tree of a file."""
    return tuple(ast.walk(tree_of(path)))


def offenders(
    rule: Callable[[Path], Iterable[str]], paths: Iterable[Path] | None = None
) -> Iterator[str]:
    """Yield what breaks a rule, after the name of its file.

    Parameters
    ----------
    rule : callable
        Returns what is wrong with a file, such as ``"line 3: assert x"``.
    paths : iterable of Path, optional
        The files to look at; all `modules` by default.
    """
    for path in modules() if paths is None else paths:
        for offence in rule(path):
            yield f"{path.relative_to(ROOT).as_posix()}, {offence}"
