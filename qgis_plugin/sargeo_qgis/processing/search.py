"""``sargeo:search``: the places of scenes that fit texts best."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterVectorDestination,
)

from .. import session
from ..core.errors import PluginError
from ..translation import tr
from .algorithm import Parameters
from .listening import FeedbackListener
from .model_runs import WithModel
from .scenes import path_of_raster
from .texts import add_texts, text_words

#: What sargeo writes.
SUFFIXES = (".gpkg", ".geojson", ".csv")


class Search(WithModel):
    """Ranks places of scenes by texts."""

    NAME = "search"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Search scenes by texts")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Ranks square places of scenes, or of encoded scenes, by how well they fit a text,"
                " and writes the best as polygons in EPSG:4326 with rank, score, scene, longitude"
                " and latitude. Of places that overlap, only the best is listed."
            )
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            QgsProcessingParameterMultipleLayers(
                "SCENES", tr("Scenes"), QgsProcessing.SourceType.TypeRaster
            ),
            about=tr("Scenes, or encoded scenes, in any CRS."),
        )
        add_texts(self, about=tr("One or more, each on a line of its own, with a ranking each."))
        number = QgsProcessingParameterNumber
        self.add(
            number("TOP", tr("Places per text"), number.Type.Integer, 20, minValue=1),
            about=tr("How many to list at most."),
        )
        self.add(
            number(
                "EXTENT", tr("Side of a place, in metres"), number.Type.Double, 1000.0, minValue=1.0
            ),
            about=tr("Places step by half of it."),
        )
        self.add(
            QgsProcessingParameterVectorDestination(
                "OUTPUT", tr("Places"), QgsProcessing.SourceType.TypeVectorPolygon
            ),
            about=tr("A GeoPackage, GeoJSON, or a table as CSV."),
        )
        self.add_model()
        self.add_assume()

    def prepare(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Take the paths of the layers."""
        layers = self.parameterAsLayerList(parameters, "SCENES", context)
        self._scenes = [path_of_raster(layer) for layer in layers]

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Let sargeo search."""
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        if Path(output).suffix.lower() not in SUFFIXES:
            raise PluginError(
                f"{output} is neither a GeoPackage nor GeoJSON nor a CSV file.",
                "Choose a name that ends in .gpkg, .geojson or .csv.",
            )
        words = ["search", *self._scenes, "-o", output]
        words += text_words(self, parameters, context)
        words += ["--top", str(self.parameterAsInt(parameters, "TOP", context))]
        words += ["--extent", f"{self.parameterAsDouble(parameters, 'EXTENT', context):.15g}"]
        words += self.option_words(parameters, context, "MODEL", "DEVICE", "ASSUME")
        listener = FeedbackListener(feedback)
        with session.TURNS.take(feedback.isCanceled, listener.waiting):
            result = session.run(words, listener, feedback.isCanceled)
        feedback.pushInfo(tr("{count} places found.", count=len(result["places"])))
        return {"OUTPUT": output}
