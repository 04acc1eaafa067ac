"""Products become layers: named, styled, in a group of their own, the map below the points."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsLayerTreeGroup,
    QgsLayerTreeNode,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from ..core.errors import PluginError
from ..core.products import Products
from ..translation import tr
from .confidence import style_confidence
from .objects import style_objects


@dataclass(frozen=True)
class _Place:
    """Where a layer goes: from the top of the group down, and whether it is drawn at first."""

    output: str
    order: int
    visible: bool


# As on the web page: points over land cover; counts and confidence are there to be ticked.
_PLACES = (
    _Place("OBJECTS", 0, visible=True),
    _Place("COUNT", 1, visible=False),
    _Place("CONFIDENCE", 2, visible=False),
    _Place("TEXT_CONFIDENCE", 3, visible=False),
    _Place("TEXT", 4, visible=True),
    _Place("LANDCOVER", 5, visible=True),
)

# QGIS holds post-processors by a bare pointer: Python would have thrown them away by then. They
# leave when they have done their work; a script that loads no layers leaves them here.
_alive: list[QgsProcessingLayerPostProcessorInterface] = []


def layer_name(output: str) -> str:
    """Return the name of the layer of an output, without the scene."""
    return {
        "OBJECTS": tr("Objects"),
        "COUNT": tr("Objects per cell"),
        "CONFIDENCE": tr("Confidence (%)"),
        "LANDCOVER": tr("Land cover"),
        "TEXT": tr("Classes by text"),
        "TEXT_CONFIDENCE": tr("Confidence of classes by text (%)"),
    }[output]


def show_products(paths: dict[str, str], stem: str, context: QgsProcessingContext) -> None:
    """Let QGIS load the products when the algorithm has ended.

    Parameters
    ----------
    paths : dict of str to str
        By the output of the algorithm; what is no layer is left out.
    stem : str
        Name of the scene: that of the group.
    context : QgsProcessingContext
        Without a project, as in ``qgis_process``, nothing is loaded.
    """
    project = context.project()
    if project is None:
        return
    # QGIS puts what comes later on top.
    for place in reversed(_PLACES):
        if place.output not in paths:
            continue
        details = QgsProcessingContext.LayerDetails(layer_name(place.output), project, place.output)
        _alive.append(_Finish(place, stem))
        details.setPostProcessor(_alive[-1])
        context.addLayerToLoadOnCompletion(paths[place.output], details)


def add_products(products: Products, stem: str, project: QgsProject) -> list[QgsMapLayer]:
    """Add products to a project at once, named, styled and grouped.

    Parameters
    ----------
    products : Products
    stem : str
        Name of the scene: that of the group.
    project : QgsProject

    Returns
    -------
    list of QgsMapLayer
        From the top down.
    """
    paths = products.outputs()
    _remove_layers(paths.values(), project)
    layers = []
    for place in _PLACES:
        if place.output in paths:
            layer = _load(paths[place.output])
            project.addMapLayer(layer)
            style_layer(layer, place.output)
            move_to_group(layer, place, stem, project)
            layers.append(layer)
    return layers


def release_products(products: Products, project: QgsProject) -> None:
    """Take products out of a project: Windows replaces no file that QGIS holds open."""
    _remove_layers(products.outputs().values(), project)


def _remove_layers(paths: Iterable[str], project: QgsProject) -> None:
    wanted = {Path(path) for path in paths}
    found = [
        layer.id()
        for layer in project.mapLayers().values()
        if Path(layer.source().partition("|")[0]) in wanted
    ]
    project.removeMapLayers(found)


def _load(path: str) -> QgsMapLayer:
    name = Path(path).stem
    layer = QgsVectorLayer(path, name) if path.endswith(".gpkg") else QgsRasterLayer(path, name)
    if not layer.isValid():
        raise PluginError(f"QGIS cannot open {path}.", "Check that the file is still there.")
    return layer


class _Finish(QgsProcessingLayerPostProcessorInterface):
    """Styles one layer and moves it into the group of its scene."""

    def __init__(self, place: _Place, stem: str) -> None:
        super().__init__()
        self._place = place
        self._stem = stem

    def postProcessLayer(
        self,
        layer: QgsMapLayer,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        """Finish a layer; QGIS calls this in the main thread, once the layer is in the project."""
        style_layer(layer, self._place.output)
        move_to_group(layer, self._place, self._stem, context.project())
        _alive.remove(self)


def style_layer(layer: QgsMapLayer, output: str) -> None:
    """Give a product its style; a default of the user for all results must not hide classes."""
    layer.setName(layer_name(output))
    if output == "OBJECTS":
        style_objects(layer)
    elif output in ("CONFIDENCE", "TEXT_CONFIDENCE"):
        style_confidence(layer)
    else:
        layer.loadNamedStyle(str(Path(layer.source()).with_suffix(".qml")))
    layer.triggerRepaint()


def move_to_group(layer: QgsMapLayer, place: _Place, stem: str, project: QgsProject) -> None:
    """Move the layer's entry into the group named after the scene, in the order of `_PLACES`."""
    root = project.layerTreeRoot()
    group = root.findGroup(stem) or root.insertGroup(0, stem)
    found = root.findLayer(layer.id())
    if found is None:  # a script loads where it likes
        return
    entry = found.clone()
    group.insertChildNode(_row(group, place.order, besides=found), entry)
    # Only now: QGIS drops a layer from the project when its last entry goes.
    found.parent().removeChildNode(found)
    entry.setItemVisibilityChecked(place.visible)
    entry.setExpanded(place.output in ("LANDCOVER", "TEXT"))


def _row(group: QgsLayerTreeGroup, order: int, *, besides: QgsLayerTreeNode) -> int:
    """Return the row before the first product that belongs below."""
    orders = {layer_name(place.output): place.order for place in _PLACES}
    children = group.children()
    for row, child in enumerate(children):
        if child != besides and orders.get(child.name(), -1) > order:
            return row
    return len(children)
