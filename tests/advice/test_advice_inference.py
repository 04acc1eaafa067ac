"""Pixel sizes that are refused, products that fail alone, and PROJ databases of others."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from support.advice import follows
from support.scenes import array_scene
from support.seaside import SIDE, assert_right, assert_sea_is_left, decibels, landcover, seaside

from sargeo import foreign
from sargeo.errors import EnvironmentLackError, SpacingRefusedError
from sargeo.geo.grid import GeoGrid
from sargeo.inference.working_grid import on_trained_spacing
from sargeo.legend import NODATA, OPEN_WATER
from sargeo.model.spec import SpacingSpec

Refused = Callable[..., Any]
Done = Callable[..., str]
Mapped = Callable[..., Path]


def with_pixels(path: Path, size_m: float, values: Any = None) -> Path:
    return seaside(path, values, transform=Affine(size_m, 0, 500_000, 0, -size_m, 5_000_000))


# Pixels too large or too small.


@follows(
    "sargeo.inference.working_grid:_refuse_far",
    "Give the scene in its full resolution, with pixels of at most … m; if its grid is wrong about "
    "their size, say it by --assume gsd=METRES.",
)
@pytest.mark.parametrize("way", ["full", "at most", "gsd"])
def test_a_scene_is_given_in_its_full_resolution(
    way: str, tmp_path: Path, refused: Refused, mapped: Mapped
) -> None:
    quicklook = with_pixels(tmp_path / "quicklook.tif", 1000)
    remedy = refused("map", quicklook, "-o", tmp_path / "first").remedy
    if way == "gsd":
        assert_right(mapped(quicklook, "--assume", "gsd=10"))
        return
    most_m = float(remedy.split("at most ")[1].split(" m;")[0])
    if way == "full":
        assert_right(mapped(with_pixels(tmp_path / "scene.tif", 10)))
        return
    wet = landcover(mapped(with_pixels(tmp_path / "scene.tif", most_m))) == OPEN_WATER.code
    # Speckle of enlarged pixels, which are clusters then, makes the model doubt some of the sea.
    assert wet[:, : SIDE // 2].mean() > 0.7
    assert wet[:, SIDE // 2 :].mean() < 0.05


@follows(
    "sargeo.inference.working_grid:_refuse_far",
    "Multilook the scene to pixels of … m or more; if its grid is wrong about their size, say it "
    "by --assume gsd=METRES.",
)
@pytest.mark.parametrize("way", ["multilook", "gsd"])
def test_a_scene_is_multilooked(way: str, tmp_path: Path, refused: Refused, mapped: Mapped) -> None:
    fine = with_pixels(tmp_path / "fine.tif", 0.05)
    remedy = refused("map", fine, "-o", tmp_path / "first").remedy
    if way == "gsd":
        assert_right(mapped(fine, "--assume", "gsd=10"))
        return
    least_m = float(remedy.split("pixels of ")[1].split(" m or")[0])
    looks = round(least_m / 0.05)
    blocks = 10 ** (decibels() / 10).reshape(1, SIDE // looks, looks, SIDE // looks, looks)
    means = (10 * np.log10(blocks.mean(axis=(2, 4)))).astype(np.float32)
    codes = landcover(mapped(with_pixels(tmp_path / "coarse.tif", least_m, means)))
    assert codes.shape == (SIDE // looks, SIDE // looks)
    assert (codes != NODATA).all()


@follows(
    "sargeo.inference.working_grid:_local_grid",
    "Cut it into parts that are less wide, with gdal_translate -projwin.",
)
def test_a_wide_scene_is_cut(tmp_path: Path, gdal: Done, mapped: Mapped) -> None:
    """The grid of the whole is refused by itself: its pixels would take minutes to read."""
    step = 8e-4
    wide = GeoGrid(CRS("EPSG:4326"), Affine(step, 0, -60, 0, -step, 70), (87_500, 150_000))
    spacing = SpacingSpec(min_m=6, preferred_m=10, max_m=14)
    with pytest.raises(SpacingRefusedError):
        on_trained_spacing(replace(array_scene(np.zeros((1, 9, 9))), grid=wide), spacing)
    whole, part = tmp_path / "whole.tif", tmp_path / "part.tif"
    how = {"nodata": -99, "tiled": True, "compress": "deflate", "SPARSE_OK": True}
    height, width = wide.shape
    kind = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(
        whole, "w", height=height, width=width, transform=wide.transform, **kind, **how
    ) as dataset:
        dataset.set_band_description(1, "sigma0 VV dB")
        dataset.write(decibels()[0], 1, window=rasterio.windows.Window(512, 512, SIDE, SIDE))
    west, north = wide.transform @ (512, 512)
    east, south = wide.transform @ (512 + SIDE, 512 + SIDE)
    gdal("gdal_translate", "-projwin", west, north, east, south, whole, part)
    assert_sea_is_left(landcover(mapped(part)))


# Products that fail alone.

LATER = "no page is known that fails so: writing it is made to"


@pytest.fixture
def page_is_made_later(
    tmp_path: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Exception, int], str]:
    """Map with a page that fails, do what the remedy ends with, and return the problem."""

    def call(error: Exception, code: int) -> str:
        def fail(*args: object, **kwargs: object) -> None:
            raise error

        scene, out = seaside(tmp_path / "scene.tif"), tmp_path / "out"
        with monkeypatch.context() as patch:
            patch.setattr("sargeo.webmap.write_web_map", fail)
            said = refused("map", scene, "-o", out, "--web-map", code=code)
        assert_right(out)
        assert not list(out.glob("*.html"))
        command = said.remedy.rstrip(".").partition("Then run ")[2]
        program, *words = [w.strip('"') for w in shlex.split(command, posix=os.name == "posix")]
        assert program == "sargeo"
        done(*words)
        (page,) = out.glob("*.html")
        assert page.stat().st_size > 100_000
        problem: str = said.problem
        return problem

    return call


Later = Callable[[Exception, int], str]


@follows(
    "sargeo.inference.failed_products:_as_error", "Close other programs first.", simulated=LATER
)
def test_a_page_is_made_once_there_is_memory(page_is_made_later: Later) -> None:
    assert "memory of this machine ran out" in page_is_made_later(MemoryError(), 5)


@follows(
    "sargeo.inference.failed_products:_as_error",
    "Check the disks and the network, and leave the scene where it is.",
    simulated=LATER,
)
def test_a_page_is_made_once_the_disk_is_back(page_is_made_later: Later) -> None:
    assert "Input/output error" in page_is_made_later(OSError(5, "Input/output error"), 4)


@follows(
    "sargeo.inference.failed_products:_as_error",
    "Report this with what `sargeo doctor` says.",
    simulated="what was not foreseen is not known",
)
def test_a_page_that_failed_for_no_known_reason_is_reported(
    page_is_made_later: Later, done: Done
) -> None:
    assert "ArithmeticError: odd" in page_is_made_later(ArithmeticError("odd"), 1)
    assert "rasterio" in done("doctor")


# PROJ databases of other programs.

KEPT = "PROJ keeps the database that it has found: this process is made to find none"


@pytest.fixture
def without_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Let rasterio find no PROJ database, for the time of a call that returns the remedy."""

    class Without:
        @staticmethod
        def from_epsg(_code: int) -> None:
            raise rasterio.errors.CRSError("Cannot find proj.db")

    def call() -> str:
        foreign.check_projections.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr("rasterio.crs.CRS", Without)
            with pytest.raises(EnvironmentLackError) as caught:
                foreign.check_projections()
        return caught.value.remedy

    monkeypatch.setattr(foreign, "_set_aside", {})
    for name in foreign.FOREIGN_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return call


@follows("sargeo.foreign:_unreadable", "Unset … before Python starts.", simulated=KEPT)
@pytest.mark.parametrize("name", ["PROJ_DATA", "PROJ_LIB"])
def test_a_variable_of_another_program_is_unset(
    name: str,
    tmp_path: Path,
    without_database: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether it helps is seen in processes of their own."""
    monkeypatch.setenv(name, str(tmp_path))
    remedy = without_database()
    named = remedy.removeprefix("Unset ").split()[0]
    opening = "import sys, sargeo; sargeo.open_scene(sys.argv[1])"
    command = [sys.executable, "-c", opening, seaside(tmp_path / "scene.tif")]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert ended.stderr.rstrip().endswith(remedy)
    monkeypatch.delenv(named)
    subprocess.run(command, check=True)


@follows(
    "sargeo.foreign:_unreadable",
    "Reinstall it: python -m pip install --force-reinstall rasterio.",
    simulated=KEPT,
)
def test_rasterio_is_installed_again(without_database: Callable[[], str]) -> None:
    """That it brings the database is seen in the list of what pip has installed of it."""
    assert without_database().split()[-1] == "rasterio."
    assert any(path.name == "proj.db" for path in files("rasterio") or [])
    foreign.check_projections()
