"""Files that cannot be read: what is advised leads to a right map."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from support.advice import follows
from support.seaside import assert_right, decibels, seaside

from sargeo.errors import EnvironmentLackError
from sargeo.foreign import _require

Refused = Callable[..., Any]
Mapped = Callable[..., Path]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif", compress="deflate")


def spoil(path: Path, place: float) -> bytes:
    """Overwrite some bytes at a share of the file; return what it was."""
    whole = path.read_bytes()
    at = int(place * len(whole))
    path.write_bytes(whole[:at] + b"\xff" * 99 + whole[at + 99 :])
    return whole


@follows("sargeo.scene.rasterfile:RasterFile.read", "Copy or download the file again.")
def test_damaged_pixels_are_copied_again(scene: Path, refused: Refused, mapped: Mapped) -> None:
    whole = spoil(scene, 0.5)
    refused("map", scene, "-o", scene.parent / "first")
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.rasteropen:_check_complete", "Copy or download it again.", problem="is cut off"
)
def test_what_is_cut_off_is_copied_again(tmp_path: Path, refused: Refused, mapped: Mapped) -> None:
    """A cloud-optimised file, whose directory comes first."""
    scene = tmp_path / "scene.tif"
    rasterio.shutil.copy(seaside(tmp_path / "plain.tif"), scene, driver="COG")
    whole = scene.read_bytes()
    scene.write_bytes(whole[: len(whole) // 2])
    refused("info", scene)
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.rasteropen:_not_opened", "It is probably cut off: copy or download it again."
)
def test_a_tiff_without_its_directory_is_copied_again(
    tmp_path: Path, refused: Refused, mapped: Mapped
) -> None:
    scene = seaside(tmp_path / "scene.tif")
    whole = scene.read_bytes()
    scene.write_bytes(whole[:8])
    refused("info", scene)
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:_not_opened", "Copy or download it again.")
def test_an_empty_file_is_copied_again(scene: Path, refused: Refused, mapped: Mapped) -> None:
    whole = scene.read_bytes()
    scene.write_bytes(b"")
    assert refused("info", scene).problem.endswith("is empty: it holds not a single byte.")
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows(
    "sargeo.foreign:_require",
    "Unset … before Python starts, or reinstall ….",
    simulated="reinstalling would change what all other tests run on",
)
@pytest.mark.parametrize(
    ("variable", "driver", "command"),
    [("GDAL_SKIP", "GTiff", "info"), ("OGR_SKIP", "GPKG", "map"), ("GDAL_SKIP", "COG", "map")],
)
def test_variables_that_switch_drivers_off_are_unset(
    variable: str,
    driver: str,
    command: str,
    scene: Path,
    mapped: Mapped,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In processes of their own, as GDAL reads them once."""
    out = scene.parent / "never"
    words = [sys.executable, "-m", "sargeo_cli", command, str(scene)]
    words += ["-o", str(out), "--progress", "none"] if command == "map" else []
    environment = os.environ | {variable: driver}
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 4, ended.stderr
    assert f"{variable}={driver} switches drivers off" in ended.stderr
    assert not out.exists()
    with monkeypatch.context() as patch, pytest.raises(EnvironmentLackError, match=driver):
        patch.setenv(variable, driver)
        _require((driver,), (), "rasterio")
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:_check_file", "Give the raster file itself.", problem="is empty")
@pytest.mark.parametrize("command", ["info", "map"])
def test_a_scene_without_a_name_is_named(
    command: str, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    options = ("-o", scene.parent / "never") if command == "map" else ()
    assert refused(command, "", *options).problem == "The name of the scene is empty."
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.rasteropen:_check_file", "Give the raster file itself.", problem="is a folder"
)
def test_the_file_in_a_folder_is_given(scene: Path, refused: Refused, mapped: Mapped) -> None:
    refused("info", scene.parent)
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:_check_file", "Check the path.")
def test_the_path_is_checked(scene: Path, refused: Refused, mapped: Mapped) -> None:
    missing = refused("info", scene.with_suffix(".tiff")).problem.removesuffix(" does not exist.")
    assert_right(mapped(Path(missing).with_suffix(".tif")))


@follows("sargeo.scene.rasteropen:_check_file", "Check the path, and that you may read there.")
def test_a_path_of_a_name_too_long_is_checked(
    scene: Path, refused: Refused, mapped: Mapped
) -> None:
    refused("info", scene.with_name("long" * 100 + ".tif"))
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:_not_opened", "Give a georeferenced raster such as a GeoTIFF.")
def test_a_raster_is_given(scene: Path, refused: Refused, mapped: Mapped) -> None:
    letter = scene.with_name("letter.txt")
    letter.write_text("Dear colleague,", encoding="utf-8")
    refused("info", letter)
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:open_again", "Leave the file where it is until the run is over.")
def test_a_file_that_went_is_left_where_it_is(scene: Path, mapped: Mapped) -> None:
    from sargeo.errors import SceneDamagedError
    from sargeo.scene.rasterfile import RasterFile

    opened = RasterFile(str(scene))
    elsewhere = scene.with_name("elsewhere.tif")
    with opened._dataset():  # one thread reads, and another needs a handle of its own
        scene.rename(elsewhere)
        with pytest.raises(SceneDamagedError), opened._dataset():
            pass
    opened.close()
    elsewhere.rename(scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.open:open_scene", "Give a path, a /vsi name, or an xarray.DataArray with a CRS."
)
def test_what_can_be_opened_is_given(scene: Path) -> None:
    import rioxarray

    import sargeo
    from sargeo.errors import UsageError

    with rasterio.open(scene) as dataset, pytest.raises(UsageError):
        sargeo.open_scene(dataset)
    packed = Path(shutil.make_archive(str(scene.with_suffix("")), "zip", scene.parent, scene.name))
    array = rioxarray.open_rasterio(scene).assign_coords(band=["sigma0 VV dB"])
    for source in (str(scene), scene, f"/vsizip/{packed}/{scene.name}", array):
        values = sargeo.open_scene(source)
        np.testing.assert_allclose(
            values.read(values.grid.block).values, decibels(), err_msg=str(type(source))
        )
