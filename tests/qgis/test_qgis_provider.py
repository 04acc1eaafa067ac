"""The provider: what the toolbox shows of the algorithms, and what it leaves alone."""

from __future__ import annotations

import pytest
from driving import ALGORITHMS, Loaded, Surroundings
from qgis.core import QgsApplication, QgsProcessingAlgorithm
from qgis.PyQt.QtGui import QIcon


def algorithm(name: str) -> QgsProcessingAlgorithm:
    return QgsApplication.processingRegistry().createAlgorithmById(f"sargeo:{name}")


def is_drawn(icon: QIcon) -> bool:
    image = icon.pixmap(24, 24).toImage()
    seen = [image.pixelColor(x, y).alpha() for x in range(24) for y in range(24)]
    return sum(alpha > 0 for alpha in seen) > 50


def test_all_algorithms_are_there() -> None:
    provider = QgsApplication.processingRegistry().providerById("sargeo")
    assert sorted(a.name() for a in provider.algorithms()) == ALGORITHMS
    assert provider.name() == "sargeo"
    assert is_drawn(provider.icon())


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_explains_itself(name: str) -> None:
    found = algorithm(name)
    assert len(found.displayName().split()) > 1
    assert len(found.shortHelpString()) > 100
    assert found.helpUrl().startswith("https://")
    assert is_drawn(found.icon())
    for parameter in found.parameterDefinitions():
        assert parameter.description(), parameter.name()
        assert parameter.help(), parameter.name()
    for output in found.outputDefinitions():
        assert output.description(), output.name()


def test_icons_differ() -> None:
    images = [algorithm(name).icon().pixmap(24, 24).toImage() for name in ALGORITHMS]
    assert all(a != b for i, a in enumerate(images) for b in images[:i])


def test_loading_changes_nothing_that_plugins_share(loaded: Loaded) -> None:
    assert Surroundings.now() == loaded.before


def test_loading_and_unloading_can_be_repeated(loaded: Loaded) -> None:
    registry = QgsApplication.processingRegistry()
    loaded.plugin.unload()
    assert registry.providerById("sargeo") is None
    loaded.plugin.initProcessing()
    assert len(registry.providerById("sargeo").algorithms()) == len(ALGORITHMS)
