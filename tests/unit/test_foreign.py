"""GDAL and PROJ of another program do not get in the way, or are named."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pyproj
import pytest
from rasterio.errors import CRSError
from support.rasters import write_scene

from sargeo import foreign
from sargeo.errors import EnvironmentLackError
from sargeo.products.windows import open_product


@pytest.fixture
def old_proj(tmp_path: Path) -> Path:
    """Return the folder of a database whose layout is too old, as PostGIS installs one."""
    folder = tmp_path / "other_proj"
    folder.mkdir()
    shutil.copy(Path(pyproj.datadir.get_data_dir()) / "proj.db", folder)
    with closing(sqlite3.connect(folder / "proj.db")) as database, database:
        database.execute(
            "UPDATE metadata SET value = '0' WHERE key = 'DATABASE.LAYOUT.VERSION.MINOR'"
        )
    return folder


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "_set_aside", {})
    foreign.check_projections.cache_clear()


@pytest.mark.parametrize("name", foreign.FOREIGN_VARIABLES)
def test_variables_of_another_program_are_set_aside(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "/another/program")
    foreign.set_aside_foreign_variables()
    assert name not in os.environ
    assert foreign.foreign_variables() == {name: "/another/program"}
    assert foreign.ignored_variables() == [name]
    foreign.check_projections()


def test_a_rasterio_without_data_of_its_own_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """As conda's, whose environment sets PROJ_DATA to the right place."""
    monkeypatch.setenv("PROJ_DATA", "/conda/share/proj")
    monkeypatch.setattr(foreign, "_brings_its_data", lambda _: False)
    foreign.set_aside_foreign_variables()
    assert os.environ["PROJ_DATA"] == "/conda/share/proj"
    assert foreign.ignored_variables() == []


OPEN = """
import sys
from sargeo.errors import EnvironmentLackError
from sargeo.products.windows import open_product
from sargeo.scene.open import open_scene
for use in (open_scene, lambda path: open_product(path).__enter__()):
    try:
        use(sys.argv[1])
    except EnvironmentLackError as error:
        print(error.problem)
"""


@pytest.mark.parametrize(("name", "kind"), [("PROJ_DATA", "old"), ("PROJ_LIB", "missing")])
def test_python_names_the_variable(name: str, kind: str, old_proj: Path, tmp_path: Path) -> None:
    """In a process of its own, as PROJ keeps the database that it has found."""
    scene = write_scene(tmp_path / "x_vv.tif", bands=["VV"]).path
    folder = {"old": old_proj, "missing": tmp_path / "missing"}[kind]
    done = subprocess.run(
        [sys.executable, "-c", OPEN, scene],
        env=os.environ | {name: str(folder)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    scene_refused, product_refused = done.stdout.splitlines()
    assert scene_refused.startswith(f"The environment variable {name}={folder} names no PROJ")
    assert product_refused == scene_refused


def test_a_broken_rasterio_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutDatabase:
        @staticmethod
        def from_epsg(_code: int) -> None:
            raise CRSError("Cannot find proj.db")

    for name in foreign.FOREIGN_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("rasterio.crs.CRS", WithoutDatabase)
    with pytest.raises(EnvironmentLackError, match="rasterio finds no PROJ database"):
        foreign.check_projections()


@pytest.mark.slow
def test_the_command_line_uses_its_own_database(
    old_proj: Path, tmp_path: Path, tiny_model: Path
) -> None:
    scene = write_scene(tmp_path / "x_vv.tif", bands=["VV"]).path
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "sargeo_cli", "map", scene, "-o", out, "--model", tiny_model],
        env=os.environ | {"PROJ_DATA": str(old_proj), "GDAL_DATA": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    with open_product(out / "x_vv_landcover.tif") as product:
        assert product.grid.crs.to_epsg() == 32633
