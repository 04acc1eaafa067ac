"""What all algorithms of sargeo share: how they are shown, and how they fail."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtGui import QIcon

from ..core.errors import CancelledError
from ..failures import as_plugin_error
from ..translation import tr

ICONS = Path(__file__).parents[1] / "icons"
DOCUMENTATION = "https://github.com/sargeo/sargeo/blob/main/docs/how-to/qgis.md"

Parameters = dict[str, Any]


class SargeoAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that lets sargeo do the work.

    Subclasses set ``NAME`` and implement `displayName`, `help`, `initAlgorithm` and `perform`, and
    `prepare` if they need something of layers.
    """

    NAME = ""

    def name(self) -> str:
        """Return the name within the provider."""
        return self.NAME

    def createInstance(self) -> SargeoAlgorithm:
        """Return a new algorithm of the kind."""
        return type(self)()

    def icon(self) -> QIcon:
        """Return the picture of the algorithm."""
        return QIcon(str(ICONS / f"{self.NAME}.svg"))

    def helpUrl(self) -> str:
        """Return the address of the page about the plugin."""
        return f"{DOCUMENTATION}#{self.NAME}"

    def shortHelpString(self) -> str:
        """Return the help as paragraphs of HTML."""
        return "".join(f"<p>{html.escape(text)}</p>" for text in self.help())

    def help(self) -> list[str]:
        """Return the help, a text for each paragraph."""
        raise NotImplementedError

    def prepare(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Take from layers, in the main thread, what the run needs of them.

        Raises
        ------
        PluginError
        """

    def prepareAlgorithm(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Prepare; what goes wrong is said as QGIS expects it."""
        try:
            self.prepare(parameters, context, feedback)
        except Exception as error:  # QGIS would show a traceback
            feedback.reportError(_said(error), fatalError=True)
            return False
        return True

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Do the work and return the outputs.

        Raises
        ------
        PluginError, CancelledError
        """
        raise NotImplementedError

    def processAlgorithm(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Do the work; what goes wrong is said as QGIS expects it."""
        try:
            return self.perform(parameters, context, feedback)
        except CancelledError as error:
            if not feedback.isCanceled():
                said = [tr("sargeo was ended from outside."), tr("Run it again.")]
                raise QgsProcessingException("\n".join(said)) from error
            feedback.pushInfo(tr("Cancelled: sargeo has ended and left no product behind."))
            return {}
        except Exception as error:  # QGIS would show a traceback
            raise QgsProcessingException(_said(error)) from error

    def add(self, parameter: QgsProcessingParameterDefinition, *, about: str) -> None:
        """Add a parameter with its help."""
        parameter.setHelp(about)
        self.addParameter(parameter)

    def add_advanced(self, parameter: QgsProcessingParameterDefinition, *, about: str) -> None:
        """Add a parameter with its help to those that are folded away."""
        flag = QgsProcessingParameterDefinition.Flag.FlagAdvanced
        parameter.setFlags(parameter.flags() | flag)
        self.add(parameter, about=about)

    def add_assume(self) -> None:
        """Declare ASSUME."""
        self.add_advanced(
            QgsProcessingParameterString(
                "ASSUME", tr("Information missing from the file"), "", optional=True
            ),
            about=tr(
                "Separated by commas: db, linear or amplitude; vv, vh, hh, hv in the order of the"
                " bands; gsd=METRES; platform=NAME."
            ),
        )


def _said(error: Exception) -> str:
    known = as_plugin_error(error)
    return f"{known.problem}\n{known.remedy}"
