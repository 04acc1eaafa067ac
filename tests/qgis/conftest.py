"""One QGIS for all tests, with the plugin in it, and one scene that is mapped once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from driving import Loaded, Mapped, Surroundings, Told, crop, run, wait_until
from panel import Window, text_of
from qgis.core import QgsApplication, QgsProject, QgsSettings
from qgis.PyQt import sip

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "sargeo" / "demo"

# Workers beside each other have a profile each, and a processor for what they start.
if WORKER := os.environ.get("PYTEST_XDIST_WORKER"):
    for place in ("QGIS_CUSTOM_CONFIG_PATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        os.environ[place] = str(Path(os.environ[place], WORKER))
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def loaded() -> Iterator[Loaded]:
    """A QGIS without windows, with the plugin."""
    application = QgsApplication([], True)
    QgsSettings().setValue("locale/overrideFlag", True)
    QgsSettings().setValue("locale/userLocale", "en_US")
    application.initQgis()
    sys.path.append(str(Path(application.pkgDataPath()) / "python" / "plugins"))
    from processing.core.Processing import Processing

    Processing.initialize()
    before = Surroundings.now()
    from sargeo_qgis import classFactory

    plugin = classFactory(None)
    plugin.initProcessing()
    yield Loaded(plugin, before)
    plugin.unload()
    QgsProject.instance().clear()
    Processing.deinitialize()
    application.exitQgis()


@pytest.fixture(autouse=True)
def project() -> Iterator[QgsProject]:
    """The project, empty."""
    yield QgsProject.instance()
    QgsProject.instance().clear()


@pytest.fixture(scope="session")
def cli() -> Callable[..., str]:
    """Run the command line with the Python of sargeo; returns what it printed."""

    def call(*words: object) -> str:
        command = [os.environ["SARGEO_PYTHON"], "-m", "sargeo_cli", *map(str, words)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


@pytest.fixture(scope="session")
def cli_json(cli: Callable[..., str]) -> Callable[..., Any]:
    """Run a command of the command line that prints JSON; returns what it means."""
    return lambda *words: json.loads(cli(*words, "--json"))


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for scenes, with a name such as users give."""
    return tmp_path_factory.mktemp("Szenen aus Süd ")


@pytest.fixture(scope="session")
def demo_scene(scenes: Path) -> Path:
    """A copy of the demonstration scene: QGIS writes statistics beside what it opens."""
    return Path(shutil.copy(DEMO / "demo_scene.tif", scenes))


@pytest.fixture(scope="session")
def small_scene(scenes: Path, demo_scene: Path) -> Path:
    """A corner of it, with ships."""
    return crop(demo_scene, scenes / "small.tif", 192, 320, 256)


@pytest.fixture(scope="session")
def by_cli(cli: Callable[..., str], demo_scene: Path, tmp_path_factory: Any) -> Path:
    """The folder into which the command line has mapped the scene."""
    folder = tmp_path_factory.mktemp("by_cli")
    cli("map", demo_scene, "-o", folder, "--progress", "none")
    return folder


@pytest.fixture(scope="session")
def mapped(demo_scene: Path, tmp_path_factory: Any, loaded: Loaded) -> Mapped:
    """The scene, mapped by the algorithm."""
    folder = tmp_path_factory.mktemp("maps") / "new folder ä"
    told = Told()
    outputs = run("map_scene", told, SCENE=str(demo_scene), OUTPUT_FOLDER=str(folder))
    return Mapped(demo_scene, folder, outputs, told)


@pytest.fixture(scope="session")
def mapped_area(small_scene: Path, tmp_path_factory: Any, loaded: Loaded) -> Mapped:
    """A part of the small scene, mapped by the algorithm."""
    folder = tmp_path_factory.mktemp("area")
    told = Told()
    outputs = run(
        "map_scene",
        told,
        SCENE=str(small_scene),
        EXTENT="515000,517400,4501300,4502800 [EPSG:32629]",
        OUTPUT_FOLDER=str(folder),
    )
    return Mapped(small_scene, folder, outputs, told)


@pytest.fixture
def window() -> Iterator[Window]:
    made = Window()
    yield made
    # What is left to Python ends after QGIS, and takes the interpreter with it.
    sip.delete(made.bar)
    sip.delete(made.window)


@pytest.fixture
def dock(window: Window) -> Iterator[Any]:
    from sargeo_qgis.gui.dock import SargeoDock
    from sargeo_qgis.gui.jobs import history

    history().clear()
    panel = SargeoDock(window, window.window)
    wait_until(lambda: "this machine" in text_of(panel.setup_page.words))
    yield panel
    panel.detach()
    wait_until(lambda: not panel.is_busy())
    panel.deleteLater()


@pytest.fixture
def own_scene(small_scene: Path, tmp_path: Path) -> Path:
    """A copy beside which a test may find products."""
    return Path(shutil.copy(small_scene, tmp_path / "Bucht süd.tif"))
