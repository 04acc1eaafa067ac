"""Algorithms on a scene: from a layer of QGIS to the path that sargeo opens."""

from __future__ import annotations

import re
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterRasterLayer,
    QgsRasterLayer,
    QgsRectangle,
)

from ..core.errors import PluginError
from ..core.scene_files import stem_of
from ..translation import tr
from .algorithm import Parameters, SargeoAlgorithm

# Rasters of these providers are files of GDAL; others come from servers or live in memory.
_FILES = ("gdal",)

_POLARISATIONS = ("VV", "VH", "HH", "HV")

# What QGIS writes behind a path for GDAL: how to open it.
_OPTIONS = re.compile(r"\|(option|credential):.*", re.DOTALL)


def path_of_raster(layer: QgsRasterLayer) -> str:
    """Return the path of a raster layer as GDAL understands it.

    Raises
    ------
    PluginError
        If the layer is no raster in a file, has no CRS, or another one than its file.
    """
    name = layer.name()
    provider = layer.providerType()
    if provider not in _FILES:
        kind = {"wms": "a picture from a web server", "virtualraster": "computed on the fly"}
        raise PluginError(
            f"Layer {name} is {kind.get(provider, f'of provider {provider}')}, not a raster file.",
            "Choose the file with the measured backscatter; a picture of it cannot be mapped.",
        )
    path = source_path(layer)
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
    _refuse_another_crs(layer)
    return path


def _refuse_another_crs(layer: QgsRasterLayer) -> None:
    """Refuse a layer that QGIS shows elsewhere than its file lies: sargeo reads the file."""
    shown, written = layer.crs(), layer.dataProvider().crs()
    if shown == written:
        return
    name, crs = layer.name(), shown.userFriendlyIdentifier()
    if not written.isValid():
        raise PluginError(
            f"Layer {name} is shown in {crs}, but its file has no coordinate reference system.",
            "Save the layer as a GeoTIFF and choose that.",
        )
    raise PluginError(
        f"Layer {name} is shown in {crs}, but its file is in {written.userFriendlyIdentifier()}.",
        "Give the layer the coordinate reference system of its file; if the file is wrong, save"
        " the layer as a GeoTIFF and choose that.",
    )


def source_path(layer: QgsRasterLayer) -> str:
    """Return what GDAL calls the source of a layer, a file in an archive or a part of one too.

    Parameters
    ----------
    layer : QgsRasterLayer
        Of any provider; what is no file keeps the name that its provider gave it.
    """
    source: str = layer.source()
    if layer.providerType() not in _FILES:
        return source
    return _OPTIONS.sub("", source)


class SceneAlgorithm(SargeoAlgorithm):
    """An algorithm with the parameters SCENE and ASSUME.

    Attributes
    ----------
    scene : str
        Path as GDAL understands it; known when `perform` is called.
    crs : QgsCoordinateReferenceSystem
        Of the scene.
    extent : QgsRectangle
        What it covers, in its CRS.
    bands : int
    """

    scene: str
    crs: QgsCoordinateReferenceSystem
    extent: QgsRectangle
    bands: int

    def add_scene(self) -> None:
        """Declare SCENE."""
        self.add(
            QgsProcessingParameterRasterLayer("SCENE", tr("Scene")),
            about=tr("A raster file of one to four polarisations, with a CRS."),
        )

    def checkParameterValues(
        self, parameters: Parameters, context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Refuse a scene that cannot be mapped, before anything starts."""
        try:
            layer = self._layer(parameters, context)
            path_of_raster(layer)
        except PluginError as error:
            return False, f"{error.problem} {error.remedy}"
        accepted: tuple[bool, str] = super().checkParameterValues(
            {**parameters, "SCENE": layer}, context
        )
        return accepted

    def prepare(
        self,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Take from the layer what the run needs of it."""
        layer = self._layer(parameters, context)
        self.scene = path_of_raster(layer)
        self.crs = layer.crs()
        self.extent = layer.extent()
        self.bands = layer.bandCount()

    def stem(self, assumed: str) -> str:
        """Return how sargeo names the products of the scene; `assumed` is the value of ASSUME.

        Files of one band each, one per polarisation, are one scene, unless the user names the one.
        """
        path = Path(self.scene)
        named = [word for word in assumed.split(",") if word.strip().upper() in _POLARISATIONS]
        return stem_of(path) if self.bands == 1 and len(named) != 1 else path.stem

    def _layer(self, parameters: Parameters, context: QgsProcessingContext) -> QgsRasterLayer:
        layer = self.parameterAsRasterLayer(parameters, "SCENE", context)
        if layer is None:  # Processing knows plain files only: none in an archive or on a server
            value = parameters.get("SCENE")
            layer = QgsRasterLayer(str(value or ""), str(value))
            if not layer.isValid():
                raise _not_opened(value)
        return layer


def _not_opened(value: object) -> PluginError:
    if isinstance(value, str) and not value.startswith("/vsi") and not Path(value).exists():
        return PluginError(f"There is no file {value}.", "Check the path of the scene.")
    return PluginError(
        f"QGIS cannot open {value} as a raster.",
        "Choose a raster layer, or a file that GDAL reads.",
    )
