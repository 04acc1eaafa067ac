"""The window that asks before anything is fetched, and then shows how it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..core.environment.choices import Choices
from ..core.environment.install import install
from ..core.environment.machine import Machine
from ..core.environment.plan import InstallPlan, make_plan
from ..core.errors import PluginError
from ..failures import reporting
from ..network import network_of_qgis
from ..translation import tr
from .background import Background
from .words_view import WordsView


class InstallDialog(QDialog):
    """Plans the managed environment, asks, and makes it.

    Parameters
    ----------
    root : Path
        Folder of the managed environments.
    choices : Choices
        What to begin with.
    parent : QWidget, optional
    """

    def __init__(self, root: Path, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._root = root
        self._plan: InstallPlan | None = None
        self._task: Background | None = None
        self.setWindowTitle(tr("Create a Python environment for sargeo"))
        self.resize(640, 560)
        self._make_widgets(choices)
        self._lay_out()
        self.plan_button.clicked.connect(self.plan)
        self.buttons.accepted.connect(self.install)
        self.buttons.rejected.connect(self.reject)
        for changed in (self.file.fileChanged, self.python.fileChanged, self.index.textChanged):
            changed.connect(self._forget_plan)
        self.plain.toggled.connect(self._forget_plan)
        self.accelerator.currentIndexChanged.connect(self._forget_plan)
        self._show_plan(None)

    def _make_widgets(self, choices: Choices) -> None:
        self.file = QgsFileWidget()
        self.file.setFilter(tr("Wheel or bundle (*.whl *.zip)"))
        self.file.setFilePath(choices.file)
        self.index = QLineEdit(choices.index)
        self.index.setPlaceholderText("https://pypi.org/simple")
        self.plain = QCheckBox(tr("Also get torch from this index instead of PyTorch's"))
        self.plain.setChecked(choices.plain)
        self.python = QgsFileWidget()
        self.python.setFilePath(choices.python)
        self.accelerator = QComboBox()
        for name, label in (
            ("auto", tr("automatic")),
            ("cpu", tr("processor")),
            ("cuda", tr("NVIDIA graphics card")),
        ):
            self.accelerator.addItem(label, name)
        self.accelerator.setCurrentIndex(self.accelerator.findData(choices.accelerator))
        self.plan_button = QPushButton(tr("Check this machine"))
        self.words = WordsView()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(2000)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.install_button = QPushButton(tr("Install"))
        role = QDialogButtonBox.ButtonRole.AcceptRole
        self.buttons.addButton(self.install_button, role)

    def _lay_out(self) -> None:
        about = QLabel(
            tr(
                "sargeo works in a Python of its own; that of QGIS stays as it is."
                " Nothing is fetched before you have seen the plan and pressed Install."
            )
        )
        about.setWordWrap(True)
        self.form = QWidget()
        form = QFormLayout(self.form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Wheel or offline bundle, if there is one"), self.file)
        form.addRow(tr("Package index, if not PyPI"), self.index)
        form.addRow("", self.plain)
        form.addRow(tr("Base Python, if none is found"), self.python)
        form.addRow(tr("Run on"), self.accelerator)
        layout = QVBoxLayout(self)
        layout.addWidget(about)
        layout.addWidget(self.form)
        layout.addWidget(self.plan_button)
        layout.addWidget(self.words, 2)
        layout.addWidget(self.bar)
        layout.addWidget(self.log, 1)
        layout.addWidget(self.buttons)

    def choices(self) -> Choices:
        """Return what is chosen now."""
        return Choices(
            file=self.file.filePath(),
            index=self.index.text().strip(),
            plain=self.plain.isChecked(),
            python=self.python.filePath(),
            accelerator=self.accelerator.currentData(),
        )

    def plan(self) -> None:
        """Look at the machine and show what would be done."""
        choices = self.choices()
        self._show_plan(None)
        self.words.show_text(tr("Checking this machine…"))
        self._begin(
            tr("Planning an environment for sargeo"),
            lambda _: make_plan(choices, self._root, Machine.this()),
            self._show_plan,
        )

    def install(self) -> None:
        """Do what the plan says."""
        plan = self._plan
        if plan is None:
            return
        with reporting(self._show_error):
            network = network_of_qgis(plan.index or "https://pypi.org")
            self._begin(
                tr("Creating an environment for sargeo"),
                lambda task: install(
                    plan, progress=task.tell, cancelled=task.is_cancelled, network=network
                ),
                lambda _: self.accept(),
            )

    def reject(self) -> None:
        """Cancel what is going on, or close."""
        if self._task is not None:
            self.words.show_text(tr("Cancelling…"))
            self._task.cancel()
        else:
            super().reject()

    def detach(self) -> None:
        """Stop working, since the window is about to go."""
        if self._task is not None:
            self._task.abandon()

    def _begin(self, title: str, work: Any, done: Any) -> None:
        def finished(result: Any) -> None:
            self._show_busy(False)
            done(result)

        self._show_busy(True)
        task = Background(title, work, finished, self._show_error, self._show_cancelled)
        task.told.connect(self._show_progress)
        with reporting(self._show_error):
            self._task = task.start()

    def _show_busy(self, busy: bool) -> None:
        """Let nothing be changed while it is at work."""
        if not busy:
            self._task = None
        self.form.setEnabled(not busy)
        self.plan_button.setEnabled(not busy)
        self.install_button.setEnabled(not busy and self._plan is not None)

    def _show_cancelled(self) -> None:
        self._show_busy(False)
        self.bar.setValue(0)
        self.words.clear()
        self._show_plan(self._plan)

    def _forget_plan(self) -> None:
        """Let nobody install what is no longer chosen."""
        if self._plan is not None:
            self.words.clear()
            self._show_plan(None)

    def _show_progress(self, share: float, line: str) -> None:
        self.bar.setValue(round(1000 * share))
        self.log.appendPlainText(line)

    def _show_plan(self, plan: InstallPlan | None) -> None:
        self._plan = plan
        self.install_button.setEnabled(plan is not None)
        if plan is not None:
            self.words.show_words(plan.describe())

    def _show_error(self, error: PluginError) -> None:
        self._show_busy(False)
        self.words.show_text(f"{error.problem}\n{error.remedy}")
