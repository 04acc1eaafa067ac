"""``sargeo:info``: what a scene is, and what the model would need."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
)

from .. import session
from ..core.words import scene_in_words
from ..translation import tr
from .algorithm import Parameters
from .scenes import SceneAlgorithm


class Info(SceneAlgorithm):
    """Describes a scene without mapping it."""

    NAME = "info"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Describe a scene")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Tells what sargeo reads from a scene: grid, polarisations, quantity, scale, share"
                " of valid pixels, and whether the model would have it resampled."
            )
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.add_scene()
        self.add_assume()
        self.addOutput(QgsProcessingOutputString("FACTS", tr("All facts, as JSON")))

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Ask sargeo, and tell in words."""
        words = ["info", self.scene, "--json"]
        assumed = self.parameterAsString(parameters, "ASSUME", context)
        if assumed:
            words += ["--assume", assumed]
        facts = session.ask(words, feedback.isCanceled)
        for label, text in scene_in_words(facts):
            feedback.pushInfo(f"{label}: {text}")
        return {"FACTS": json.dumps(facts)}
