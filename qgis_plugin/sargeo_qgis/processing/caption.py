"""``sargeo:caption``: a scene in words."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingFeedback

from ..translation import tr
from .algorithm import Parameters
from .described import DescribingAlgorithm


class Caption(DescribingAlgorithm):
    """Describes a scene, or a part of it."""

    NAME = "caption"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Describe what a scene shows")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Describes the rectangle around the area in words. What is larger than one window"
                " of the model is described window by window, at most 16 of them."
            ),
            tr(
                "Contrast (a cosine) and matching (a probability) tell how well text and place fit"
                " together: a text with low ones is a guess."
            ),
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.add_scene()
        self.add_described()

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Let sargeo describe."""
        return self.ask_sargeo(["caption", self.scene], parameters, context, feedback)
