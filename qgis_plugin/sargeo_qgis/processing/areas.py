"""The area to map: polygons of a layer, an extent, or both, as a file that sargeo reads."""

from __future__ import annotations

import math
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingFeatureSource,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QTransform

from ..core.errors import PluginError

# What is kept around a scene, as a share of its longer side: enough that cutting there moves no
# edge within it.
_AROUND = 0.1

# Sides are followed at points, since straight lines of a projection are curves in another.
_POINTS_PER_SIDE = 20


def area_of(
    source: QgsProcessingFeatureSource | None,
    extent: QgsRectangle,
    crs: QgsCoordinateReferenceSystem,
    scene: QgsRectangle,
    transforms: QgsCoordinateTransformContext,
) -> QgsGeometry | None:
    """Return the area to map in the CRS of a scene, or None for all of it.

    Parameters
    ----------
    source : QgsProcessingFeatureSource, optional
        Polygons; in the CRS of the source.
    extent : QgsRectangle
        In `crs`; null for none. With polygons, what both cover counts.
    crs : QgsCoordinateReferenceSystem
    scene : QgsRectangle
        What the scene covers, in `crs`.
    transforms : QgsCoordinateTransformContext

    Raises
    ------
    PluginError
        If polygons are given, and they have no CRS, or none lies near the scene and within the
        extent.
    """
    if source is None:
        return None if extent.isNull() else QgsGeometry.fromRect(extent)
    name = source.sourceName()
    if not source.sourceCrs().isValid():
        raise PluginError(
            f"Layer {name} has no coordinate reference system.",
            "Assign the one that its coordinates are in.",
        )
    unchecked = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    features = source.getFeatures(QgsFeatureRequest(), unchecked)  # they are repaired here
    shapes = [feature.geometry().makeValid() for feature in features]
    given = QgsGeometry.unaryUnion(shapes)
    area = in_crs_near(given, source.sourceCrs(), crs, scene, transforms)
    if not extent.isNull():
        area = _polygons(area.intersection(QgsGeometry.fromRect(extent)))
    if area.isEmpty():
        where = "near the scene" if extent.isNull() else "in the area chosen"
        raise PluginError(
            f"{name} has no polygon {where}.",
            "Choose another layer, another extent, or other features.",
        )
    return area


def in_crs_near(
    shape: QgsGeometry,
    from_crs: QgsCoordinateReferenceSystem,
    to_crs: QgsCoordinateReferenceSystem,
    extent: QgsRectangle,
    transforms: QgsCoordinateTransformContext,
) -> QgsGeometry:
    """Bring polygons into another CRS, without what lies far away from an extent.

    A continent has no place in a UTM zone: its far corners come out anywhere, and the shape with
    them.

    Parameters
    ----------
    shape : QgsGeometry
        Valid; what is no polygon is left out.
    from_crs, to_crs : QgsCoordinateReferenceSystem
    extent : QgsRectangle
        In `to_crs`.
    transforms : QgsCoordinateTransformContext

    Returns
    -------
    QgsGeometry
        Polygons; empty if none lies near the extent.

    Raises
    ------
    PluginError
        If the extent, or what is near it, has no coordinates in the other CRS.
    """
    if from_crs == to_crs:
        return _polygons(shape)
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    try:
        around = _surroundings(extent, QgsCoordinateTransform(to_crs, degrees, transforms))
        _transform(around, QgsCoordinateTransform(degrees, from_crs, transforms))
        if from_crs.isGeographic():
            around = _turned(around)  # some write 181 for -179
        near = shape.intersection(around)
        _transform(near, QgsCoordinateTransform(from_crs, to_crs, transforms))
    except QgsCsException as error:
        names = [crs.userFriendlyIdentifier() for crs in (from_crs, to_crs)]
        raise PluginError(
            f"The area, in {names[0]}, cannot be brought into {names[1]} near the scene.",
            "Check that its coordinate reference system, and the scene's, are the right ones.",
        ) from error
    return _polygons(near)


def _surroundings(extent: QgsRectangle, to_degrees: QgsCoordinateTransform) -> QgsGeometry:
    """Outline an extent, grown a little, in degrees; cut at the antimeridian."""
    outline = QgsGeometry.fromRect(extent.buffered(_AROUND * max(extent.width(), extent.height())))
    outline = outline.densifyByCount(_POINTS_PER_SIDE)
    _transform(outline, to_degrees)
    points = _unwrapped([(point.x(), point.y()) for point in outline.asPolygon()[0]])
    whole = QgsGeometry.fromPolygonXY([[QgsPointXY(x, y) for x, y in points]]).makeValid()
    globe = QgsGeometry.fromRect(QgsRectangle(-180, -90, 180, 90))
    return _turned(whole).intersection(globe)


def _unwrapped(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Undo the jumps of longitudes at the antimeridian; a ring around a pole gets up to it."""
    points = ring[:1]
    for x, y in ring[1:]:
        before = points[-1][0]
        points.append((before + math.remainder(x - before, 360), y))
    if abs(points[-1][0] - points[0][0]) > 180:
        pole = math.copysign(90, sum(y for _, y in points))
        points += [(points[-1][0], pole), (points[0][0], pole), points[0]]
    return points


def _turned(shape: QgsGeometry) -> QgsGeometry:
    """Repeat a shape in degrees once around the Earth to the west, and once to the east."""
    copies = [QgsGeometry(shape) for _ in range(3)]
    for turn, copy in zip((-1, 0, 1), copies):
        copy.transform(QTransform.fromTranslate(360 * turn, 0))
    return QgsGeometry.unaryUnion(copies)


def _polygons(shape: QgsGeometry) -> QgsGeometry:
    """Leave out lines and points, such as shapes share where they touch."""
    return QgsGeometry.unaryUnion([p for p in shape.asGeometryCollection() if p.area() > 0])


def _transform(shape: QgsGeometry, transform: QgsCoordinateTransform) -> None:
    """Transform a shape in place; points that come out nowhere are an error, too."""
    shape.transform(transform)
    if not shape.isEmpty() and not shape.boundingBox().isFinite():
        raise QgsCsException("infinite coordinates")


def write_area(
    area: QgsGeometry, crs: QgsCoordinateReferenceSystem, folder: Path, name: str = "area.gpkg"
) -> Path:
    """Write an area as the one feature of a GeoPackage in a folder; return its path.

    Raises
    ------
    PluginError
        If the file cannot be written.
    """
    path = folder / name
    # Beside it, since writing into a file that is open as a layer breaks both.
    part = folder / f".{name}"
    message = _write(part, area, crs)
    if not message:
        try:
            part.replace(path)
        except OSError as error:
            part.unlink()
            message = error.strerror or str(error)
    if message:
        raise PluginError(
            f"{path} cannot be written: {message}.",
            "Check that you may write there, and that no layer or other program holds it open.",
        )
    return path


def _write(path: Path, area: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> str:
    """Write a GeoPackage; return what went wrong, or nothing."""
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
    message = str(writer.errorMessage())
    del writer  # closes the file
    return "" if written else message or "it is not known why"
