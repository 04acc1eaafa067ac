"""The area to map: polygons of a layer, an extent, or both, as a file that sargeo reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
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

# As in sargeo.geo, which places vectors by the same rules: this process cannot import it.
_TURNS = 3
_LEAP = 340 / 360
_ROUNDED = 1e-6
_BEFORE_THE_SEAM = 1 - 1e-9

Ring = list[QgsPointXY]


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
    given = united(features, source.sourceCrs(), transforms)
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


def united(
    features: Iterable[QgsFeature],
    crs: QgsCoordinateReferenceSystem,
    transforms: QgsCoordinateTransformContext,
) -> QgsGeometry:
    """Repair the polygons of features and unite them; those that leap from 179 to -179 go on.

    Parameters
    ----------
    features : iterable of QgsFeature
        What is no polygon in them is left out.
    crs : QgsCoordinateReferenceSystem
        Of the features.
    transforms : QgsCoordinateTransformContext
    """
    period = _period(crs, transforms)

    def mended(ring: Ring) -> Ring:
        steps = [abs(b.x() - a.x()) for a, b in zip(ring, ring[1:])]
        leaps = [step for step in steps if period and step > _LEAP * period]
        if not leaps:
            return ring
        followed = _in_turns(ring[:-1], period, period / 4)
        xs = [point.x() for point in followed]
        there_and_back = max(xs) - min(xs) < _ROUNDED * period
        along_a_parallel = len(followed) >= len(ring) and min(leaps) > _BEFORE_THE_SEAM * period
        return ring if there_and_back or along_a_parallel else followed

    return QgsGeometry.unaryUnion(
        [_polygons(_each_ring(feature.geometry(), mended)) for feature in features]
    )


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
    period, turn = _period(from_crs, transforms), _period(to_crs, transforms)
    if from_crs == to_crs and not turn:
        return _polygons(shape)
    there = QgsCoordinateTransform(to_crs, from_crs, transforms)
    back = QgsCoordinateTransform(from_crs, to_crs, transforms)
    middle = extent.center().x()
    try:
        border = _border(extent, turn, degrees=to_crs.isGeographic())
        around = _outline([_moved(point, there) for point in border], period, shape.boundingBox())
        near = _polygons(_on_its_turn(_polygons(shape), around, period))
        if from_crs != to_crs:  # straight lines stay what they are where they were drawn
            box = around.boundingBox()
            near = near.densifyByDistance(max(box.width(), box.height()) / (4 * _POINTS_PER_SIDE))
        near = _each_ring(
            near, lambda ring: [_on_turn_of(middle, _moved(point, back), turn) for point in ring]
        )
    except QgsCsException as error:
        names = [crs.userFriendlyIdentifier() for crs in (from_crs, to_crs)]
        raise PluginError(
            f"The area, in {names[0]}, cannot be brought into {names[1]} near the scene.",
            "Check that its coordinate reference system, and the scene's, are the right ones.",
        ) from error
    return _polygons(near)


def _period(crs: QgsCoordinateReferenceSystem, transforms: QgsCoordinateTransformContext) -> float:
    """Return by how much x grows in one turn of the Earth; 0 where x does not repeat.

    As `sargeo.geo.antimeridian.period_of`, which this process cannot import.
    """
    if crs.isGeographic():
        return 360.0
    to_crs = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), crs, transforms)
    period = 0.0
    for latitude in (0.0, 40.0):
        try:
            line = [to_crs.transform(QgsPointXY(x, latitude)) for x in range(-180, 181, 10)]
        except QgsCsException:
            return 0.0
        steps = [b.x() - a.x() for a, b in zip(line, line[1:])]
        period = period or 36 * sorted(steps)[len(steps) // 2]
        if not period or not math.isfinite(period):
            return 0.0
        uneven = [math.remainder(step - period / 36, period) for step in steps]
        heights = [point.y() for point in line]
        if max(map(abs, uneven)) + max(heights) - min(heights) > 1e-4 * abs(period):
            return 0.0
    return abs(period)


def _border(extent: QgsRectangle, turn: float, *, degrees: bool) -> Ring:
    """Follow the border of an extent, grown a little, but once around the Earth at most."""
    box = extent.buffered(_AROUND * max(extent.width(), extent.height()))
    ring = QgsGeometry.fromRect(box).densifyByCount(_POINTS_PER_SIDE).asPolygon()[0][:-1]
    middle, reach = extent.center().x(), turn / 2 * _BEFORE_THE_SEAM
    points = []
    for point in ring:
        x, y = point.x(), point.y()
        if turn:
            x = min(max(x, middle - reach), middle + reach)
        if degrees:
            y = min(max(y, -90 * _BEFORE_THE_SEAM), 90 * _BEFORE_THE_SEAM)
        points.append(QgsPointXY(x, y))
    return points


def _outline(ring: Ring, period: float, shapes: QgsRectangle) -> QgsGeometry:
    """Return what a ring encloses, a pole too."""
    beyond = 1 + max(abs(y) for y in (shapes.yMinimum(), shapes.yMaximum(), *(p.y() for p in ring)))
    return QgsGeometry.fromPolygonXY([_in_turns(ring, period, beyond)]).makeValid()


def _in_turns(ring: Ring, period: float, pole: float) -> Ring:
    """Follow a ring around the Earth without jumps, and up to the pole that it goes around."""
    if not period:
        return ring
    points = ring[:1]
    for point in ring[1:]:
        points.append(_on_turn_of(points[-1].x(), point, period))
    turn = _on_turn_of(points[-1].x(), points[0], period).x() - points[0].x()
    if abs(turn) > period / 2:
        top = math.copysign(pole, sum(point.y() for point in points))
        first = points[0]
        points.append(QgsPointXY(first.x() + turn, first.y()))
        points += [QgsPointXY(first.x() + turn, top), QgsPointXY(first.x(), top)]
    return points


def _on_its_turn(shape: QgsGeometry, around: QgsGeometry, period: float) -> QgsGeometry:
    """Cut what lies in an outline out of a shape, on every turn of the Earth."""
    pieces = []
    for k in range(-_TURNS, _TURNS + 1) if period else (0,):
        copy = QgsGeometry(shape)
        copy.transform(QTransform.fromTranslate(k * period, 0))
        if copy.boundingBoxIntersects(around):
            pieces.append(copy.intersection(around))
    return QgsGeometry.unaryUnion(pieces)


def _on_turn_of(x: float, point: QgsPointXY, period: float) -> QgsPointXY:
    """Bring a point within half a turn of an x."""
    away = point.x() - x
    return QgsPointXY(x + math.remainder(away, period), point.y()) if period else point


def _moved(point: QgsPointXY, transform: QgsCoordinateTransform) -> QgsPointXY:
    """Transform a point; one that comes out nowhere is an error, too."""
    moved = transform.transform(point)
    if not (math.isfinite(moved.x()) and math.isfinite(moved.y())):
        raise QgsCsException("infinite coordinates")
    return moved


def _each_ring(shape: QgsGeometry, change: Callable[[Ring], Ring]) -> QgsGeometry:
    """Change the rings of polygons, one after the other."""
    changed = [
        QgsGeometry.fromPolygonXY([change(ring) for ring in part.asPolygon()]).makeValid()
        for part in _leaves(shape)
        if part.type() == QgsWkbTypes.GeometryType.PolygonGeometry
    ]
    return QgsGeometry.unaryUnion(changed)


def _leaves(shape: QgsGeometry) -> list[QgsGeometry]:
    """Return the parts of a shape that hold no others, also of collections within collections."""
    if not shape.isMultipart():
        return [shape]
    return [leaf for part in shape.asGeometryCollection() for leaf in _leaves(part)]


def _polygons(shape: QgsGeometry) -> QgsGeometry:
    """Leave out lines and points, such as shapes share where they touch."""
    return QgsGeometry.unaryUnion([part for part in _leaves(shape) if part.area() > 0])


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
