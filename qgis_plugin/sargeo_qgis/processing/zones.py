"""``sargeo:zones``: areas of classes and number of objects by polygon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterVectorDestination,
)

from .. import session
from ..core.errors import PluginError
from ..translation import tr
from .algorithm import Parameters
from .product_folder import ProductsAlgorithm

#: What sargeo writes besides a table.
SUFFIXES = (".gpkg", ".csv")


class Zones(ProductsAlgorithm):
    """Sums land cover and objects over polygons."""

    NAME = "zones"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Areas and counts by polygon")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "For each polygon: hectares and share of every class, measured on the ellipsoid,"
                " mean confidence, share without data, and the number of objects of each kind."
            )
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            QgsProcessingParameterFeatureSource(
                "POLYGONS", tr("Polygons"), [QgsProcessing.SourceType.TypeVectorPolygon]
            ),
            about=tr("Zones, in any CRS."),
        )
        self.add_product_folder()
        self.add(
            QgsProcessingParameterVectorDestination(
                "OUTPUT",
                tr("Zones with areas and counts"),
                QgsProcessing.SourceType.TypeVectorPolygon,
            ),
            about=tr("A GeoPackage with the shapes, or a table as CSV."),
        )

    def prepare(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Write the polygons, as QGIS shows them, to a file without other layers."""
        self._polygons = self.parameterAsCompatibleSourceLayerPath(
            parameters, "POLYGONS", context, [], "gpkg", feedback
        )

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Let sargeo sum."""
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        if Path(output).suffix.lower() not in SUFFIXES:
            raise PluginError(
                f"{output} is neither a GeoPackage nor a CSV file.",
                "Choose a name that ends in .gpkg or .csv.",
            )
        folder, which = self.words_of_products(parameters, context)
        words = ["zones", self._polygons, folder, *which, "-o", output, "--json"]
        zones = session.ask(words, feedback.isCanceled)["zones"]
        feedback.pushInfo(tr("{count} zones measured.", count=len(zones)))
        return {"OUTPUT": output, "OUTPUT_FOLDER": folder}
