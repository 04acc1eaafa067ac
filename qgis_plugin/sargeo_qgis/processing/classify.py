"""``sargeo:classify``: a map whose classes are given in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputRasterLayer,
)

from .. import session
from ..styling.results import show_products
from ..translation import tr
from .algorithm import Parameters
from .listening import FeedbackListener
from .model_runs import ModelAlgorithm
from .output_folder import output_folder
from .texts import add_texts, text_words

#: How the names of the products end, by output.
ENDS = {"TEXT": "_text.tif", "TEXT_CONFIDENCE": "_text_confidence.tif"}


class Classify(ModelAlgorithm):
    """Maps a scene by texts."""

    NAME = "classify"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Classify by texts")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Maps a scene, or an encoded scene, by classes that you name, and how probable each"
                " pixel's class is among them. Every pixel gets one of the texts: give one for what"
                " the rest is."
            )
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.add_scene()
        add_texts(self, about=tr("At least two, each on a line of its own: oil tanks, open water."))
        self.add_area()
        self.add_output_folder()
        self.add_model()
        self.add_assume()
        self.add_uncertain_below()
        self.add_overwrite()
        self.addOutput(QgsProcessingOutputRasterLayer("TEXT", tr("Classes by text")))
        self.addOutput(QgsProcessingOutputRasterLayer("TEXT_CONFIDENCE", tr("Confidence")))

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Classify, and hand the map to QGIS."""
        folder = Path(self.parameterAsString(parameters, "OUTPUT_FOLDER", context))
        words = ["classify", self.scene, "-o", str(folder), *self.area_words()]
        words += text_words(self, parameters, context)
        words += self.option_words(parameters, context, "MODEL", "DEVICE", "ASSUME")
        words += self.overwrite_words(parameters, context)
        least = self.optional_number(parameters, "UNCERTAIN_BELOW", context)
        words += [] if least is None else ["--uncertain-below", str(least)]
        stem = self.stem(self.parameterAsString(parameters, "ASSUME", context))
        stem = stem[: -len("_embedding")] if stem.endswith("_embedding") else stem
        unfinished = [f".{stem}_text.sargeo", f".{stem}_text.sargeo.lock"]
        listener = FeedbackListener(feedback)
        turn = session.TURNS.take(feedback.isCanceled, listener.waiting)
        with turn, output_folder(folder, unfinished):
            result = session.run(words, listener, feedback.isCanceled)
        for text, share in result["class_shares"].items():
            feedback.pushInfo(f"{text}: {share:.1%}")
        paths = {
            output: path
            for output, end in ENDS.items()
            for path in result["products"]
            if path.endswith(end)
        }
        show_products(paths, stem, context)
        return {**paths, "OUTPUT_FOLDER": str(folder)}
