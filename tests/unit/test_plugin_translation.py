"""The plugin's texts and their translations."""

from __future__ import annotations

import ast
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from sargeo_qgis import translation
from support.sources import ROOT, modules, nodes_of
from tools import translate

PLUGIN = ROOT / "qgis_plugin" / "sargeo_qgis"
LANGUAGES = sorted((PLUGIN / "i18n").glob("*.ts"))

TWO_MESSAGES = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en"><context><name>sargeo</name>
<message><source>{n} ships &amp; more</source>
<translation>{n} Schiffe und mehr</translation></message>
<message><source>Run</source><translation type="unfinished">Los</translation></message>
</context></TS>
"""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def messages(path: Path) -> dict[str, ElementTree.Element]:
    root = ElementTree.parse(path).getroot()
    return {m.findtext("source", ""): m for m in root.iter("message")}


@pytest.fixture
def english_afterwards() -> Iterator[None]:
    yield
    translation.install("en")


@pytest.fixture
def qt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for qgis.PyQt with what QGIS 4 has behind it."""
    qt_core = pytest.importorskip("PyQt6.QtCore", exc_type=ImportError)
    monkeypatch.setitem(sys.modules, "qgis", ModuleType("qgis"))
    monkeypatch.setitem(sys.modules, "qgis.PyQt", ModuleType("qgis.PyQt"))
    monkeypatch.setitem(sys.modules, "qgis.PyQt.QtCore", qt_core)


# What is written in the sources


def test_every_text_is_written_out_where_it_is_translated() -> None:
    assert [call.place for call in translate.calls(PLUGIN) if call.text is None] == []


def test_every_placeholder_gets_its_value() -> None:
    wrong = {
        call.place: call.text
        for call in translate.calls(PLUGIN)
        if placeholders(call.text or "") != set(call.values)
    }
    assert wrong == {}


def test_nobody_uses_the_translator_of_qt() -> None:
    """It would need compiled translations."""
    for path in modules("qgis_plugin/sargeo_qgis"):
        for node in nodes_of(path):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"tr", "translate"}, f"{path}:{node.lineno}"


# What is translated


def test_there_is_a_translation() -> None:
    assert "sargeo_qgis_de.ts" in [path.name for path in LANGUAGES]


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
class TestLanguage:
    def test_nothing_is_missing_or_obsolete(self, path: Path) -> None:
        assert list(messages(path)) == translate.texts(PLUGIN)

    def test_all_is_translated(self, path: Path) -> None:
        assert [s for s in translate.texts(PLUGIN) if not translate.translations(path).get(s)] == []

    def test_placeholders_and_markup_are_the_same(self, path: Path) -> None:
        tags = re.compile(r"</?\w+>")
        for source, text in translate.translations(path).items():
            assert placeholders(source) == placeholders(text), source
            assert sorted(tags.findall(source)) == sorted(tags.findall(text)), source

    def test_ends_are_the_same(self, path: Path) -> None:
        """A label that ends in a colon, a menu entry that opens a dialogue."""
        for source, text in translate.translations(path).items():
            for end in (":", "…", "."):
                assert source.endswith(end) == text.endswith(end), source


# How it is looked up


def test_without_translation_the_text_itself_is_shown() -> None:
    assert translation.tr("Run") == "Run"
    assert translation.tr("{n} ships", n=3) == "3 ships"
    assert translation.tr("a {brace}") == "a {brace}"


@pytest.mark.parametrize("locale", ["de", "de_AT"])
@pytest.mark.usefixtures("qt", "english_afterwards")
def test_the_language_of_a_locale_is_spoken(
    locale: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sargeo_qgis_de.ts").write_text(TWO_MESSAGES, encoding="utf-8")
    monkeypatch.setattr(translation, "FOLDER", tmp_path)
    translation.install(locale)
    assert translation.tr("{n} ships & more", n=3) == "3 Schiffe und mehr"
    assert translation.tr("Run") == "Run", "what is unfinished is not shown"
    translation.install("xx_YY")
    assert translation.tr("{n} ships & more", n=3) == "3 ships & more"


@pytest.mark.usefixtures("qt", "english_afterwards")
@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_qt_reads_what_the_tool_writes(path: Path) -> None:
    translation.install(path.stem.removeprefix("sargeo_qgis_"))
    assert {s: translation.tr(s) for s in translate.texts(PLUGIN)} == translate.translations(path)


# The tool


def test_an_update_keeps_adds_and_drops(tmp_path: Path) -> None:
    path = tmp_path / "sargeo_qgis_de.ts"
    path.write_text(TWO_MESSAGES, encoding="utf-8")
    assert translate.update(path, ["{n} ships & more", "Über <b>"]) == 1
    assert translate.translations(path) == {"{n} ships & more": "{n} Schiffe und mehr"}
    assert list(messages(path)) == ["{n} ships & more", "Über <b>"]
    again = path.read_bytes()
    translate.update(path, ["{n} ships & more", "Über <b>"])
    assert path.read_bytes() == again


def test_a_language_starts_from_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "sargeo_qgis_fr.ts"
    path.touch()
    assert translate.update(path, ["Run"]) == 1
    assert ElementTree.parse(path).getroot().get("language") == "fr"


def test_texts_are_collected_once_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text('tr("B")\ntr("A" " long")', encoding="utf-8")
    (tmp_path / "a.py").write_text('x = [tr("B"), tr("{n} m", n=1)]', encoding="utf-8")
    assert translate.texts(tmp_path) == ["B", "{n} m", "A long"]


@pytest.mark.parametrize("call", ["tr(text)", 'tr(f"{a} m")', 'tr("%s" % a)', "tr()", "tr(1)"])
def test_a_text_that_is_made_up_elsewhere_is_refused(call: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(call, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"a\.py:1"):
        translate.texts(tmp_path)
