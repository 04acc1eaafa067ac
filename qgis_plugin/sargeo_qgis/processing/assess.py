"""``sargeo:assess``: how good a product is, by reference data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from .. import session
from ..translation import tr
from .algorithm import Parameters, SargeoAlgorithm
from .product_folder import add_folder_output

# Figures of land cover and of objects, by the name of their output.
_FIGURES = {
    "OVERALL_ACCURACY": "overall_accuracy",
    "PRECISION": "precision",
    "RECALL": "recall",
    "F1": "f1",
}


class Assess(SargeoAlgorithm):
    """Compares a product with reference data."""

    NAME = "assess"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Assess accuracy")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Land cover: confusion matrix, user's and producer's accuracy, accuracy and areas"
                " adjusted for the share of each class, with confidence intervals (Olofsson et al."
                " 2014). Objects: precision and recall."
            ),
            tr("The report holds all metrics as JSON."),
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.add(
            QgsProcessingParameterFeatureSource(
                "REFERENCE", tr("Reference data"), [QgsProcessing.SourceType.TypeVectorAnyGeometry]
            ),
            about=tr("Reference points or polygons (ground truth)."),
        )
        self.add(
            QgsProcessingParameterFile("PRODUCT", tr("Product")),
            about=tr("A land-cover raster (_landcover.tif) or a file of objects (_objects.gpkg)."),
        )
        self.add(
            QgsProcessingParameterField(
                "CLASS_FIELD", tr("Class field"), "class", "REFERENCE", optional=True
            ),
            about=tr("Holds names or codes of the legend; not needed for objects."),
        )
        self.add(
            QgsProcessingParameterNumber(
                "TOLERANCE",
                tr("Tolerance for objects, in metres"),
                QgsProcessingParameterNumber.Type.Double,
                200.0,
                minValue=0.0,
            ),
            about=tr("Largest distance between a detected and a reference object that match."),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                "REPORT", tr("Report"), "JSON (*.json)", optional=True, createByDefault=False
            ),
            about=tr("File with all metrics."),
        )
        for name in _FIGURES:
            label = name.replace("_", " ").capitalize()
            self.addOutput(QgsProcessingOutputNumber(name, label))
        add_folder_output(self)

    def prepare(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Write the reference, as QGIS shows it, to a file without other layers."""
        self._reference = self.parameterAsCompatibleSourceLayerPath(
            parameters, "REFERENCE", context, [], "gpkg", feedback
        )

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Let sargeo compare."""
        product = self.parameterAsFile(parameters, "PRODUCT", context)
        words = [
            "assess",
            self._reference,
            product,
            "--tolerance",
            f"{self.parameterAsDouble(parameters, 'TOLERANCE', context):g}",
            "--json",
        ]
        field = self.parameterAsString(parameters, "CLASS_FIELD", context)
        if field:
            words += ["--class-field", field]
        facts = session.ask(words, feedback.isCanceled)
        text = json.dumps(facts, indent=2, ensure_ascii=False)
        feedback.pushInfo(text)
        outputs = {name: facts[key] for name, key in _FIGURES.items() if key in facts}
        outputs["OUTPUT_FOLDER"] = str(Path(product).parent)
        report = self.parameterAsFileOutput(parameters, "REPORT", context)
        if report:
            Path(report).write_text(text, encoding="utf-8")
            outputs["REPORT"] = report
        return outputs
