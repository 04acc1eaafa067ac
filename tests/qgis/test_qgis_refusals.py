"""What cannot be mapped is refused in a sentence, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from driving import Told, children, of_session, on_linux, refusal, run
from fake_sargeo import fake_python, not_on_windows
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsRasterLayer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where products would go; it does not exist yet."""
    return tmp_path / "products"


@pytest.fixture
def refused(folder: Path) -> Any:
    """Map a scene, which has to fail; returns what the user reads."""

    def call(scene: object, **parameters: object) -> str:
        said = refusal("map_scene", SCENE=scene, OUTPUT_FOLDER=str(folder), **parameters)
        assert not folder.exists()
        assert "Traceback" not in said
        return said

    return call


def raster(path: str, *, epsg: str = "EPSG:32629") -> str:
    """Write a scene of four pixels."""
    made = gdal.GetDriverByName("GTiff").Create(path, 2, 2, 1, gdal.GDT_Float32)
    made.SetGeoTransform((500_000, 10, 0, 4_500_000, 0, -10))
    if epsg:
        made.SetProjection(epsg)
    return path


def test_a_file_that_is_not_there(refused: Any, tmp_path: Path) -> None:
    path = tmp_path / "gone.tif"
    assert f"There is no file {path}. Check the path of the scene." in refused(str(path))


def test_a_file_that_is_no_raster(refused: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.tif"
    path.write_text("no raster", encoding="utf-8")
    assert f"QGIS cannot open {path} as a raster." in refused(str(path))


def test_a_picture_from_a_server(refused: Any) -> None:
    source = "type=xyz&url=http://127.0.0.1:9/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmin=0&zmax=3"
    layer = QgsRasterLayer(source, "Base map", "wms")
    assert layer.isValid()
    said = refused(layer)
    assert "Layer Base map is a picture from a web server, not a raster file." in said


def test_a_raster_in_memory(refused: Any) -> None:
    path = raster("/vsimem/scene.tif")
    try:
        said = refused(QgsRasterLayer(path, "Despeckled"))
    finally:
        gdal.Unlink(path)
    assert "Layer Despeckled exists in the memory of QGIS only. Save it as a GeoTIFF" in said


def test_a_raster_without_crs(refused: Any, tmp_path: Path) -> None:
    path = raster(str(tmp_path / "raw.tif"), epsg="")
    assert "Layer raw has no coordinate reference system. Assign the right one" in refused(path)


def test_what_sargeo_refuses_is_said_in_its_words(refused: Any, small_scene: Path) -> None:
    said = refused(str(small_scene), MODEL="no-such-model")
    assert "no-such-model" in said
    assert len(said.splitlines()) > 1


def test_a_folder_that_cannot_be_made(small_scene: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "products"
    said = refusal("map_scene", SCENE=str(small_scene), OUTPUT_FOLDER=str(folder))
    assert f"The folder {folder} cannot be made:" in said
    assert "Choose another folder for the products." in said


def test_no_interpreter(
    refused: Any, small_scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SARGEO_PYTHON")
    monkeypatch.setenv("SARGEO_ENVIRONMENTS", str(tmp_path / "none"))
    said = refused(str(small_scene))
    assert "No Python with sargeo is set up." in said
    assert "Make the managed environment" in said


def test_an_interpreter_that_is_not_there(
    refused: Any, small_scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SARGEO_PYTHON", str(tmp_path / "gone"))
    assert f"SARGEO_PYTHON: There is no Python at {tmp_path / 'gone'}." in refused(str(small_scene))


@not_on_windows
@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({"sargeo": "0.0.9"}, "sargeo 0.0.9"),
        ({"sargeo": "9.0"}, "sargeo 9.0"),
        ({"sargeo": ""}, "has no sargeo."),
        ({"python": (3, 9, 18)}, "is Python 3.9.18, and sargeo needs 3.11 or newer."),
    ],
)
def test_an_interpreter_that_does_not_fit(
    refused: Any,
    small_scene: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    versions: dict[str, Any],
    said: str,
) -> None:
    monkeypatch.setenv("SARGEO_PYTHON", fake_python(tmp_path, **versions))
    assert said in refused(str(small_scene))


@not_on_windows
def test_warnings_arrive(
    small_scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = ({"event": "warning", "message": "Look here."}, {"event": "result", "products": []})
    monkeypatch.setenv("SARGEO_PYTHON", fake_python(tmp_path, *events))
    told = Told()
    run("map_scene", told, SCENE=str(small_scene), OUTPUT_FOLDER=str(tmp_path / "products"))
    assert told.warnings == ["Look here."]


@on_linux
def test_a_child_that_is_killed_ran_out_of_memory(demo_scene: Path, folder: Path) -> None:
    killed: list[int] = []

    def kill(told: Told) -> None:
        if not killed:
            killed.extend(children())
            os.killpg(killed[0], signal.SIGKILL)

    told = Told(kill)
    with pytest.raises(QgsProcessingException) as caught:
        run("map_scene", told, SCENE=str(demo_scene), OUTPUT_FOLDER=str(folder))
    said = "\n".join([*told.errors, str(caught.value)])
    assert len(killed) == 1
    assert "The system ended sargeo, most likely because memory ran out." in said
    assert "Close other programs, or map a smaller area." in said
    assert not folder.exists()


@on_linux
def test_cancelling_ends_the_child_and_leaves_nothing(demo_scene: Path, folder: Path) -> None:
    seen: list[int] = []
    cancelled_at: list[float] = []

    def cancel(told: Told) -> None:
        if told.progress[-1] > 10 and not seen:
            seen.extend(children())
            cancelled_at.append(time.monotonic())
            told.cancel()

    told = Told(cancel)
    outputs = run("map_scene", told, SCENE=str(demo_scene), OUTPUT_FOLDER=str(folder))
    assert time.monotonic() - cancelled_at[0] < 10
    assert len(seen) == 1
    assert of_session(seen[0]) == children() == []
    assert outputs == {}
    assert "Cancelled: sargeo has ended and left no product behind." in told.texts
    assert not folder.exists()


def test_cancelling_before_the_start(demo_scene: Path, folder: Path) -> None:
    told = Told()
    told.cancel()
    assert run("map_scene", told, SCENE=str(demo_scene), OUTPUT_FOLDER=str(folder)) == {}
    assert not folder.exists()
