"""Confidence in the colours that its web page uses."""

from __future__ import annotations

from qgis.core import (
    QgsColorRampShader,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
    QgsStyle,
)

_LEAST, _MOST = 0.0, 100.0


def style_confidence(layer: QgsRasterLayer) -> None:
    """Draw 0 to 100 per cent in viridis."""
    ramp = QgsStyle.defaultStyle().colorRamp("Viridis")
    colours = QgsColorRampShader(_LEAST, _MOST, ramp, QgsColorRampShader.Type.Interpolated)
    colours.classifyColorRamp(classes=6, band=1, input=layer.dataProvider())
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(colours)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
    renderer.setClassificationMin(_LEAST)
    renderer.setClassificationMax(_MOST)
    layer.setRenderer(renderer)
