"""Runs of the plugin that end badly: what is advised leads to a right map."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import psutil
import pytest
import shapely
from sargeo_qgis.core.environment import verify
from sargeo_qgis.core.environment.places import LOG
from sargeo_qgis.core.errors import PluginError
from sargeo_qgis.core.interpreter import Interpreter
from sargeo_qgis.core.process import REPAIR
from sargeo_qgis.core.sargeo import fetch, follow
from support.advice import follows
from support.plugin_session import Session, install_into, never, own_python, working_wheel
from support.rasters import CRS_CASES
from support.seaside import SIDE, assert_right, seaside

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="ends programs by signals"),
]

UTM, GRID = CRS_CASES["utm_north"]


@pytest.fixture
def setup(tmp_path: Path) -> Session:
    return Session(tmp_path)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A sargeo that works."""
    return working_wheel(tmp_path / "wheels")


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif")


def mapping(scene: Path, out: Path, *options: object) -> list[object]:
    told = ["--device", "cpu", "--progress", "jsonl", "--watch-stdin"]
    return ["map", scene, "-o", out, *told, *options]


def ignore(event: str, facts: dict[str, Any]) -> None:
    """Hear nothing."""


# What the system or somebody else ends


@pytest.fixture
def this(setup: Session) -> Session:
    """The sargeo that is tested, in a process of its own."""
    setup.setting = sys.executable
    return setup


def ended_by(number: int, setup: Session, scene: Path) -> None:
    """Begin a run and end it by a signal."""
    child = setup.start(*mapping(scene, scene.parent / "first"))

    def end(event: str, facts: dict[str, Any]) -> None:
        psutil.Process(child.pid).send_signal(number)

    with pytest.raises(PluginError):
        follow(child, end, never)


@follows(
    "sargeo_qgis.core.process:describe_exit",
    "Close other programs, or map a smaller area.",
    simulated="memory is not filled: the run is killed as the system would do",
)
@pytest.mark.parametrize("way", ["closed", "smaller"])
def test_what_ran_out_of_memory_is_run_with_more_of_it(
    way: str, this: Session, scene: Path, out: Path
) -> None:
    ended_by(signal.SIGKILL, this, scene)
    if way == "closed":
        follow(this.start(*mapping(scene, out)), ignore, never)
        assert_right(out)
        return
    quarter = SIDE // 4
    box = shapely.box(*(GRID @ (quarter, SIDE)), *(GRID @ (3 * quarter, 0)))
    area = scene.with_name("area.gpkg")
    gpd.GeoDataFrame(geometry=[box], crs=UTM).to_file(area)
    follow(this.start(*mapping(scene, out, "--aoi", area)), ignore, never)
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[:, quarter : 3 * quarter] = True
    assert_right(out, inside)


@follows("sargeo_qgis.core.process:describe_exit", "Run it again.")
def test_what_was_ended_from_outside_is_run_again(this: Session, scene: Path, out: Path) -> None:
    ended_by(signal.SIGHUP, this, scene)
    follow(this.start(*mapping(scene, out)), ignore, never)
    assert_right(out)


# A sargeo that is damaged


@dataclass(frozen=True)
class Installed:
    """A sargeo that a user has installed, and what the remedy says to do about it."""

    setup: Session
    mend: Callable[[], None]

    def damage(self, main: str) -> None:
        """Put something else in the place of its command line."""
        folder = self.setup.find().python.parent.parent
        (path,) = folder.rglob("sargeo_cli/__main__.py")
        path.unlink()  # uv has it from its cache by a hard link
        path.write_text(f"import sys\n{main}\n", encoding="utf-8")


@pytest.fixture(params=["managed", "own"])
def installed(request: pytest.FixtureRequest, setup: Session, wheel: Path) -> Installed:
    assert "Press Repair" in REPAIR
    if request.param == "managed":
        setup.create(wheel)
        return Installed(setup, setup.repair)
    python = own_python(setup.root.with_name("mine"))
    setup.setting = str(python)

    def install() -> None:
        install_into(python, "sargeo", wheel.parent)

    install()
    return Installed(setup, install)


ANEW = (
    "Press Repair on the Setup page of the sargeo panel, or, if its Python is your own, install"
    " sargeo there anew."
)


@follows("sargeo_qgis.core.process:describe_exit", ANEW)
def test_a_sargeo_that_crashes_is_repaired(installed: Installed, scene: Path, out: Path) -> None:
    installed.damage("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(PluginError):
        follow(installed.setup.start(*mapping(scene, out)), ignore, never)
    installed.mend()
    follow(installed.setup.start(*mapping(scene, out)), ignore, never)
    assert_right(out)


@follows("sargeo_qgis.core.sargeo:follow", ANEW)
def test_a_sargeo_that_does_nothing_is_repaired(
    installed: Installed, scene: Path, out: Path
) -> None:
    installed.damage("sys.exit()")
    with pytest.raises(PluginError):
        follow(installed.setup.start(*mapping(scene, out)), ignore, never)
    installed.mend()
    follow(installed.setup.start(*mapping(scene, out)), ignore, never)
    assert_right(out)


@follows("sargeo_qgis.core.sargeo:fetch", ANEW)
def test_a_sargeo_that_prints_something_else_is_repaired(installed: Installed, scene: Path) -> None:
    installed.damage('print("Hello")')
    with pytest.raises(PluginError):
        fetch(installed.setup.start("info", scene, "--json"), never)
    installed.mend()
    assert fetch(installed.setup.start("info", scene, "--json"), never)["name"] == "scene"


# A Python that is gone between two looks at it


def taken_away(patch: pytest.MonkeyPatch, module: object, name: str) -> None:
    """Let a Python be found well, and then be taken away, as by a virus scanner."""
    look = getattr(module, name)

    def find(*arguments: object, **named: object) -> Interpreter:
        found: Interpreter = look(*arguments, **named)
        found.python.unlink()
        return found

    patch.setattr(module, name, find)


@follows(
    "sargeo_qgis.core.process:Child.__init__",
    "Check the Python of sargeo on the Setup page of the sargeo panel.",
    simulated="nobody takes a Python away in the moment before it starts: the test does",
)
def test_the_python_is_checked_where_it_cannot_be_started(
    setup: Session, wheel: Path, scene: Path
) -> None:
    """The page says how it is, and what to do."""
    setup.create(wheel)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(PluginError):
        taken_away(patch, setup, "find")
        setup.start("info", scene, "--json")
    with pytest.raises(PluginError, match=r"its Python is gone\. Press Repair") as caught:
        setup.find()
    assert str(setup.root) in caught.value.problem
    setup.repair()
    assert fetch(setup.start("info", scene, "--json"), never)["name"] == "scene"


@follows(
    "sargeo_qgis.core.environment.verify:verify",
    "Try again; if it stays so, report it with the log of the installation.",
    simulated="nobody takes a Python away in the moment before it starts: the test does",
)
def test_an_installation_that_lost_its_python_is_tried_again(setup: Session, wheel: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, pytest.raises(PluginError):
        taken_away(patch, verify, "examine")
        setup.create(wheel)
    assert "pip install" in (setup.root / LOG).read_text(encoding="utf-8")
    setup.create(wheel)
    assert setup.works() == "managed"
