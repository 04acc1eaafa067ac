"""The runs of the past: open, repeat, copy."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.history import CANCELLED, DONE, FAILED, History, Run
from ..core.words import duration
from ..translation import tr
from .words_view import WordsView


class RunsPage(QWidget):
    """Lists runs, the youngest first.

    Parameters
    ----------
    history : History
    """

    open_asked = pyqtSignal(object)  # a Run
    repeat_asked = pyqtSignal(object)
    diagnostics_asked = pyqtSignal(object)

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self._runs: list[Run] = []
        self.table = _table()
        self.details = WordsView()
        self.open_button = QPushButton(tr("Open"))
        self.folder_button = QPushButton(tr("Show folder"))
        self.repeat_button = QPushButton(tr("Repeat"))
        self.command_button = QPushButton(tr("Copy as sargeo command"))
        self.diagnostics_button = QPushButton(tr("Copy diagnostics"))
        self.clear_button = QPushButton(tr("Clear history"))
        self._lay_out()
        self._connect()
        self.reload()

    def _lay_out(self) -> None:
        buttons = QGridLayout()
        buttons.addWidget(self.open_button, 0, 0)
        buttons.addWidget(self.folder_button, 0, 1)
        buttons.addWidget(self.repeat_button, 0, 2)
        buttons.addWidget(self.command_button, 1, 0)
        buttons.addWidget(self.diagnostics_button, 1, 1)
        buttons.addWidget(self.clear_button, 1, 2)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table, 2)
        layout.addWidget(self.details, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.table.itemSelectionChanged.connect(self._selection_changed)
        self.open_button.clicked.connect(lambda: self.open_asked.emit(self.selected()))
        self.folder_button.clicked.connect(self._show_folder)
        self.repeat_button.clicked.connect(lambda: self.repeat_asked.emit(self.selected()))
        self.command_button.clicked.connect(self._copy_command)
        self.diagnostics_button.clicked.connect(
            lambda: self.diagnostics_asked.emit(self.selected())
        )
        self.clear_button.clicked.connect(self._clear)

    def reload(self) -> None:
        """Show what the history holds now."""
        self._runs = self._history.runs()
        self.table.setRowCount(len(self._runs))
        for row, run in enumerate(self._runs):
            for column, text in enumerate(_cells(run)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        if self._runs:
            self.table.selectRow(0)
        self._selection_changed()

    def selected(self) -> Run | None:
        """Return the run that is selected."""
        row = self.table.currentRow()
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def _selection_changed(self) -> None:
        run = self.selected()
        self.open_button.setEnabled(run is not None and bool(run.products))
        self.command_button.setEnabled(run is not None and bool(run.command))
        self.folder_button.setEnabled(run is not None and "OUTPUT_FOLDER" in run.parameters)
        for button in (self.repeat_button, self.diagnostics_button):
            button.setEnabled(run is not None)
        self.details.show_text("" if run is None else run.message or "\n".join(run.log))

    def _copy_command(self) -> None:
        run = self.selected()
        if run is not None:
            QgsApplication.clipboard().setText(run.command)

    def _show_folder(self) -> None:
        run = self.selected()
        if run is not None:
            folder = Path(str(run.parameters["OUTPUT_FOLDER"]))
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _clear(self) -> None:
        self._history.clear()
        self.reload()


def _table() -> QTableWidget:
    table = QTableWidget(0, 4)
    table.setHorizontalHeaderLabels([tr("Started"), tr("Scene"), tr("Duration"), tr("Status")])
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    return table


def _cells(run: Run) -> tuple[str, str, str, str]:
    outcome = {DONE: tr("done"), FAILED: tr("failed"), CANCELLED: tr("cancelled")}[run.outcome]
    started = datetime.fromisoformat(run.started).strftime("%Y-%m-%d %H:%M")
    return started, run.scene, duration(run.seconds), outcome
