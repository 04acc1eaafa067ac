"""Algorithms on a scene: from a layer of QGIS to the path that sargeo opens."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProviderRegistry,
    QgsRasterLayer,
)

from ..core.errors import PluginError
from ..translation import tr
from .algorithm import Parameters, SargeoAlgorithm

# Rasters of these providers are files of GDAL; others come from servers or live in memory.
_FILES = ("gdal",)


def path_of_raster(layer: QgsRasterLayer) -> str:
    """Return the path of a raster layer as GDAL understands it.

    Raises
    ------
    PluginError
        If the layer is no raster in a file, or has no CRS.
    """
    name = layer.name()
    provider = layer.providerType()
    if provider not in _FILES:
        kind = {"wms": "a picture from a web server", "virtualraster": "computed on the fly"}
        raise PluginError(
            f"Layer {name} is {kind.get(provider, f'of provider {provider}')}, not a raster file.",
            "Choose the file with the measured backscatter; a picture of it cannot be mapped.",
        )
    path = str(QgsProviderRegistry.instance().decodeUri(provider, layer.source())["path"])
    if path.startswith("/vsimem/"):
        raise PluginError(
            f"Layer {name} exists in the memory of QGIS only.",
            "Save it as a GeoTIFF and choose that.",
        )
    if not layer.crs().isValid():
        raise PluginError(
            f"Layer {name} has no coordinate reference system.",
            "Assign the right one and save the layer as a GeoTIFF, or warp it by its GCPs.",
        )
    return path


class SceneAlgorithm(SargeoAlgorithm):
    """An algorithm with the parameters SCENE and ASSUME.

    Attributes
    ----------
    scene : str
        Path as GDAL understands it; known when `perform` is called.
    crs : QgsCoordinateReferenceSystem
        Of the scene.
    """

    scene: str
    crs: QgsCoordinateReferenceSystem

    def add_scene(self) -> None:
        """Declare SCENE."""
        self.add(
            QgsProcessingParameterRasterLayer("SCENE", tr("Scene")),
            about=tr("A raster file of one to four polarisations, with a CRS."),
        )

    def add_assume(self) -> None:
        """Declare ASSUME."""
        self.add_advanced(
            QgsProcessingParameterString(
                "ASSUME", tr("Information missing from the file"), "", optional=True
            ),
            about=tr(
                "Separated by commas: db, linear or amplitude; vv, vh, hh, hv in the order of the"
                " bands; gsd=METRES."
            ),
        )

    def checkParameterValues(
        self, parameters: Parameters, context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Refuse a scene that cannot be mapped, before anything starts."""
        try:
            path_of_raster(self._layer(parameters, context))
        except PluginError as error:
            return False, f"{error.problem} {error.remedy}"
        accepted: tuple[bool, str] = super().checkParameterValues(parameters, context)
        return accepted

    def prepareAlgorithm(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Take from layers, in the main thread, what the run needs of them."""
        try:
            self.prepare(parameters, context)
        except PluginError as error:
            feedback.reportError(f"{error.problem}\n{error.remedy}", fatalError=True)
            return False
        return True

    def prepare(self, parameters: Parameters, context: QgsProcessingContext) -> None:
        """Take path and CRS from the layer.

        Raises
        ------
        PluginError
        """
        layer = self._layer(parameters, context)
        self.scene = path_of_raster(layer)
        self.crs = layer.crs()

    def _layer(self, parameters: Parameters, context: QgsProcessingContext) -> QgsRasterLayer:
        layer = self.parameterAsRasterLayer(parameters, "SCENE", context)
        if layer is None:
            raise _not_opened(parameters.get("SCENE"))
        return layer


def _not_opened(value: object) -> PluginError:
    if isinstance(value, str) and not value.startswith("/vsi") and not Path(value).exists():
        return PluginError(f"There is no file {value}.", "Check the path of the scene.")
    return PluginError(
        f"QGIS cannot open {value} as a raster.",
        "Choose a raster layer, or a file that GDAL reads.",
    )
