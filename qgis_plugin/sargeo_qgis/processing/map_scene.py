"""``sargeo:map_scene``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
)

from .. import session
from ..core.map_request import PRODUCTS, MapRequest
from ..core.products import Products
from ..settings import Settings
from ..styling.results import show_products
from ..translation import tr
from .algorithm import Parameters
from .areas import write_area
from .listening import FeedbackListener
from .model_runs import ModelAlgorithm, probability, switch, text
from .output_folder import output_folder

#: How the name of the area of interest ends, which is kept beside the products.
AREA_END = "_area.gpkg"


class MapScene(ModelAlgorithm):
    """Maps a scene; the work happens in a child, here or on another machine."""

    NAME = "map_scene"

    def displayName(self) -> str:
        """Return the name for people."""
        return tr("Map land cover and objects")

    def help(self) -> list[str]:
        """Return the help."""
        return [
            tr(
                "Maps a georeferenced SAR scene: land cover in five classes, the confidence of each"
                " pixel, ships as points, and their number per cell."
            ),
            tr(
                "Products keep the scene's grid and coordinate reference system. Sigma nought,"
                " gamma nought, beta nought and uncalibrated amplitude are understood; say under"
                " “Information missing from the file” what cannot be read from it."
            ),
            tr(
                "sargeo runs in its own Python process. Cancelling stops it and leaves no products."
                " Runs are queued."
            ),
        ]

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self._add_parameters()
        self._add_advanced_parameters()
        self.addOutput(QgsProcessingOutputRasterLayer("LANDCOVER", tr("Land cover")))
        self.addOutput(QgsProcessingOutputRasterLayer("CONFIDENCE", tr("Confidence")))
        self.addOutput(QgsProcessingOutputRasterLayer("COUNT", tr("Objects per cell")))
        self.addOutput(QgsProcessingOutputVectorLayer("OBJECTS", tr("Objects")))
        self.addOutput(QgsProcessingOutputFile("WEB_PAGE", tr("Web page")))
        self.addOutput(QgsProcessingOutputNumber("OBJECT_NUMBER", tr("Number of objects")))

    def _add_parameters(self) -> None:
        self.add_scene()
        self.add_area()
        self.add(
            QgsProcessingParameterEnum(
                "PRODUCTS",
                tr("Products"),
                options=list(PRODUCTS),
                allowMultiple=True,
                defaultValue=list(PRODUCTS),
                usesStaticStrings=True,
            ),
            about=tr("Land cover with its confidence, objects with their number per cell."),
        )
        self.add(
            QgsProcessingParameterNumber(
                "CELL_SIZE",
                tr("Cell size of the count raster, in metres"),
                QgsProcessingParameterNumber.Type.Double,
                500.0,
                minValue=1.0,
            ),
            about=tr("Rounded to whole pixels of the scene."),
        )
        self.add_output_folder()

    def _add_advanced_parameters(self) -> None:
        self.add_model()
        self.add_assume()
        self.add_advanced(
            probability("MIN_CONFIDENCE", tr("Minimum object confidence")),
            about=tr("Between 0 and 1; left empty, the model's own."),
        )
        self.add_uncertain_below()
        self.add_advanced(
            switch("SHIPS_OFF_LAND", tr("Exclude objects on land")),
            about=tr("On land means on pixels that this run maps as land."),
        )
        self.add_advanced(
            switch("WEB_MAP", tr("Also create a web map")),
            about=tr("One file that opens in a browser without network."),
        )
        self.add_overwrite()
        self.add_advanced(
            text("HOST", tr("Run on another machine"), Settings.read().host),
            about=tr("An ssh destination, such as user@host. Leave empty to run on this machine."),
        )

    def perform(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Map, and hand the products to QGIS."""
        folder = Path(self.parameterAsString(parameters, "OUTPUT_FOLDER", context))
        host = self.parameterAsString(parameters, "HOST", context)
        listener = FeedbackListener(feedback)
        stem = self.stem(self.parameterAsString(parameters, "ASSUME", context))
        turn = session.TURNS.take(feedback.isCanceled, listener.waiting)
        area_name = f"{stem}{AREA_END}"
        unfinished = (f".{stem}.sargeo", f".{stem}.sargeo.lock", area_name)
        with turn, output_folder(folder, unfinished, area_name):  # the run before may change it
            request = self._request(parameters, context, folder, area_name)
            feedback.pushCommandInfo(session.command_text(request, host))
            result = session.map_scene(request, host, listener, feedback.isCanceled)
        feedback.setProgress(100)
        products = Products.of_paths(result["products"])
        show_products(products.outputs(), stem, context)
        return {
            **products.outputs(),
            "OBJECT_NUMBER": result.get("objects"),
            "OUTPUT_FOLDER": str(folder),
        }

    def _request(
        self, parameters: Parameters, context: QgsProcessingContext, folder: Path, area_name: str
    ) -> MapRequest:
        return MapRequest(
            scene=self.scene,
            output_folder=folder,
            aoi=write_area(self.area, self.crs, folder, area_name) if self.area else None,
            model=self.parameterAsString(parameters, "MODEL", context),
            products=tuple(self.parameterAsEnumStrings(parameters, "PRODUCTS", context)),
            cell_size_m=self.parameterAsDouble(parameters, "CELL_SIZE", context),
            device=self.parameterAsString(parameters, "DEVICE", context),
            assume=self.parameterAsString(parameters, "ASSUME", context),
            min_confidence=self.optional_number(parameters, "MIN_CONFIDENCE", context),
            uncertain_below=self.optional_number(parameters, "UNCERTAIN_BELOW", context),
            ships_off_land=self.parameterAsBool(parameters, "SHIPS_OFF_LAND", context),
            web_map=self.parameterAsBool(parameters, "WEB_MAP", context),
            overwrite=self.parameterAsBool(parameters, "OVERWRITE", context),
        )
