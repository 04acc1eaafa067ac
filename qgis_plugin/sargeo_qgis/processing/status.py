"""``sargeo:status``: whether sargeo is ready, and what a report of an error needs."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
)

from .. import session
from ..core.errors import PluginError
from ..translation import tr
from .algorithm import Parameters, SargeoAlgorithm

#: Exit code of ``sargeo doctor`` when something that mapping needs is missing.
LACKING = 4


class Status(SargeoAlgorithm):
    """Tells whether scenes can be mapped, and if not, what to do."""

    NAME = "status"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Check the setup")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Tells which Python holds sargeo, its versions, devices and memory, and what is"
                " missing. A report of an error needs what it prints."
            ),
            tr(
                "It always completes: READY says whether scenes can be mapped, ACTION what to do"
                " first."
            ),
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the outputs."""
        self.addOutput(QgsProcessingOutputBoolean("READY", tr("Ready to map")))
        self.addOutput(QgsProcessingOutputString("ACTION", tr("What to do first")))
        self.addOutput(QgsProcessingOutputString("PYTHON", tr("Python with sargeo")))
        self.addOutput(QgsProcessingOutputString("VERSION", tr("Version of sargeo")))
        self.addOutput(QgsProcessingOutputString("FACTS", tr("All facts, as JSON")))

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Find sargeo and let it examine itself."""
        try:
            found = session.interpreter()
            facts = session.ask(["doctor", "--json"], feedback.isCanceled, allowed=(LACKING,))
        except PluginError as error:
            feedback.pushWarning(f"{error.problem}\n{error.remedy}")
            return {"READY": False, "ACTION": f"{error.problem} {error.remedy}"}
        problems = [str(problem) for problem in facts["problems"]]
        feedback.pushInfo(json.dumps(facts, indent=2))
        for problem in problems:
            feedback.pushWarning(problem)
        return {
            "READY": not problems,
            "ACTION": "\n".join(problems),
            "PYTHON": str(found.python),
            "VERSION": found.sargeo_version,
            "FACTS": json.dumps(facts),
        }
