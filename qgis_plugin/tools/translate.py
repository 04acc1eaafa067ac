"""Bring the translations up to date with the sources: ``python qgis_plugin/tools/translate.py``.

New texts are added as unfinished, texts that are gone are dropped. A new language starts from an
empty file: ``i18n/sargeo_qgis_fr.ts``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

PLUGIN = Path(__file__).resolve().parents[1] / "sargeo_qgis"

HEADER = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'


@dataclass(frozen=True)
class Call:
    """One call of ``tr``.

    Attributes
    ----------
    place : str
        File and line.
    text : str or None
        The text to translate; None if it is not written out in the call.
    values : tuple of str
        The names of the values for its placeholders.
    """

    place: str
    text: str | None
    values: tuple[str, ...]


def calls(plugin: Path) -> Iterator[Call]:
    """Find every call of ``tr`` in the sources, in the order of files and lines."""
    for path in sorted(plugin.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_tr(node)]
        for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)):
            place = f"{path.relative_to(plugin).as_posix()}:{node.lineno}"
            values = tuple(keyword.arg or "**" for keyword in node.keywords)
            yield Call(place, _literal(node), values)


def texts(plugin: Path) -> list[str]:
    """Return what there is to translate, each text once."""
    found: dict[str, None] = {}
    for call in calls(plugin):
        if call.text is None:
            sys.exit(f"{call.place}: the text of tr() is not written out there.")
        found[call.text] = None
    return list(found)


def translations(path: Path) -> dict[str, str]:
    """Return the finished translations in a file of Qt Linguist; none if the file is empty."""
    content = path.read_text(encoding="utf-8")
    if not content.strip():
        return {}
    messages = ElementTree.fromstring(content).iter("message")
    return {
        message.findtext("source", ""): message.findtext("translation", "")
        for message in messages
        if message.find("translation[@type]") is None  # unfinished
    }


def update(path: Path, sources: list[str]) -> int:
    """Rewrite a file of Qt Linguist for these texts.

    Returns
    -------
    int
        How many texts still want a translation.
    """
    finished = translations(path)
    language = path.stem.removeprefix("sargeo_qgis_")
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = "sargeo"
    for source in sources:
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = source
        translation = ElementTree.SubElement(message, "translation")
        if source in finished:
            translation.text = finished[source]
        else:
            translation.set("type", "unfinished")
    ElementTree.indent(root, "    ")
    written = HEADER + ElementTree.tostring(root, encoding="unicode") + "\n"
    path.write_text(written, encoding="utf-8", newline="\n")
    return sum(source not in finished for source in sources)


def main() -> None:
    """Update every language and say what is left to do."""
    sources = texts(PLUGIN)
    for path in sorted((PLUGIN / "i18n").glob("*.ts")):
        unfinished = update(path, sources)
        sys.stdout.write(f"{path.name}: {len(sources)} texts, {unfinished} unfinished\n")


def _is_tr(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "tr"


def _literal(node: ast.Call) -> str | None:
    if len(node.args) == 1:
        (argument,) = node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
    return None


if __name__ == "__main__":
    main()
