"""Scenes whose pixels are not understood: what is advised leads to a right map."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.advice import follows
from support.rasters import CRS_CASES
from support.seaside import SIDE, assert_right, decibels, power, seaside

Refused = Callable[..., Any]
Mapped = Callable[..., Path]
Gdal = Callable[..., str]

LINEAR, DB, AMPLITUDE = power(), decibels(), np.sqrt(power())
LAND = np.arange(SIDE) >= SIDE // 2

KNOWN = LAND | (np.arange(SIDE)[:, None] >= 50)

TOWN_DB = np.where(KNOWN, DB + 20 * LAND, np.nan).astype("float32")
"""A town in the place of the land, and less of the sea: more than half is above 0 dB."""

NUMBERS = np.clip(np.round(AMPLITUDE / 0.0005), 1, 65535).astype("uint16")
"""As Capella writes them: backscatter is (number times 0.0005) squared."""


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return tmp_path / "scene.tif"


@follows(
    "sargeo.scene.interpret:find_polarisations",
    "Name one polarisation for each band, in order, such as --assume vv,vh.",
)
def test_a_polarisation_is_named_for_each_band(
    scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene, decibels(2), ["sigma0 dB"] * 2)
    refused("info", scene, "--assume", "vv", code=2)
    assert_right(mapped(scene, "--assume", "vv,vh"))


@follows(
    "sargeo.scene.interpret:find_polarisations",
    "Name one for each band in order, and the scale if that is not told either, such as "
    "--assume …,db.",
)
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_polarisations_are_named_as_shown(
    bands: int, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene, decibels(bands), [""] * bands)
    advice = refused("info", scene).remedy
    assert_right(mapped(scene, *advice.rstrip(".").split()[-2:]))


@follows(
    "sargeo.scene.interpret:_scale_of_values",
    "Say it with --assume db, --assume linear or --assume amplitude.",
)
@pytest.mark.parametrize(
    ("scale", "values"), [("db", TOWN_DB), ("linear", LINEAR), ("amplitude", AMPLITUDE)]
)
def test_the_scale_is_said(
    scale: str, values: NDArray[np.float32], scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene, values, ["VV"])
    option = f"--assume {scale}"
    assert option in refused("info", scene).remedy
    assert_right(mapped(scene, *option.split()), np.isfinite(values[0]))


GDAL_OR_ASSUME = (
    "Set the band's scale and offset with gdal_edit, or say what it holds, such as "
    "--assume amplitude,uncalibrated."
)


@follows("sargeo.scene.interpret:_check_values", GDAL_OR_ASSUME)
@pytest.mark.parametrize(
    ("name", "stored", "correction"),
    [
        ("Gamma0_VV_dB", np.round(100 * DB).astype("int16"), ("-scale", 0.01, "-offset", 0)),
        ("Sigma0_VV linear", np.round(1e5 * LINEAR).astype("uint32"), ("-scale", 1e-5)),
        ("sigma0 VV dB", np.round(4 * (DB + 60)).astype("uint8"), ("-scale", 0.25, "-offset", -60)),
    ],
    ids=["hundredths of dB", "integer power", "bytes with an offset"],
)
def test_scale_and_offset_are_set(
    name: str,
    stored: NDArray[Any],
    correction: tuple[object, ...],
    scene: Path,
    refused: Refused,
    gdal: Gdal,
    mapped: Mapped,
) -> None:
    seaside(scene, stored, [name])
    refused("info", scene)
    gdal("gdal_edit", *correction, scene)
    assert_right(mapped(scene))


@follows("sargeo.scene.interpret:_check_values", GDAL_OR_ASSUME)
@pytest.mark.parametrize(
    "tags",
    [
        {"TIFFTAG_IMAGEDESCRIPTION": '{"radiometry": "sigma_nought", "scale_factor": 0.0005}'},
        {"calibration": "sigma0 amplitude"},
    ],
    ids=["Capella", "uncalibrated numbers called sigma nought"],
)
def test_amplitude_is_assumed(
    tags: dict[str, str], scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene, NUMBERS, ["VV"], tags=tags, nodata=0)
    refused("info", scene)
    assert_right(mapped(scene, "--assume", "amplitude,uncalibrated"))


KEYS = (
    "Give a list such as --assume vv,vh,db; known are vv, vh, hh, hv (in band order), "
    "db, linear, amplitude, sigma0, gamma0, beta0, uncalibrated, gsd=METRES, gsd=unknown, "
    "platform=NAME and platform=unknown."
)


@follows("sargeo.scene.assumptions:_refuse_if", KEYS)
@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("vv,nonsense", "vv,vh,db"),
        ("vv,vv", "vv,vh"),
        ("db,linear", "db"),
        ("sigma0,gamma0", "sigma0"),
        ("gsd=10,gsd=unknown", "gsd=unknown"),
        ("gsd=ten", "gsd=10"),
        ("gsd=-1", "gsd=10"),
        ("platform=", "platform=unknown"),
        ("platform=ERS-2,platform=Sentinel-1", "platform=Sentinel-1"),
        ("decibels", "db,gamma0,gsd=10,platform=Sentinel-1"),
    ],
)
def test_a_list_of_known_keys_is_given(
    wrong: str, right: str, scene: Path, refused: Refused, done: Callable[..., str]
) -> None:
    seaside(scene, decibels(2), ["sigma0 VV dB", "sigma0 VH dB"])
    refused("info", scene, "--assume", wrong, code=2)
    told = json.loads(done("info", scene, "--assume", right, "--json"))
    assert [band["polarisation"] for band in told["bands"]] == ["VV", "VH"]
    assert {band["scale"] for band in told["bands"]} == {"db"}


@follows(
    "sargeo.scene.geotiff:_common_grid",
    "Warp them onto one grid with gdalwarp, or map one of them alone, naming its polarisation, "
    "such as --assume vv.",
)
@pytest.mark.parametrize("warp", [True, False])
def test_two_polarisations_are_warped_or_mapped_alone(
    warp: bool, tmp_path: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    _, grid = CRS_CASES["utm_north"]
    first = seaside(tmp_path / "scene_vv.tif")
    shifted = grid @ grid.translation(3.5, -2.5)
    second = seaside(tmp_path / "raw_vh.tif", decibels(2)[1:], ["sigma0 VH dB"], transform=shifted)
    other = second.rename(tmp_path / "scene_vh.tif")
    refused("info", first)
    if not warp:
        assert_right(mapped(first, "--assume", "vv"))
        return
    extent = (grid.c, grid.f - 10 * SIDE, grid.c + 10 * SIDE, grid.f)
    gdal("gdalwarp", "-te", *extent, "-tr", 10, 10, other, tmp_path / "warped.tif")
    (tmp_path / "warped.tif").replace(other)
    valid = np.ones((SIDE, SIDE), dtype=bool)
    valid[-2:], valid[:, :4] = False, False  # the warp left zeros there
    mapped(first)


@follows(
    "sargeo.scene.geotiff:GeoTiffScene._first_valid",
    "Check the nodata value with gdalinfo, or give another scene.",
)
@pytest.mark.parametrize("another", [True, False])
def test_the_nodata_value_is_checked(
    another: bool, tmp_path: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    """A second band of one value, which the tag calls nodata, takes all pixels with it."""
    values = decibels(2)
    values[1] = -9999
    scene = seaside(tmp_path / "s.tif", values, ["sigma0 VV dB", "sigma0 VH dB"], nodata=-9999)
    refused("info", scene)
    if another:
        assert_right(mapped(seaside(tmp_path / "another.tif")))
        return
    assert "NoData Value=-9999" in gdal("gdalinfo", scene)
    measured = tmp_path / "measured.tif"
    gdal("gdal_translate", "-b", 1, scene, measured)
    assert_right(mapped(measured))
