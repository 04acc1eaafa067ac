"""Objects: points with names from near, clusters with numbers from afar."""

from __future__ import annotations

from qgis.core import (
    QgsFontMarkerSymbolLayer,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsPointClusterRenderer,
    QgsProperty,
    QgsSingleSymbolRenderer,
    QgsSymbolLayer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor

#: The colour of ships on the web page: on none of the classes is it lost.
COLOUR = "#ff00aa"

#: Points closer than this on the screen are drawn as one, which comes apart as the user zooms in.
CLUSTER_MM = 4.0

#: From this scale on there is room for a name at every point.
LABELLED_FROM = 50_000

_LABEL = (
    "\"kind\" || if(\"length_m\" is null, '', ' ' || round(\"length_m\") || ' m')"
    " || '\\n' || round(100 * \"confidence\") || ' %'"
)


def style_objects(layer: QgsVectorLayer) -> None:
    """Draw points, clusters and labels."""
    renderer = QgsPointClusterRenderer()
    renderer.setEmbeddedRenderer(QgsSingleSymbolRenderer(_point()))
    renderer.setClusterSymbol(_cluster())
    renderer.setTolerance(CLUSTER_MM)
    renderer.setToleranceUnit(QgsUnitTypes.RenderUnit.RenderMillimeters)
    layer.setRenderer(renderer)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(_labels()))
    layer.setLabelsEnabled(True)


def _point() -> QgsMarkerSymbol:
    return QgsMarkerSymbol.createSimple(
        {
            "name": "circle",
            "color": COLOUR,
            "outline_color": "white",
            "outline_width": "0.4",
            "size": "2.6",
        }
    )


def _cluster() -> QgsMarkerSymbol:
    symbol = QgsMarkerSymbol.createSimple(
        {
            "name": "circle",
            "color": COLOUR,
            "outline_color": "white",
            "outline_width": "0.6",
            "size": "5.2",
        }
    )
    number = QgsFontMarkerSymbolLayer("Sans Serif", "0", 3.0, QColor("white"))
    number.setDataDefinedProperty(
        QgsSymbolLayer.Property.PropertyCharacter, QgsProperty.fromExpression("@cluster_size")
    )
    symbol.appendSymbolLayer(number)
    return symbol


def _labels() -> QgsPalLayerSettings:
    outline = QgsTextBufferSettings()
    outline.setEnabled(True)
    outline.setSize(0.8)
    text = QgsTextFormat()
    text.setSize(8)
    text.setBuffer(outline)
    settings = QgsPalLayerSettings()
    settings.fieldName = _LABEL
    settings.isExpression = True
    settings.placement = QgsPalLayerSettings.Placement.OrderedPositionsAroundPoint
    settings.dist = 1.5
    settings.scaleVisibility = True
    settings.minimumScale = LABELLED_FROM
    settings.maximumScale = 1
    settings.setFormat(text)
    return settings
