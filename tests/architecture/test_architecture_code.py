"""Rules that every module keeps: size, words, and nothing that only one system has.

A rule is one test, which lists all that break it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.sources import ROOT, modules, nodes_of, offenders, text_of, tree_of

PACKAGES = {"sargeo": "sargeo", "sargeo_cli": "cli", "sargeo_training": "training"}

MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 400

POSIX_MODULES = {"fcntl", "grp", "posix", "pwd", "resource", "termios", "tty"}
POSIX_NAMES = {"fork", "getuid", "geteuid", "killpg", "SIGKILL", "alarm", "setsid", "mkfifo"}
TEXT_CALLS = {"read_text", "write_text"}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes_of(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def too_long(path: Path) -> Iterator[str]:
    if (lines := len(text_of(path).splitlines())) > MAX_MODULE_LINES:
        yield f"{lines} lines"
    for function in functions(path):
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield f"{function.name}: {lines} lines"


def for_posix_alone(path: Path) -> Iterator[str]:
    guarded = {
        id(node)
        for function in functions(path)
        if looks_at_the_platform(function)
        for node in ast.walk(function)
    }
    for node in nodes_of(path):
        if (used := posix_names(node)) and id(node) not in guarded:
            yield f"line {node.lineno}: {', '.join(used)}"  # type: ignore[attr-defined]


def looks_at_the_platform(function: ast.AST) -> bool:
    compared = (node.left for node in ast.walk(function) if isinstance(node, ast.Compare))
    return any("platform" in {getattr(n, "id", ""), getattr(n, "attr", "")} for n in compared)


def posix_names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names} & POSIX_MODULES
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]} & POSIX_MODULES
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return {node.attr} & POSIX_NAMES if node.value.id in {"os", "signal"} else set()
    return set()


def without_encoding(path: Path) -> Iterator[str]:
    for call in (node for node in nodes_of(path) if isinstance(node, ast.Call)):
        by_name = isinstance(call.func, ast.Name) and call.func.id == "open"
        by_method = isinstance(call.func, ast.Attribute) and call.func.attr in TEXT_CALLS
        if by_name or by_method:
            written = ast.unparse(call)
            binary = by_name and ("'rb'" in written or "'wb'" in written)
            if not binary and "encoding=" not in written:
                yield f"line {call.lineno}: {written}"


def asserts(path: Path) -> Iterator[str]:
    return (f"line {node.lineno}" for node in nodes_of(path) if isinstance(node, ast.Assert))


def without_docstring(path: Path) -> Iterator[str]:
    if len((ast.get_docstring(tree_of(path)) or "").split()) <= 2:
        yield "line 1"


def exported() -> Iterator[tuple[str, str]]:
    """Every name in an ``__all__``, with its module."""
    for package, folder in PACKAGES.items():
        top = ROOT if folder == package else ROOT / folder
        for path in modules(f"{folder}/{package}" if folder != package else folder):
            for node in tree_of(path).body:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                    parts = path.relative_to(top).with_suffix("").parts
                    module = ".".join(p for p in parts if p != "__init__")
                    yield from ((module, name) for name in ast.literal_eval(node.value))


def undocumented(module: str, name: str) -> bool:
    thing = getattr(importlib.import_module(module), name)
    is_meant = inspect.isclass(thing) or inspect.isfunction(thing)
    return is_meant and len((thing.__doc__ or "").split()) <= 2


def test_the_sources_are_found() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in modules()}
    assert {"sargeo/legend.py", "cli/sargeo_cli/main.py", "benchmarks/map_scene.py"} <= names
    assert len(names) > 400


def test_modules_and_functions_are_short() -> None:
    assert list(offenders(too_long)) == []


def test_posix_modules_are_imported_behind_a_look_at_the_platform() -> None:
    assert list(offenders(for_posix_alone)) == []


def test_text_files_name_their_encoding() -> None:
    """Without it Windows writes its own code page."""
    assert list(offenders(without_encoding)) == []


def test_validation_does_not_vanish_under_python_o() -> None:
    assert list(offenders(asserts)) == []


def test_every_module_says_what_it_is() -> None:
    assert list(offenders(without_docstring)) == []


def test_every_exported_class_and_function_is_documented() -> None:
    names = list(exported())
    assert len(names) > 20
    assert [f"{module}.{name}" for module, name in names if undocumented(module, name)] == []


# The rules themselves


@pytest.mark.parametrize(
    ("rule", "source", "offence"),
    [
        (too_long, "x = 1\n" * 401, "401 lines"),
        (too_long, "def f():\n" + "    x = 1\n" * 60, "f: 61 lines"),
        (for_posix_alone, "import fcntl", "line 1: fcntl"),
        (for_posix_alone, "from pwd import getpwnam", "line 1: pwd"),
        (for_posix_alone, "def f():\n    os.killpg(1, 2)", "line 2: killpg"),
        (without_encoding, "open('a', 'w')", "line 1: open('a', 'w')"),
        (without_encoding, "path.read_text()", "line 1: path.read_text()"),
        (asserts, "x = 1\nassert x", "line 2"),
        (without_docstring, '"""Things."""', "line 1"),
    ],
)
def test_what_breaks_a_rule_is_seen(
    rule: object, source: str, offence: str, tmp_path: Path
) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    assert list(rule(path)) == [offence]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (too_long, "def f():\n" + "    x = 1\n" * 59),
        (for_posix_alone, "def f():\n    if sys.platform != 'win32':\n        import fcntl"),
        (without_encoding, "open('a', 'rb'), open('b', encoding='utf-8')"),
    ],
)
def test_what_keeps_a_rule_is_no_offence(rule: object, source: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    assert list(rule(path)) == []  # type: ignore[operator]
