"""The area to map: polygons of a layer, an extent, or both, as a file that sargeo reads."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureSource,
    QgsFields,
    QgsGeometry,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsWkbTypes,
)

from ..core.errors import PluginError

FILE_NAME = "area_of_interest.gpkg"


def area_of(
    source: QgsFeatureSource | None,
    extent: QgsRectangle,
    crs: QgsCoordinateReferenceSystem,
    transforms: QgsCoordinateTransformContext,
) -> QgsGeometry | None:
    """Return the area to map in a CRS, or None for all of the scene.

    Parameters
    ----------
    source : QgsFeatureSource, optional
        Polygons; in the CRS of the source.
    extent : QgsRectangle
        In `crs`; null for none. With polygons, what both cover counts.
    crs : QgsCoordinateReferenceSystem
    transforms : QgsCoordinateTransformContext

    Raises
    ------
    PluginError
        If polygons are given and none lies within the extent.
    """
    if source is None:
        return None if extent.isNull() else QgsGeometry.fromRect(extent)
    to_crs = QgsCoordinateTransform(source.sourceCrs(), crs, transforms)
    shapes = []
    for feature in source.getFeatures():
        shape = feature.geometry().makeValid()
        shape.transform(to_crs)
        shapes.append(shape)
    area = QgsGeometry.unaryUnion(shapes)
    if not extent.isNull():
        area = area.intersection(QgsGeometry.fromRect(extent))
    if area.isEmpty():
        raise PluginError(
            f"{source.sourceName()} has no polygon in the area chosen.",
            "Choose another layer, another extent, or other features.",
        )
    return area


def write_area(area: QgsGeometry, crs: QgsCoordinateReferenceSystem, folder: Path) -> Path:
    """Write an area as the one feature of a GeoPackage in a folder; return its path.

    Raises
    ------
    PluginError
        If the file cannot be written.
    """
    path = folder / FILE_NAME
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "area_of_interest"
    writer = QgsVectorFileWriter.create(
        str(path),
        QgsFields(),
        QgsWkbTypes.Type.MultiPolygon,
        crs,
        QgsCoordinateTransformContext(),
        options,
    )
    area.convertToMultiType()
    feature = QgsFeature()
    feature.setGeometry(area)
    written = writer.addFeature(feature)
    message = writer.errorMessage()
    del writer  # closes the file
    if not written:
        raise PluginError(
            f"{path} cannot be written: {message}.",
            "Check that you may write there, and that no other program holds the file open.",
        )
    return path
