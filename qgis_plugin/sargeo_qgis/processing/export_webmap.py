"""``sargeo:export_webmap``: products as a page that opens without network."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFileDestination,
)

from .. import session
from ..translation import tr
from .algorithm import Parameters
from .product_folder import ProductsAlgorithm


class ExportWebmap(ProductsAlgorithm):
    """Writes the web page of products that are there."""

    NAME = "export_webmap"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Export as web map")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Writes one HTML file with land cover, confidence, objects and the scene, which"
                " opens in a browser without network and can be sent by mail."
            )
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add_product_folder()
        self.add(
            QgsProcessingParameterFileDestination(
                "PAGE", tr("Web page"), "HTML (*.html)", "sargeo_map.html"
            ),
            about=tr("File to write."),
        )

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Let sargeo write the page."""
        page = self.parameterAsFileOutput(parameters, "PAGE", context)
        folder, which = self.words_of_products(parameters, context)
        session.tell(["webmap", folder, *which, "-o", page], feedback.isCanceled)
        feedback.pushInfo(tr("Open {page} in a browser.", page=page))
        return {"PAGE": page, "OUTPUT_FOLDER": folder}
