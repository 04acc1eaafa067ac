"""Algorithms in which a model sees a scene: which part of it, which model, where it runs."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingUtils,
)

from ..translation import tr
from .algorithm import Parameters, SargeoAlgorithm
from .areas import area_of, write_area
from .scenes import SceneAlgorithm


class WithModel(SargeoAlgorithm):
    """An algorithm with the parameters MODEL and DEVICE, and others that go with them."""

    def add_model(self) -> None:
        """Declare MODEL and DEVICE."""
        self.add_advanced(
            text("MODEL", tr("Model"), "sargeo-tiny"),
            about=tr("Name of a model, or its folder."),
        )
        self.add_advanced(
            text("DEVICE", tr("Device"), "auto"),
            about=tr("auto, cpu, cuda or cuda:1. auto takes the graphics card where there is one."),
        )

    def add_output_folder(self) -> None:
        """Declare OUTPUT_FOLDER."""
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", tr("Output folder")),
            about=tr("Files are named after the scene."),
        )

    def checkParameterValues(
        self, parameters: Parameters, context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Ask for a folder where none is given, as the panel cannot always propose one."""
        accepted, reason = super().checkParameterValues(parameters, context)
        empty = parameters.get("OUTPUT_FOLDER") in (None, "")
        if not accepted and empty and "OUTPUT_FOLDER" in reason:
            reason = tr("No output folder is chosen. Choose a folder for the products.")
        return accepted, reason

    def add_overwrite(self) -> None:
        """Declare OVERWRITE."""
        self.add_advanced(
            switch("OVERWRITE", tr("Overwrite existing products")),
            about=tr(
                "If unticked, a run stops when the folder already holds products of this scene."
            ),
        )

    def overwrite_words(self, parameters: Parameters, context: QgsProcessingContext) -> list[str]:
        """Return the option of the command line for OVERWRITE."""
        return ["--overwrite"] if self.parameterAsBool(parameters, "OVERWRITE", context) else []

    def add_uncertain_below(self) -> None:
        """Declare UNCERTAIN_BELOW."""
        self.add_advanced(
            probability("UNCERTAIN_BELOW", tr("Mark as uncertain below this confidence")),
            about=tr("Between 0 and 1; left empty, every pixel gets its likeliest class."),
        )

    def optional_number(
        self, parameters: Parameters, name: str, context: QgsProcessingContext
    ) -> float | None:
        """Return a number, or None where the parameter was left empty."""
        if parameters.get(name) in (None, ""):
            return None
        return float(self.parameterAsDouble(parameters, name, context))

    def option_words(
        self, parameters: Parameters, context: QgsProcessingContext, *names: str
    ) -> list[str]:
        """Return the options of the command line for parameters that are not empty.

        Parameters
        ----------
        *names : str
            Of parameters that hold texts and are called as the options, such as ``MODEL``.
        """
        words = []
        for name in names:
            value = self.parameterAsString(parameters, name, context)
            if value:
                words += [f"--{name.lower().replace('_', '-')}", value]
        return words


class ModelAlgorithm(WithModel, SceneAlgorithm):
    """An algorithm in which a model sees a scene, or a part of it.

    Attributes
    ----------
    area : QgsGeometry or None
        What to look at, in the CRS of the scene; known when `perform` is called.
    """

    area: QgsGeometry | None

    def add_area(self) -> None:
        """Declare AOI and EXTENT."""
        self.add(
            QgsProcessingParameterFeatureSource(
                "AOI",
                tr("Area of interest"),
                [QgsProcessing.SourceType.TypeVectorPolygon],
                optional=True,
            ),
            about=tr("Polygons to map; pixels outside become nodata."),
        )
        self.add(
            QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True),
            about=tr(
                "Rectangle to map. With an area of interest, only their intersection is mapped."
            ),
        )

    def prepare(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Take the area too."""
        super().prepare(parameters, context, feedback)
        self.area = area_of(
            self.parameterAsSource(parameters, "AOI", context),
            self.parameterAsExtent(parameters, "EXTENT", context, self.crs),
            self.crs,
            self.extent,
            context.transformContext(),
        )

    def area_words(self) -> list[str]:
        """Write the area to a file of QGIS's own, and return the option that names it."""
        if self.area is None:
            return []
        folder = Path(QgsProcessingUtils.generateTempFilename("area")).parent
        folder.mkdir(parents=True, exist_ok=True)
        return ["--aoi", str(write_area(self.area, self.crs, folder))]


def text(name: str, label: str, default: str) -> QgsProcessingParameterString:
    """Return a parameter for a text that may be left empty."""
    return QgsProcessingParameterString(name, label, default, optional=True)


def switch(name: str, label: str) -> QgsProcessingParameterBoolean:
    """Return a parameter to tick."""
    return QgsProcessingParameterBoolean(name, label, defaultValue=False)


def probability(name: str, label: str) -> QgsProcessingParameterNumber:
    """Return a parameter for a number from 0 to 1 that may be left empty."""
    return QgsProcessingParameterNumber(
        name,
        label,
        QgsProcessingParameterNumber.Type.Double,
        optional=True,
        minValue=0.0,
        maxValue=1.0,
    )
