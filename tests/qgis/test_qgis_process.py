"""The zip that users install, in a profile that nobody has used, driven by ``qgis_process``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driving import ALGORITHMS
from tools.package import CHANGELOG, PLUGIN, build

RASTERS = ("LANDCOVER", "CONFIDENCE", "COUNT")

# Debian's script of the second name passes on an option that the program does not know.
PROGRAMS = ("qgis_process.bin", "qgis_process", "qgis_process-qgis-ltr", "qgis_process-qgis")

Executor = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Executor:
    """Run ``qgis_process`` in a profile into which the zip has been unpacked."""
    program = next(filter(None, map(shutil.which, PROGRAMS)))
    home = tmp_path_factory.mktemp("profile")
    plugins = home / "profiles" / "default" / "python" / "plugins"
    with zipfile.ZipFile(build(PLUGIN, CHANGELOG, home)) as archive:
        archive.extractall(plugins)
    variables = {**os.environ, "QGIS_CUSTOM_CONFIG_PATH": str(home), "XDG_DATA_HOME": str(home)}

    def call(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *words], input=given, capture_output=True, encoding="utf-8", env=variables
        )

    enabled = call("plugins", "enable", PLUGIN.name)
    assert enabled.returncode == 0, enabled.stderr
    return call


def results(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return what an algorithm has returned."""
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["results"]
    return found


def assert_equal_rasters(outputs: dict[str, Any], folder: Path) -> None:
    for name in RASTERS:
        path = Path(outputs[name])
        assert path.read_bytes() == (folder / path.name).read_bytes(), name


def test_the_plugin_is_enabled_and_lists_its_algorithms(execute: Executor) -> None:
    assert json.loads(execute("plugins", "--json").stdout)["plugins"][PLUGIN.name]["loaded"]
    provider = json.loads(execute("list", "--json").stdout)["providers"]["sargeo"]
    names = sorted(provider["algorithms"])
    assert names == [f"sargeo:{name}" for name in ALGORITHMS]


def test_it_maps_as_the_command_line_does(
    execute: Executor, demo_scene: Path, by_cli: Path, tmp_path: Path
) -> None:
    words = (
        f"SCENE={demo_scene}",
        "PRODUCTS=landcover",
        "PRODUCTS=objects",
        "CELL_SIZE=500",
        "OVERWRITE=false",
        f"OUTPUT_FOLDER={tmp_path / 'out'}",
    )
    outputs = results(execute("--json", "run", "sargeo:map_scene", "--", *words))
    assert_equal_rasters(outputs, by_cli)
    assert outputs["OUTPUT_FOLDER"] == str(tmp_path / "out")
    with contextlib.closing(sqlite3.connect(by_cli / "demo_scene_objects.gpkg")) as objects:
        (found,) = objects.execute("SELECT feature_count FROM gpkg_ogr_contents").fetchone()
    assert outputs["OBJECT_NUMBER"] == found > 20


def test_parameters_as_json_on_standard_input(
    execute: Executor, demo_scene: Path, by_cli: Path, tmp_path: Path
) -> None:
    if "STDIN" not in execute("--help").stdout:
        pytest.skip("this qgis_process reads no JSON: that came with QGIS 3.24")
    inputs = {
        "SCENE": str(demo_scene),
        "PRODUCTS": ["landcover", "objects"],
        "CELL_SIZE": 500,
        "OVERWRITE": False,
        "OUTPUT_FOLDER": str(tmp_path / "out"),
    }
    given = json.dumps({"inputs": inputs})
    outputs = results(execute("run", "sargeo:map_scene", "-", given=given))
    assert_equal_rasters(outputs, by_cli)


def test_a_refusal_is_an_error(execute: Executor, tmp_path: Path) -> None:
    scene = tmp_path / "gone.tif"
    words = (f"SCENE={scene}", f"OUTPUT_FOLDER={tmp_path / 'out'}")
    done = execute("run", "sargeo:map_scene", "--", *words)
    assert done.returncode != 0
    assert f"There is no file {scene}. Check the path of the scene." in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()
