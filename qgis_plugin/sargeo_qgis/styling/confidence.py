"""Confidence in the colours that its web page uses."""

from __future__ import annotations

from qgis.core import (
    QgsColorRampShader,
    QgsGradientColorRamp,
    QgsGradientStop,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor

_LEAST, _MOST = 0.0, 100.0

# Viridis. The ramp of that name in the user's own styles may have been changed or deleted.
_COLOURS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")


def style_confidence(layer: QgsRasterLayer) -> None:
    """Draw 0 to 100 per cent in even steps to the eye."""
    colours = QgsColorRampShader(_LEAST, _MOST, _ramp(), QgsColorRampShader.Type.Interpolated)
    colours.classifyColorRamp(classes=len(_COLOURS), band=1, input=layer.dataProvider())
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(colours)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
    renderer.setClassificationMin(_LEAST)
    renderer.setClassificationMax(_MOST)
    layer.setRenderer(renderer)


def _ramp() -> QgsGradientColorRamp:
    first, *between, last = map(QColor, _COLOURS)
    step = 1 / (len(_COLOURS) - 1)
    stops = [QgsGradientStop(step * i, colour) for i, colour in enumerate(between, start=1)]
    return QgsGradientColorRamp(first, last, False, stops)
