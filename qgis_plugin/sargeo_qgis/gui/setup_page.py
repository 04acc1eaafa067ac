"""Where sargeo runs: which Python, made by whom, or which other machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .. import session
from ..core.environment.install import choices_in_use, repair
from ..core.environment.machine import Machine
from ..core.environment.upkeep import remove
from ..core.errors import PluginError
from ..core.interpreter import Interpreter
from ..core.words import Words
from ..network import network_of_qgis
from ..settings import Settings
from ..translation import tr
from .background import Background
from .install_dialog import InstallDialog
from .words_view import WordsView


class SetupPage(QWidget):
    """Shows and changes the Python and the machine that do the work."""

    ready = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._task: Background | None = None
        self._make_widgets()
        self._lay_out()
        self._connect()

    def _make_widgets(self) -> None:
        settings = Settings.read()
        self.words = WordsView()
        self.check_button = QPushButton(tr("Check"))
        self.python = QgsFileWidget()
        self.python.setFilePath(settings.python)
        self.make_button = QPushButton(tr("Create…"))
        self.repair_button = QPushButton(tr("Repair"))
        self.remove_button = QPushButton(tr("Remove"))
        self.host = QLineEdit(settings.host)
        self.host.setPlaceholderText(tr("user@host; empty for this machine"))
        self.host_command = QLineEdit(settings.host_command)

    def _lay_out(self) -> None:
        own = QGroupBox(tr("Your own Python with sargeo"))
        form = QFormLayout(own)
        form.addRow(tr("Python or environment"), self.python)
        managed = QGroupBox(tr("Environment managed by the plugin"))
        buttons = QGridLayout(managed)
        for column, button in enumerate((self.make_button, self.repair_button, self.remove_button)):
            buttons.addWidget(button, 0, column)
        other = QGroupBox(tr("Another machine, via ssh"))
        form = QFormLayout(other)
        form.addRow(tr("Machine"), self.host)
        form.addRow(tr("sargeo command there"), self.host_command)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.check_button)
        for box in (own, managed, other):
            layout.addWidget(box)

    def _connect(self) -> None:
        self.check_button.clicked.connect(self.check)
        self.python.fileChanged.connect(self._save)
        self.host.editingFinished.connect(self._save)
        self.host_command.editingFinished.connect(self._save)
        self.make_button.clicked.connect(self.make)
        self.repair_button.clicked.connect(self.repair)
        self.remove_button.clicked.connect(self.remove)

    def check(self) -> None:
        """Find sargeo and say where, or what to do."""
        self._begin(tr("Looking for sargeo…"), lambda _: session.interpreter(), self._show)

    def make(self) -> None:
        """Ask for an environment and make it."""
        root = session.managed_root()
        dialog = InstallDialog(root, choices_in_use(root), self)
        dialog.finished.connect(lambda _: self.check())
        dialog.open()

    def repair(self) -> None:
        """Make the environment anew, with the choices of before."""
        root = session.managed_root()
        network = network_of_qgis()
        self._begin(
            tr("Repairing the environment of sargeo…"),
            lambda task: repair(
                root,
                Machine.this(),
                progress=task.tell,
                cancelled=task.is_cancelled,
                network=network,
            ),
            lambda _: self.check(),
        )

    def remove(self) -> None:
        """Remove the environment, if the user says so again."""
        root = session.managed_root()
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self,
            tr("Remove the environment?"),
            tr("Everything in {folder} is removed.", folder=root),
            buttons.Yes | buttons.No,
        )
        if answer == buttons.Yes:
            self._begin(
                tr("Removing the environment of sargeo…"),
                lambda _: remove(root, sys.platform),
                lambda _: self.check(),
            )

    def detach(self) -> None:
        """Stop working."""
        if self._task is not None:
            self._task.cancel()

    def _save(self) -> None:
        Settings(
            python=self.python.filePath().strip(),
            host=self.host.text().strip(),
            host_command=self.host_command.text().strip() or "sargeo",
        ).write()
        self.check()

    def _begin(self, waiting: str, work: Callable[[Background], Any], done: Any) -> None:
        self.words.show_text(waiting)
        self._show_busy(True)

        def finished(result: Any) -> None:
            self._show_busy(False)
            done(result)

        task = Background(waiting, work, finished, self._show_error)
        task.told.connect(lambda _, text: self.words.show_text(text))
        task.cancelled.connect(lambda: self._show_busy(False))
        self._task = task.start()

    def _show_busy(self, busy: bool) -> None:
        for button in (
            self.check_button,
            self.make_button,
            self.repair_button,
            self.remove_button,
        ):
            button.setEnabled(not busy)

    def _show(self, found: Interpreter) -> None:
        self.words.show_words(_in_words(found))
        self.ready.emit(True)

    def _show_error(self, error: PluginError) -> None:
        self._show_busy(False)
        self.words.show_text(f"{error.problem}\n{error.remedy}")
        self.ready.emit(False)


def _in_words(found: Interpreter) -> Words:
    origins = {
        "variable": tr("set by the variable SARGEO_PYTHON"),
        "setting": tr("set here"),
        "managed": tr("managed by the plugin"),
    }
    return [
        (tr("sargeo"), found.sargeo_version),
        (tr("Python"), f"{found.python_version}, {origins[found.origin]}"),
        (tr("Location"), str(found.python)),
        (tr("Runs on"), Settings.read().host or tr("this machine")),
    ]
