"""The canvas shows what the products say: pixels in the legend's colours, points on ships."""

from __future__ import annotations

import numpy as np
import pytest
from driving import Mapped, pixels
from osgeo import gdal
from qgis.core import (
    QgsMapLayer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QColor, QImage
from sargeo_qgis.core.products import Products
from sargeo_qgis.styling.objects import COLOUR
from sargeo_qgis.styling.results import add_products

SIZE = 200
"""Pixels of a small canvas."""


@pytest.fixture
def layers(mapped: Mapped, project: QgsProject) -> dict[str, QgsMapLayer]:
    added = add_products(Products.of_paths(mapped.folder.iterdir()), "demo_scene", project)
    return {layer.name(): layer for layer in added}


def canvas(layers: list[QgsMapLayer], extent: QgsRectangle, columns: int, rows: int) -> np.ndarray:
    """Return the colours (rows, columns, RGBA) that a canvas shows."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[0].crs())
    settings.setExtent(extent)
    settings.setOutputSize(QSize(columns, rows))
    settings.setOutputDpi(96)
    settings.setBackgroundColor(QColor(Qt.GlobalColor.transparent))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage().convertToFormat(QImage.Format.Format_RGBA8888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint8).reshape(rows, columns, 4).copy()


def colour_table(path: str) -> np.ndarray:
    """Return the colours (256, RGBA) that the raster itself gives its codes."""
    opened = gdal.Open(path)
    table = opened.GetRasterBand(1).GetColorTable()
    return np.array([table.GetColorEntry(code) for code in range(table.GetCount())], np.uint8)


def distance_to(points: list[tuple[int, int]], shape: tuple[int, int]) -> np.ndarray:
    """Return the distance of every pixel to the nearest of some (row, column), in pixels."""
    rows, columns = np.indices(shape)
    return np.min([np.hypot(rows - row, columns - column) for row, column in points], axis=0)


def test_land_cover_has_the_colours_of_its_legend(
    mapped: Mapped, layers: dict[str, QgsMapLayer]
) -> None:
    layer = layers["Land cover"]
    codes = pixels(mapped.outputs["LANDCOVER"])
    shown = canvas([layer], layer.extent(), layer.width(), layer.height())
    expected = colour_table(mapped.outputs["LANDCOVER"])[codes]
    assert len(np.unique(codes)) == 6
    assert np.array_equal(shown[codes != 0], expected[codes != 0])
    assert not shown[codes == 0].any()


def test_the_surer_the_brighter(mapped: Mapped, layers: dict[str, QgsMapLayer]) -> None:
    layer = layers["Confidence (%)"]
    percent = pixels(mapped.outputs["CONFIDENCE"])
    shown = canvas([layer], layer.extent(), layer.width(), layer.height())
    assert np.array_equal(shown[..., 3] > 0, percent != 255)
    brightness = [
        np.unique(shown[percent == value].sum(axis=1)).item()
        for value in np.unique(percent[percent != 255])
    ]
    assert len(brightness) > 50
    assert brightness == sorted(brightness)


def test_cells_with_objects_are_coloured_and_others_are_not(
    mapped: Mapped, layers: dict[str, QgsMapLayer]
) -> None:
    layer = layers["Objects per cell"]
    counts = pixels(mapped.outputs["COUNT"])
    shown = canvas([layer], layer.extent(), layer.width(), layer.height())
    assert np.array_equal(shown[..., 3] > 0, (counts > 0) & (counts != 65535))


def test_points_stand_on_the_objects(mapped: Mapped, layers: dict[str, QgsMapLayer]) -> None:
    """From near enough that none is in a cluster."""
    shown_layers = [layers["Objects"], layers["Land cover"]]
    layers["Objects"].setLabelsEnabled(False)
    positions = [f.geometry().asPoint() for f in layers["Objects"].getFeatures()]
    assert len(positions) == mapped.outputs["OBJECT_NUMBER"]
    for position in positions:
        image = canvas(shown_layers, square(position, metres=SIZE), SIZE, SIZE)
        assert QColor(*image[SIZE // 2, SIZE // 2]).name() == COLOUR


def square(centre: QgsPointXY, metres: float) -> QgsRectangle:
    x, y = centre.x(), centre.y()
    return QgsRectangle(x - metres / 2, y - metres / 2, x + metres / 2, y + metres / 2)


def test_points_cover_nothing_but_their_surroundings(
    mapped: Mapped, layers: dict[str, QgsMapLayer]
) -> None:
    landcover, objects = layers["Land cover"], layers["Objects"]
    objects.setLabelsEnabled(False)
    extent, shape = landcover.extent(), (landcover.height(), landcover.width())
    below = canvas([landcover], extent, shape[1], shape[0])
    shown = canvas([objects, landcover], extent, shape[1], shape[0])
    places = [
        (
            int((extent.yMaximum() - point.y()) / landcover.rasterUnitsPerPixelY()),
            int((point.x() - extent.xMinimum()) / landcover.rasterUnitsPerPixelX()),
        )
        for point in (feature.geometry().asPoint() for feature in objects.getFeatures())
    ]
    far = distance_to(places, shape)
    changed = (shown != below).any(axis=2)
    assert changed[far < 1].all()
    assert not changed[far > 20].any()


def test_labels_appear_as_the_user_comes_near(
    mapped: Mapped, layers: dict[str, QgsMapLayer]
) -> None:
    objects = layers["Objects"]
    first = next(objects.getFeatures()).geometry().asPoint()
    drawn = {}
    for scale in (40_000, 60_000):
        metres = SIZE * scale * 0.0254 / 96
        for labels in (True, False):
            objects.setLabelsEnabled(labels)
            drawn[scale, labels] = canvas([objects], square(first, metres), SIZE, SIZE)
    assert not np.array_equal(drawn[40_000, True], drawn[40_000, False])
    assert np.array_equal(drawn[60_000, True], drawn[60_000, False])
