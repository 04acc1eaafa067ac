"""Where sargeo runs: which Python, made by whom, or which other machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QTimer, pyqtSignal
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
from ..core.environment.install import choices_in_use
from ..core.environment.places import is_made
from ..core.environment.upkeep import remove
from ..core.errors import PluginError
from ..core.words import Words
from ..failures import reporting
from ..settings import Settings
from ..translation import tr
from .background import Background
from .install_dialog import InstallDialog
from .words_view import WordsView

SAVE_AFTER_MS = 800


class SetupPage(QWidget):
    """Shows and changes the Python and the machine that do the work."""

    ready = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._task: Background | None = None
        self._dialog: InstallDialog | None = None
        # A path is typed letter by letter.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(SAVE_AFTER_MS)
        self._later.timeout.connect(self._save)
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
        self.python.fileChanged.connect(self._later.start)
        self.host.editingFinished.connect(self._save)
        self.host_command.editingFinished.connect(self._save)
        self.make_button.clicked.connect(self.make)
        self.repair_button.clicked.connect(self.repair)
        self.remove_button.clicked.connect(self.remove)

    def check(self) -> None:
        """Find sargeo and say where, or what to do."""
        host = Settings.read().host
        if host:
            self._begin(
                tr("Looking for sargeo on {host}…", host=host),
                lambda task: _remote_in_words(host, task),
                self._show,
            )
        else:
            self._begin(tr("Looking for sargeo…"), lambda _: _local_in_words(), self._show)

    def make(self) -> None:
        """Ask for an environment and make it."""
        with reporting(self._show_error):
            self._open_dialog()

    def repair(self) -> None:
        """Plan the environment anew, with the choices of before; the user sees it and agrees."""
        with reporting(self._show_error):
            self._open_dialog().plan()

    def _open_dialog(self) -> InstallDialog:
        root = session.managed_root()
        self._dialog = InstallDialog(root, choices_in_use(root), self)
        self._dialog.accepted.connect(self._installed)
        self._dialog.open()
        return self._dialog

    def _installed(self) -> None:
        """Use what was made: a Python that is named here would come before it."""
        self.python.setFilePath("")
        self._save()

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
        self._later.stop()
        if self._task is not None:
            self._task.abandon()
        if self._dialog is not None:
            self._dialog.detach()

    def _save(self) -> None:
        Settings(
            python=self.python.filePath().strip(),
            host=self.host.text().strip(),
            host_command=self.host_command.text().strip() or "sargeo",
        ).write()
        self.check()

    def _begin(self, waiting: str, work: Callable[[Background], Any], done: Any) -> None:
        """Work; what was asked before is no longer wanted."""
        if self._task is not None:
            self._task.abandon()
        self.words.show_text(waiting)
        with reporting(self._show_error):
            task = Background(waiting, work, done, self._show_error, self.words.clear)
            self._task = task.start()

    def _show(self, words: Words) -> None:
        self.words.show_words(words)
        self._enable()
        self.ready.emit(True)

    def _show_error(self, error: PluginError) -> None:
        self.words.show_text(f"{error.problem}\n{error.remedy}")
        self._enable()
        self.ready.emit(False)

    def _enable(self) -> None:
        """Let only what is there be repaired or removed."""
        there = is_made(session.managed_root())
        self.repair_button.setEnabled(there)
        self.remove_button.setEnabled(there)


def _local_in_words() -> Words:
    found = session.interpreter()
    origins = {
        "variable": tr("set by the variable SARGEO_PYTHON"),
        "setting": tr("set here"),
        "managed": tr("managed by the plugin"),
    }
    return [
        (tr("sargeo"), found.sargeo_version),
        (tr("Python"), f"{found.python_version}, {origins[found.origin]}"),
        (tr("Location"), str(found.python)),
        (tr("Runs on"), tr("this machine")),
    ]


def _remote_in_words(host: str, task: Background) -> Words:
    version = session.remote(host).version(task.is_cancelled)
    return [(tr("sargeo"), version), (tr("Runs on"), host)]
