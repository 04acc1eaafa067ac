"""Rules that every module keeps: size, words, and nothing that only one system has."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"sargeo": "sargeo", "sargeo_cli": "cli", "sargeo_training": "training"}

MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 400

POSIX_MODULES = {"fcntl", "grp", "posix", "pwd", "resource", "termios", "tty"}
POSIX_NAMES = {"fork", "getuid", "geteuid", "killpg", "SIGKILL", "alarm", "setsid", "mkfifo"}
TEXT_CALLS = {"read_text", "write_text"}


def modules() -> list[Path]:
    folders = [ROOT / name for name in ("sargeo", "cli", "training", "benchmarks", "qgis_plugin")]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", modules(), ids=named)
def test_modules_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES
    lengths = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in functions(tree_of(path))}
    assert {name: n for name, n in lengths.items() if n > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", modules(), ids=named)
def test_posix_modules_are_imported_behind_a_look_at_the_platform(path: Path) -> None:
    tree = tree_of(path)
    guarded = {
        id(node)
        for function in functions(tree)
        if "sys.platform" in ast.unparse(function)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            used = {alias.name.partition(".")[0] for alias in node.names} & POSIX_MODULES
        elif isinstance(node, ast.ImportFrom):
            used = {(node.module or "").partition(".")[0]} & POSIX_MODULES
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used = {node.attr} & POSIX_NAMES if node.value.id in {"os", "signal"} else set()
        else:
            continue
        assert not used or id(node) in guarded, f"{used} at line {node.lineno}"


@pytest.mark.parametrize("path", modules(), ids=named)
def test_text_files_name_their_encoding(path: Path) -> None:
    """Without it Windows writes its own code page."""
    for call in (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)):
        by_name = isinstance(call.func, ast.Name) and call.func.id == "open"
        by_method = isinstance(call.func, ast.Attribute) and call.func.attr in TEXT_CALLS
        if by_name or by_method:
            written = ast.unparse(call)
            binary = by_name and ("'rb'" in written or "'wb'" in written)
            assert binary or "encoding=" in written, f"line {call.lineno}: {written}"


@pytest.mark.parametrize("path", modules(), ids=named)
def test_validation_does_not_vanish_under_python_o(path: Path) -> None:
    asserted = [n.lineno for n in ast.walk(tree_of(path)) if isinstance(n, ast.Assert)]
    assert asserted == []


@pytest.mark.parametrize("path", modules(), ids=named)
def test_every_module_says_what_it_is(path: Path) -> None:
    words = ast.get_docstring(tree_of(path)) or ""
    assert len(words.split()) > 2


def exported() -> list[tuple[str, str]]:
    """Every name in an ``__all__``, with its module."""
    found = []
    for package, folder in PACKAGES.items():
        top = ROOT if folder == package else ROOT / folder
        for path in sorted((top / package).rglob("*.py")):
            for node in tree_of(path).body:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                    parts = path.relative_to(top).with_suffix("").parts
                    module = ".".join(p for p in parts if p != "__init__")
                    found += [(module, name) for name in ast.literal_eval(node.value)]
    return found


@pytest.mark.parametrize(("module", "name"), exported())
def test_every_exported_class_and_function_is_documented(module: str, name: str) -> None:
    thing = getattr(importlib.import_module(module), name)
    if inspect.isclass(thing) or inspect.isfunction(thing):
        assert len((thing.__doc__ or "").split()) > 2
