"""``sargeo:ask``: a question of a scene."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterString,
)

from ..translation import tr
from .algorithm import Parameters
from .described import DescribingAlgorithm


class Ask(DescribingAlgorithm):
    """Answers a question of a scene, or of a part of it."""

    NAME = "ask"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Ask a question of a scene")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Answers a question of the rectangle around the area. What is larger than one"
                " window of the model gets an answer for each window, at most 16 of them."
            ),
            tr(
                "Contrast (a cosine) and matching (a probability) tell how well text and place fit"
                " together: a text with low ones is a guess."
            ),
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.add_scene()
        self.add(
            QgsProcessingParameterString("QUESTION", tr("Question")),
            about=tr("In English, such as: how many ships are there?"),
        )
        self.add_described()

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Let sargeo answer."""
        question = self.parameterAsString(parameters, "QUESTION", context)
        return self.ask_sargeo(["ask", self.scene, question], parameters, context, feedback)
