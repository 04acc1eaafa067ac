"""The plugin runs with Qt 5 (QGIS 3) and Qt 6 (QGIS 4).

Every name of Qt in the sources is looked up in PyQt6, which knows enumerations by their full names
alone, and every name of Qt and QGIS in the oldest QGIS, where one is installed.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pytest
from support.sources import ROOT, modules, nodes_of, offenders, tree_of

PLUGIN = ROOT / "qgis_plugin" / "sargeo_qgis"
SOURCES = modules("qgis_plugin/sargeo_qgis")

QT = "qgis.PyQt."
QGIS = {"qgis.core", "qgis.gui", "qgis.analysis"}
#: What qgis.PyQt offers at the place where Qt 5 had it.
MOVED_BACK = {("QtWidgets", "QAction"), ("QtWidgets", "QShortcut")}
GONE = {"exec_", "print_", "resources_rc", "qApp"}

LOOK_UP = """
import functools, importlib, json, sys
missing = []
for module, chain in json.load(sys.stdin):
    try:
        functools.reduce(getattr, chain.split("."), importlib.import_module(module))
    except AttributeError:
        missing.append(f"{module}: {chain}")
json.dump(missing, sys.stdout)
"""


@dataclass(frozen=True)
class Name:
    """A name of Qt or QGIS, such as ``Qt.ItemDataRole.UserRole`` of ``qgis.PyQt.QtCore``."""

    place: str
    module: str
    chain: str
    called: bool = False

    @property
    def is_of_qt(self) -> bool:
        return self.module.startswith(QT)

    @property
    def is_unscoped(self) -> bool:
        """Whether this is ``QgsClass.Member`` instead of ``QgsClass.Enumeration.Member``."""
        _, dot, last = self.chain.rpartition(".")
        is_member = bool(dot) and last[0].isupper() and not last.isupper()
        return is_member and self.chain.count(".") == 1 and not self.called


def names_in(tree: ast.Module, place: str) -> Iterator[Name]:
    imported = dict(imports(tree))
    for module, first in imported.values():
        if first:
            yield Name(f"{place}: import", module, first)
    for node, root, rest, called in chains(tree):
        if root in imported:
            module, first = imported[root]
            chain = ".".join([first, *rest] if first else rest)
            yield Name(f"{place}:{node.lineno}", module, chain, called)


def imports(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """Find the names imported from Qt and QGIS, each with its module and its name there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            for alias in node.names:
                thing = (module, alias.name)
                if module in {"qgis", "qgis.PyQt"}:
                    thing = (f"{module}.{alias.name}", "")
                if thing[0].startswith(QT) or thing[0] in QGIS:
                    yield alias.asname or alias.name, thing


def chains(tree: ast.Module) -> Iterator[tuple[ast.Attribute, str, list[str], bool]]:
    """Find each ``a.b.c`` with its first name, the rest, and whether it is called."""
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in attributes}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for outermost in attributes:
        if id(outermost) in inner:
            continue
        rest: list[str] = []
        node: ast.expr = outermost
        while isinstance(node, ast.Attribute):
            rest.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            yield outermost, node.id, rest, id(outermost) in called


def names() -> list[Name]:
    return [
        name
        for path in SOURCES
        for name in names_in(tree_of(path), path.relative_to(PLUGIN).as_posix())
    ]


def missing_in_qt6(found: list[Name]) -> list[str]:
    missing = []
    for name in found:
        room = name.module.removeprefix(QT)
        first, _, rest = name.chain.partition(".")
        if (room, first) in MOVED_BACK:
            room = "QtGui"
        try:
            module = importlib.import_module(f"PyQt6.{room}")
            reduce(getattr, filter(None, [first, *rest.split(".")]), module)
        except (AttributeError, ModuleNotFoundError):
            missing.append(f"{name.place}: {name.chain}")
    return missing


@pytest.fixture(scope="module")
def qt6() -> None:
    pytest.importorskip("PyQt6.QtWidgets", exc_type=ImportError)


@pytest.mark.usefixtures("qt6")
def test_every_name_of_qt_is_one_of_qt_6() -> None:
    assert missing_in_qt6([name for name in names() if name.is_of_qt]) == []


def test_enumerations_of_qgis_are_named_in_full() -> None:
    """Their members moved to other classes; the full names were kept."""
    unscoped = [n for n in names() if not n.is_of_qt and n.is_unscoped]
    assert [f"{name.place}: {name.chain}" for name in unscoped] == []


def test_every_name_is_known_to_the_installed_qgis() -> None:
    python = shutil.which("python3", path=os.defpath)
    if python is None:
        pytest.skip("the system has no Python")
    run = subprocess.run(
        [python, "-c", LOOK_UP],
        input=json.dumps([(name.module, name.chain) for name in names()]),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        check=False,
    )
    if "No module named 'qgis'" in run.stderr:
        pytest.skip("the system's Python has no QGIS")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == []


def bindings_of_qt(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom | ast.Import):
            imported = {alias.name for alias in node.names}
            imported.add(getattr(node, "module", None) or "")
            parts = {part for module in imported for part in module.split(".")}
            if found := parts & {"PyQt5", "PyQt6", "PySide2", "PySide6", "sip", "uic"}:
                yield f"line {node.lineno}: {', '.join(found)}"


def test_qt_comes_through_qgis_alone() -> None:
    assert list(offenders(bindings_of_qt, SOURCES)) == []


def gone(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        used = getattr(node, "attr", None) or getattr(node, "id", None)
        if used in GONE:
            yield f"line {node.lineno}: {used}"  # type: ignore[attr-defined]


def test_nothing_is_used_that_is_gone() -> None:
    assert list(offenders(gone, SOURCES)) == []


# The rules themselves


@pytest.mark.usefixtures("qt6")
@pytest.mark.parametrize(
    ("line", "is_ready"),
    [
        ("Qt.ItemDataRole.UserRole", True),
        ("Qt.UserRole", False),
        ("QtWidgets.QMessageBox.StandardButton.Ok", True),
        ("QtWidgets.QMessageBox.Ok", False),
        ("QtWidgets.QMessageBox.information(None, '', '')", True),
        ("QtWidgets.QAction('Run')", True),
        ("QtWidgets.QDesktopWidget()", False),
        ("QVariant.Int", False),
        ("Stranger.Int", True),
    ],
)
def test_names_of_qt_5_alone_are_seen(line: str, is_ready: bool) -> None:
    source = f"from qgis.PyQt import QtWidgets\nfrom qgis.PyQt.QtCore import Qt, QVariant\n{line}\n"
    assert (missing_in_qt6(list(names_in(ast.parse(source), "a.py"))) == []) == is_ready


@pytest.mark.usefixtures("qt6")
@pytest.mark.parametrize("name", ["QRegExp", "pyqtSignal"])
def test_imports_of_qt_5_alone_are_seen(name: str) -> None:
    source = f"from qgis.PyQt.QtCore import {name}"
    assert (missing_in_qt6(list(names_in(ast.parse(source), "a.py"))) == []) == (
        name == "pyqtSignal"
    )


@pytest.mark.parametrize(
    ("line", "is_unscoped"),
    [
        ("QgsProcessing.TypeRaster", True),
        ("core.QgsProcessing.TypeRaster", True),
        ("QgsProcessing.SourceType.TypeRaster", False),
        ("QgsProcessing.TEMPORARY_OUTPUT", False),
        ("QgsProcessing.LayerDetails('', None)", False),
        ("QgsProcessing.instance().title()", False),
    ],
)
def test_short_names_of_qgis_are_seen(line: str, is_unscoped: bool) -> None:
    source = f"from qgis import core\nfrom qgis.core import QgsProcessing\n{line}\n"
    assert any(name.is_unscoped for name in names_in(ast.parse(source), "a.py")) == is_unscoped
