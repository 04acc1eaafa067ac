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


def proposed(remedy: str) -> list[str]:
    """The option that ends a remedy."""
    words = remedy.rstrip(".").split()
    assert words[-2] == "--assume", remedy
    return words[-2:]


@follows(
    "sargeo.scene.choose:_wrong_number",
    "Name one polarisation for each band, in order, and skip for a band that holds none, such as "
    "--assume ….",
)
@pytest.mark.parametrize("more", [0, 1])
def test_a_polarisation_is_named_for_each_band(
    more: int, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    values = np.concatenate([decibels(2), np.full((more, SIDE, SIDE), 38.5, dtype="float32")])
    seaside(scene, values, ["sigma0 dB", "sigma0 dB", "angle"][: 2 + more])
    advice = refused("info", scene, "--assume", "vv", code=2).remedy
    assert_right(mapped(scene, *proposed(advice)))
    if more:
        assert_right(mapped(scene, "--assume", "vv,vh,skip", "--overwrite"))


@follows(
    "sargeo.scene.interpret:_find_polarisations",
    "Name one for each band in order, and skip for a band that holds none, such as ….",
    problem="which polarisation its band holds",
)
@pytest.mark.parametrize("values", [LINEAR, DB, np.round(300 * AMPLITUDE).astype("uint16")])
def test_the_polarisation_of_one_band_is_named_as_shown(
    values: NDArray[Any], scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene, values, [""])
    assert_right(mapped(scene, *proposed(refused("info", scene).remedy)))


@follows(
    "sargeo.scene.interpret:_find_polarisations",
    "Name one for each band in order, and skip for a band that holds none, such as ….",
    problem="bands hold",
)
@pytest.mark.parametrize("bands", [2, 3, 4])
@pytest.mark.parametrize("angles", [False, True])
def test_polarisations_are_named_as_shown(
    angles: bool, bands: int, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    values = decibels(bands)
    if angles:
        values[-1] = np.linspace(30, 46, SIDE)
    seaside(scene, values, [""] * bands)
    option = proposed(refused("info", scene).remedy)
    assert ("skip" in option[1]) == angles
    assert_right(mapped(scene, *option))


@follows(
    "sargeo.scene.interpret:_scale_of_values",
    "Ask who made it, and say it with ….",
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


@follows(
    "sargeo.scene.interpret:_unusable",
    "If they are … of decibels, …; else give another scene.",
)
@pytest.mark.parametrize("another", [True, False])
def test_the_scale_of_hundredths_is_set(
    another: bool, scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    seaside(scene, np.round(100 * DB).astype("int16"), ["Gamma0_VV_dB"])
    words = refused("info", scene).remedy.split(" with ")[1].split(" FILE")[0].split()
    if another:
        assert_right(mapped(seaside(scene.with_name("another.tif"))))
        return
    gdal(*words, scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.interpret:_unusable",
    "If they are … of decibels, …; else give another scene.",
)
def test_the_scale_of_hundredths_that_nothing_names_is_set(
    scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    seaside(scene, np.round(100 * DB).astype("int16"), ["VV"])
    words = refused("info", scene).remedy.split(" with ")[1].split(" FILE")[0].split()
    gdal(*words, scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.interpret:_companion",
    "Leave it out by skip in its place among the polarisations, such as ….",
)
def test_angles_are_skipped(scene: Path, refused: Refused, mapped: Mapped) -> None:
    angles = np.broadcast_to(np.linspace(30, 46, SIDE, dtype="float32"), (1, SIDE, SIDE))
    seaside(scene, np.concatenate([decibels(2), angles]), ["", "", ""])
    advice = refused("info", scene, "--assume", "vv,vh,hh,db").remedy
    assert_right(mapped(scene, *proposed(advice)))


@follows("sargeo.scene.interpret:_check_values", "Say what it holds, such as ….")
@pytest.mark.parametrize(
    ("name", "stored", "assume"),
    [
        ("Sigma0_VV linear", np.round(1e5 * LINEAR).astype("uint32"), ""),
        ("sigma0 VV dB", NUMBERS, ""),
        ("VV", LINEAR, "db"),
        ("VV", DB, "linear"),
        ("VV", DB, "amplitude"),
    ],
    ids=["integer power", "numbers called dB", "power", "dB", "also dB"],
)
def test_what_values_bear_out_is_assumed(
    name: str, stored: NDArray[Any], assume: str, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene, stored, [name])
    advice = refused("info", scene, *(("--assume", assume) if assume else ())).remedy
    assert_right(mapped(scene, *proposed(advice)))


KEYS = (
    "Give a list such as --assume vv,vh,db; known are vv, vh, hh, hv and skip (in band "
    "order), db, linear, amplitude, sigma0, gamma0, beta0, uncalibrated, gsd=METRES, gsd=unknown, "
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
    "sargeo.scene.validity:Measurements._nothing_valid",
    "Look at its values and its nodata value in a GIS, or give another scene.",
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


FLAGS = (DB > -15).astype("float32")
ANGLES = np.broadcast_to(np.linspace(30, 46, SIDE, dtype="float32"), (1, SIDE, SIDE))


@pytest.mark.parametrize("name", ["count", "something else"])
def test_names_of_the_file_are_kept(
    name: str, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene, np.concatenate([power(2), power() / 5]), ["VV", "VH", name])
    option = proposed(refused("info", scene).remedy)
    assert option[1] == "vv,vh,skip,linear"
    assert_right(mapped(scene, *option))


@pytest.mark.parametrize("bands", [1, 2])
def test_raised_decibels_are_uncalibrated(
    bands: int, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene, decibels(bands) + 60, ["VV dB", "VH dB"][:bands])
    option = proposed(refused("info", scene).remedy)
    assert option[1] == "db,uncalibrated"
    folder = mapped(scene, *option)
    if bands == 1:  # of two, the model doubts a fifth of the sea without calibration
        assert_right(folder)


@follows(
    "sargeo.scene.interpret:_check_values",
    "If they are decibels without their minus sign, …; if they are uncalibrated decibels, say ….",
)
def test_the_minus_sign_is_set(scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped) -> None:
    seaside(scene, -DB, ["VV dB"])
    words = refused("info", scene).remedy.split(" with ")[1].split(" FILE")[0].split()
    gdal(*words, scene)
    assert_right(mapped(scene))


@follows("sargeo.scene.interpret:_unusable", "Give a scene of backscatter or amplitude.")
def test_backscatter_is_given(scene: Path, refused: Refused, mapped: Mapped) -> None:
    seaside(scene, 1e6 * DB, ["VV dB"])
    refused("info", scene)
    assert_right(mapped(seaside(scene.with_name("another.tif"))))


@follows("sargeo.scene.interpret:_no_backscatter", "Give the file that holds backscatter.")
def test_lone_angles_are_no_backscatter(scene: Path, refused: Refused, mapped: Mapped) -> None:
    seaside(scene, ANGLES, [""])
    assert "holds no backscatter" in refused("info", scene).problem
    assert_right(mapped(seaside(scene.with_name("another.tif"))))


@follows("sargeo.scene.interpret:_companion", "Give the file that holds backscatter.")
def test_flags_alone_are_no_backscatter(scene: Path, refused: Refused, mapped: Mapped) -> None:
    seaside(scene, np.concatenate([FLAGS, FLAGS]), ["VV", "VH"])
    refused("info", scene, "--assume", "vv,vh,linear")
    assert_right(mapped(seaside(scene.with_name("another.tif"))))


@pytest.mark.parametrize(("factor"), [10, 100, 1000])
def test_multiples_are_scaled(
    factor: int, scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    seaside(scene, np.round(factor * DB).astype("int32"), ["VV dB"])
    words = refused("info", scene).remedy.split(" with ")[1].split(" FILE")[0].split()
    gdal(*words, scene)
    assert_right(mapped(scene))
