"""From a layer of QGIS to the path that sargeo opens."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsMapLayer, QgsProviderRegistry

from ..core.errors import PluginError

# Rasters of these providers are files of GDAL; others come from servers or live in memory.
_FILES = ("gdal",)


def path_of_raster(layer: QgsMapLayer) -> str:
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


def refuse_missing_file(path: str) -> None:
    """Refuse a path of this machine at which nothing is.

    Raises
    ------
    PluginError
    """
    if path.startswith("/vsi"):
        return
    if not Path(path).exists():
        raise PluginError(f"There is no file {path}.", "Check the path of the scene.")
