"""Algorithms that describe a scene in words, or answer questions of it."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
)

from .. import session
from ..translation import tr
from .algorithm import Parameters
from .model_runs import ModelAlgorithm


class DescribingAlgorithm(ModelAlgorithm):
    """An algorithm whose result are texts with scores, one for each place."""

    def add_described(self) -> None:
        """Declare what all of them have."""
        self.add_area()
        self.add_model()
        self.add_assume()
        self.addOutput(QgsProcessingOutputString("TEXT", tr("Text")))
        self.addOutput(QgsProcessingOutputString("FACTS", tr("All facts, as JSON")))

    def ask_sargeo(
        self,
        words: list[str],
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Let sargeo speak, and tell what it says with its scores."""
        words = [*words, *self.area_words(), "--json"]
        words += self.option_words(parameters, context, "MODEL", "DEVICE", "ASSUME")
        facts = session.ask(words, feedback.isCanceled)
        for place in facts["places"]:
            where = tr("at {lon}, {lat}", lon=place["lon"], lat=place["lat"])
            scores = tr(
                "contrast {contrast}, matching {matching}",
                contrast=place["contrast"],
                matching=place["matching"],
            )
            feedback.pushInfo(f"{place['text']} ({where}; {scores})")
        texts = [place["text"] for place in facts["places"]]
        return {"TEXT": "\n".join(texts), "FACTS": json.dumps(facts)}
