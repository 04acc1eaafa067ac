"""``sargeo:embed``: a scene encoded once, for all later texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputRasterLayer,
)

from .. import session
from ..translation import tr
from .algorithm import Parameters
from .listening import FeedbackListener
from .model_runs import ModelAlgorithm
from .output_folder import output_folder


class Embed(ModelAlgorithm):
    """Writes the vectors of a scene's cells."""

    NAME = "embed"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Encode a scene for texts")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Encodes a scene once. Choose the file that is written in the place of the scene"
                " where you classify or search it by texts: nothing is encoded again then."
            ),
            tr("It only fits the very model that made it."),
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.add_scene()
        self.add_area()
        self.add_output_folder()
        self.add_model()
        self.add_assume()
        self.add_overwrite()
        self.addOutput(QgsProcessingOutputRasterLayer("EMBEDDING", tr("Encoded scene")))

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Let sargeo encode; the result is no picture, and is not shown."""
        folder = Path(self.parameterAsString(parameters, "OUTPUT_FOLDER", context))
        words = ["embed", self.scene, "-o", str(folder), *self.area_words()]
        words += self.option_words(parameters, context, "MODEL", "DEVICE", "ASSUME")
        words += self.overwrite_words(parameters, context)
        working = f".{self.stem(self.parameterAsString(parameters, 'ASSUME', context))}"
        unfinished = [f"{working}_embedding.sargeo", f"{working}_embedding.sargeo.lock"]
        listener = FeedbackListener(feedback)
        turn = session.TURNS.take(feedback.isCanceled, listener.waiting)
        with turn, output_folder(folder, unfinished):
            result = session.run(words, listener, feedback.isCanceled)
        (path,) = (p for p in result["products"] if p.endswith("_embedding.tif"))
        return {"EMBEDDING": path, "OUTPUT_FOLDER": str(folder)}
