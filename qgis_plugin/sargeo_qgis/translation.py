"""The language of the plugin: that of QGIS where it is translated, else English.

Translations are the text files of Qt Linguist in ``i18n``, read as they are: the plugin ships no
compiled files.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "i18n"

_translations: dict[str, str] = {}


def tr(text: str, **values: object) -> str:
    """Return a text in the language of QGIS.

    Parameters
    ----------
    text : str
        English, written out in the call, since the translators' tool collects it from there.
    **values : object
        Fill the text's placeholders: ``tr("{ships} ships", ships=3)``.
    """
    translated = _translations.get(text, text)
    return translated.format(**values) if values else translated


def install(locale: str) -> None:
    """Speak the language of a locale from now on, or English if there is no translation.

    Parameters
    ----------
    locale : str
        Such as ``de``, ``de_AT`` or ``pt_BR``.
    """
    _translations.clear()
    for name in (locale, locale.partition("_")[0]):
        path = FOLDER / f"sargeo_qgis_{name}.ts"
        if path.is_file():
            _translations.update(_finished_translations(path))
            return


def _finished_translations(path: Path) -> dict[str, str]:
    # Imported here so that texts can be made, in English, where there is no QGIS.
    from qgis.PyQt.QtCore import QXmlStreamReader

    reader = QXmlStreamReader(path.read_text(encoding="utf-8"))
    found = {}
    source = ""
    while not reader.atEnd():
        reader.readNext()
        if not reader.isStartElement():
            continue
        if reader.name() == "source":
            source = reader.readElementText()
        elif reader.name() == "translation":
            unfinished = reader.attributes().hasAttribute("type")
            text = reader.readElementText()
            if not unfinished:
                found[source] = text
    return found
