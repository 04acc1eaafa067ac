"""``sargeo:map_scene``: the main job."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from .. import session
from ..core.errors import CancelledError, PluginError
from ..core.map_request import PRODUCTS, MapRequest
from ..core.products import Products
from ..settings import Settings
from ..styling.results import show_products
from ..translation import tr
from .algorithm import Parameters
from .areas import area_of, write_area
from .listening import FeedbackListener
from .scenes import SceneAlgorithm

#: How the name of the area of interest ends, which is kept beside the products.
AREA_END = "_area.gpkg"


class MapScene(SceneAlgorithm):
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
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", tr("Output folder")),
            about=tr("Files are named after the scene."),
        )

    def _add_advanced_parameters(self) -> None:
        self.add_advanced(
            _text("MODEL", tr("Model"), "sargeo-tiny"),
            about=tr("Name of a model, or its folder."),
        )
        self.add_advanced(
            _text("DEVICE", tr("Device"), "auto"),
            about=tr("auto, cpu, cuda or cuda:1. auto takes the graphics card where there is one."),
        )
        self.add_assume()
        self.add_advanced(
            _probability("MIN_CONFIDENCE", tr("Minimum object confidence")),
            about=tr("Between 0 and 1; left empty, the model's own."),
        )
        self.add_advanced(
            _probability("UNCERTAIN_BELOW", tr("Mark as uncertain below this confidence")),
            about=tr("Between 0 and 1; left empty, every pixel gets its likeliest class."),
        )
        self.add_advanced(
            _switch("SHIPS_OFF_LAND", tr("Exclude objects on land")),
            about=tr("On land means on pixels that this run maps as land."),
        )
        self.add_advanced(
            _switch("WEB_MAP", tr("Also create a web map")),
            about=tr("One file that opens in a browser without network."),
        )
        self.add_advanced(
            _switch("OVERWRITE", tr("Overwrite existing products")),
            about=tr(
                "If unticked, a run stops when the folder already holds products of this scene."
            ),
        )
        self.add_advanced(
            _text("HOST", tr("Run on another machine"), Settings.read().host),
            about=tr("An ssh destination, such as user@host. Leave empty to run on this machine."),
        )

    def prepare(self, parameters: Parameters, context: QgsProcessingContext) -> None:
        """Take the area too."""
        super().prepare(parameters, context)
        self._area = area_of(
            self.parameterAsSource(parameters, "AOI", context),
            self.parameterAsExtent(parameters, "EXTENT", context, self.crs),
            self.crs,
            self.extent,
            context.transformContext(),
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
        with turn, _output_folder(folder, stem):  # which the run before may change
            request = self._request(parameters, context, folder, f"{stem}{AREA_END}")
            feedback.pushCommandInfo(session.command_text(request, host))
            result = session.map_scene(request, host, listener, feedback.isCanceled)
        feedback.setProgress(100)
        products = Products.of_paths(result["products"])
        show_products(products, stem, context)
        return {**products.outputs(), "OBJECT_NUMBER": result.get("objects")}

    def _request(
        self, parameters: Parameters, context: QgsProcessingContext, folder: Path, area_name: str
    ) -> MapRequest:
        return MapRequest(
            scene=self.scene,
            output_folder=folder,
            aoi=write_area(self._area, self.crs, folder, area_name) if self._area else None,
            model=self.parameterAsString(parameters, "MODEL", context),
            products=tuple(self.parameterAsEnumStrings(parameters, "PRODUCTS", context)),
            cell_size_m=self.parameterAsDouble(parameters, "CELL_SIZE", context),
            device=self.parameterAsString(parameters, "DEVICE", context),
            assume=self.parameterAsString(parameters, "ASSUME", context),
            min_confidence=self._optional(parameters, "MIN_CONFIDENCE", context),
            uncertain_below=self._optional(parameters, "UNCERTAIN_BELOW", context),
            ships_off_land=self.parameterAsBool(parameters, "SHIPS_OFF_LAND", context),
            web_map=self.parameterAsBool(parameters, "WEB_MAP", context),
            overwrite=self.parameterAsBool(parameters, "OVERWRITE", context),
        )

    def _optional(
        self, parameters: Parameters, name: str, context: QgsProcessingContext
    ) -> float | None:
        if parameters.get(name) in (None, ""):
            return None
        return float(self.parameterAsDouble(parameters, name, context))


@contextmanager
def _output_folder(folder: Path, stem: str) -> Iterator[None]:
    """Make the folder; a run that fails leaves it as it was.

    sargeo keeps an unfinished run, hidden, and refuses the next one for it. Here nobody would know.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PluginError(
            f"The folder {folder} cannot be made: {error.strerror or error}.",
            "Choose another folder for the products.",
        ) from error
    before = _unfinished(folder, stem)
    area = folder / f"{stem}{AREA_END}"
    area_before = area.read_bytes() if area.exists() else None
    try:
        yield
    except (PluginError, CancelledError):
        for path in _unfinished(folder, stem) - before:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if area_before is not None and area.read_bytes() != area_before:
            area.write_bytes(area_before)  # belongs to the products that are there
        if made and not any(folder.iterdir()):
            folder.rmdir()
        raise


def _unfinished(folder: Path, stem: str) -> set[Path]:
    names = (f".{stem}.sargeo", f".{stem}.sargeo.lock", f"{stem}{AREA_END}")
    return {folder / name for name in names if (folder / name).exists()}


def _text(name: str, label: str, default: str) -> QgsProcessingParameterString:
    return QgsProcessingParameterString(name, label, default, optional=True)


def _switch(name: str, label: str) -> QgsProcessingParameterBoolean:
    return QgsProcessingParameterBoolean(name, label, defaultValue=False)


def _probability(name: str, label: str) -> QgsProcessingParameterNumber:
    return QgsProcessingParameterNumber(
        name,
        label,
        QgsProcessingParameterNumber.Type.Double,
        optional=True,
        minValue=0.0,
        maxValue=1.0,
    )
