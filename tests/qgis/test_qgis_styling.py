"""Products as layers: named, styled and grouped, whoever loads them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from driving import Mapped, Told, run
from qgis.core import (
    QgsApplication,
    QgsColorRampShader,
    QgsLayerTreeGroup,
    QgsLayerTreeModel,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsPointClusterRenderer,
    QgsProcessingContext,
    QgsProject,
    QgsSingleBandPseudoColorRenderer,
)
from sargeo_qgis import session
from sargeo_qgis.core.map_request import MapRequest
from sargeo_qgis.core.products import Products
from sargeo_qgis.styling.results import add_products

NAMES = ["Objects", "Objects per cell", "Confidence (%)", "Land cover"]
CLASSES = ["trees", "low vegetation", "built-up", "bare", "open water", "uncertain"]


@pytest.fixture
def layers(mapped: Mapped, project: QgsProject) -> dict[str, QgsMapLayer]:
    """The layers of the scene, by name."""
    added = add_products(products_of(mapped.folder), "demo_scene", project)
    return {layer.name(): layer for layer in added}


def products_of(folder: Path) -> Products:
    return Products.of_paths(folder.iterdir())


def groups(project: QgsProject) -> dict[str, list[str]]:
    root = project.layerTreeRoot()
    assert all(isinstance(child, QgsLayerTreeGroup) for child in root.children())
    return {group.name(): [entry.name() for entry in group.children()] for group in root.children()}


def legend(layer: QgsMapLayer, project: QgsProject) -> list[str]:
    """Return what the layer tree writes below a layer."""
    tree = QgsLayerTreeModel(project.layerTreeRoot())
    nodes = tree.layerLegendNodes(project.layerTreeRoot().findLayer(layer.id()))
    return [str(node.data(0)) for node in nodes]


def test_layers_stand_in_the_group_of_their_scene(
    layers: dict[str, QgsMapLayer], project: QgsProject
) -> None:
    assert list(layers) == NAMES
    assert groups(project) == {"demo_scene": NAMES}
    root = project.layerTreeRoot()
    shown = [name for name in NAMES if root.findLayer(layers[name].id()).isVisible()]
    assert shown == ["Objects", "Land cover"]
    assert all(layer.crs().authid() == "EPSG:32629" for layer in layers.values())


def test_a_second_scene_gets_a_second_group(
    layers: dict[str, QgsMapLayer], mapped_area: Mapped, project: QgsProject
) -> None:
    add_products(products_of(mapped_area.folder), "small", project)
    assert groups(project) == {"small": NAMES, "demo_scene": NAMES}


def test_land_cover_names_its_classes(layers: dict[str, QgsMapLayer], project: QgsProject) -> None:
    renderer = layers["Land cover"].renderer()
    assert isinstance(renderer, QgsPalettedRasterRenderer)
    assert [entry.label for entry in renderer.classes()] == CLASSES
    assert [text for text in legend(layers["Land cover"], project) if text in CLASSES] == CLASSES


def test_counts_are_graduated(layers: dict[str, QgsMapLayer], project: QgsProject) -> None:
    renderer = layers["Objects per cell"].renderer()
    assert isinstance(renderer, QgsSingleBandPseudoColorRenderer)
    colours = renderer.shader().rasterShaderFunction()
    assert colours.colorRampType() == QgsColorRampShader.Type.Discrete
    steps = colours.colorRampItemList()
    assert [step.value for step in steps[:2]] == [0, 1]
    assert steps[0].color.alpha() == 0
    assert steps[-1].value == float("inf")
    assert steps[0].label == "0"


def test_confidence_goes_from_0_to_100(layers: dict[str, QgsMapLayer]) -> None:
    renderer = layers["Confidence (%)"].renderer()
    assert isinstance(renderer, QgsSingleBandPseudoColorRenderer)
    assert (renderer.classificationMin(), renderer.classificationMax()) == (0, 100)
    steps = renderer.shader().rasterShaderFunction().colorRampItemList()
    assert [step.value for step in steps] == [0, 25, 50, 75, 100]
    assert [step.color.name() for step in steps][::4] == ["#440154", "#fde725"]  # viridis


def test_objects_are_clustered_and_labelled_by_scale(
    layers: dict[str, QgsMapLayer], mapped: Mapped
) -> None:
    layer = layers["Objects"]
    assert isinstance(layer.renderer(), QgsPointClusterRenderer)
    assert layer.featureCount() == mapped.outputs["OBJECT_NUMBER"] > 20
    assert layer.labelsEnabled()
    settings = layer.labeling().settings()
    assert settings.scaleVisibility
    assert settings.minimumScale == 50_000


def context_of(project: QgsProject) -> QgsProcessingContext:
    context = QgsProcessingContext()
    context.setProject(project)
    return context


def load_results(context: QgsProcessingContext) -> None:
    """Do what the toolbox does when an algorithm has ended."""
    from processing.gui.Postprocessing import handleAlgorithmResults

    algorithm = QgsApplication.processingRegistry().algorithmById("sargeo:map_scene")
    assert handleAlgorithmResults(algorithm, context, Told())


@pytest.fixture
def no_mapping(mapped: Mapped, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run end at once, with products that are copied into its folder."""

    def copy(request: MapRequest, *_: object) -> dict[str, object]:
        stem = Path(request.scene).stem
        for path in mapped.folder.iterdir():
            if path.is_file():
                shutil.copy(path, request.output_folder / path.name.replace("demo_scene", stem))
        return {"products": list(map(str, request.output_folder.iterdir())), "objects": 29}

    monkeypatch.setattr(session, "map_scene", copy)


def test_the_toolbox_gets_the_same(
    no_mapping: None, demo_scene: Path, project: QgsProject, tmp_path: Path
) -> None:
    context = context_of(project)
    run("map_scene", None, context, SCENE=str(demo_scene), OUTPUT_FOLDER=str(tmp_path))
    assert len(context.layersToLoadOnCompletion()) == 4
    load_results(context)
    assert groups(project) == {"demo_scene": NAMES}
    for layer in project.mapLayers().values():
        if layer.name() == "Land cover":
            assert [entry.label for entry in layer.renderer().classes()] == CLASSES


def test_two_runs_before_their_layers_are_loaded(
    no_mapping: None, demo_scene: Path, small_scene: Path, project: QgsProject, tmp_path: Path
) -> None:
    """As in a model that maps two scenes."""
    context = context_of(project)
    for scene in (demo_scene, small_scene):
        folder = tmp_path / scene.stem
        run("map_scene", None, context, SCENE=str(scene), OUTPUT_FOLDER=str(folder))
    load_results(context)
    assert groups(project) == {"demo_scene": NAMES, "small": NAMES}


def test_without_a_project_nothing_is_loaded(
    no_mapping: None, demo_scene: Path, tmp_path: Path
) -> None:
    context = QgsProcessingContext()
    run("map_scene", None, context, SCENE=str(demo_scene), OUTPUT_FOLDER=str(tmp_path))
    assert context.layersToLoadOnCompletion() == {}
