"""Facts as a small table of label and text, or one message."""

from __future__ import annotations

import html

from qgis.PyQt.QtWidgets import QTextBrowser

from ..core.words import Words


class WordsView(QTextBrowser):
    """Shows facts in words; they can be selected and copied."""

    def show_words(self, words: Words) -> None:
        """Show label and text of each fact."""
        rows = "".join(
            f"<tr><td style='padding-right: 8px; color: gray'>{html.escape(label)}</td>"
            f"<td>{html.escape(text)}</td></tr>"
            for label, text in words
        )
        self.setHtml(f"<table>{rows}</table>")

    def show_text(self, text: str) -> None:
        """Show a message."""
        self.setPlainText(text)
