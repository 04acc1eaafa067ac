"""Advice that was found to lead nowhere, or to a wrong map: what is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rioxarray
from numpy.typing import NDArray
from support.outcome import Outcome
from support.seaside import SHIPS, SIDE, assert_right, decibels, power, seaside

import sargeo
from sargeo.errors import SargeoError

Cli = Callable[..., Outcome]
Mapped = Callable[..., Path]

BOTH = decibels(2)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return tmp_path / "scene.tif"


def follow(scene: Path, cli: Cli, mapped: Mapped) -> None:
    """Map a scene; where that is refused, set the options that the advice shows, and map again.

    GDAL's programs are not needed for it: advice that names them is not followed here.
    """
    told = cli("info", scene)
    if told.code == 0:
        assert_right(mapped(scene))
        return
    words = told.err.rstrip().rstrip(".").split()
    assert words[-2] == "--assume", told.err
    assert_right(mapped(scene, *words[-2:]))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("angle", np.full((SIDE, SIDE), 38.5)),
        ("mask", (BOTH[0] > -18).astype(float)),
    ],
)
def test_a_third_band_is_no_polarisation(
    name: str, values: NDArray[np.float64], scene: Path, cli: Cli, mapped: Mapped
) -> None:
    """As Earth Engine exports it."""
    stack = np.concatenate([BOTH, values[None]]).astype("float64")
    follow(seaside(scene, stack, ["VV", "VH", name]), cli, mapped)
    told = json.loads(cli("info", scene, "--json").out)
    assert [band["polarisation"] for band in told["bands"]] == ["VV", "VH"]


@pytest.mark.parametrize(
    ("values", "assumed"),
    [
        (np.full((1, SIDE, SIDE), 38.5, dtype="float32"), "vv,db"),
        (decibels(), "vv,linear"),
        (decibels(), "vv,amplitude"),
    ],
    ids=["degrees are no decibels", "negative power", "negative amplitude"],
)
def test_what_cannot_be_is_not_assumed(
    values: NDArray[np.float32], assumed: str, scene: Path, cli: Cli
) -> None:
    assert cli("info", seaside(scene, values, [""]), "--assume", assumed).code == 3


CAPELLA = {
    "TIFFTAG_IMAGEDESCRIPTION": json.dumps(
        {
            "collect": {
                "image": {
                    "radiometry": "sigma_nought",
                    "calibration": "full",
                    "scale_factor": 0.0005,
                }
            }
        }
    )
}
NUMBERS = np.clip(np.round(np.sqrt(power()) / 0.0005), 1, 65535).astype("uint16")


@pytest.mark.parametrize(
    "scale",
    [
        pytest.param(1.0, id="as delivered"),
        pytest.param(0.0005, id="with the scale set"),
    ],
)
def test_amplitude_that_is_scaled_is_no_power(
    scale: float, tmp_path: Path, cli: Cli, mapped: Mapped
) -> None:
    path = tmp_path / "CAPELLA_C02_SM_GEO_HH_20210101000000_20210101000005.tif"
    seaside(path, NUMBERS, [""], tags=CAPELLA, nodata=0, scale=scale)
    follow(path, cli, mapped)


@pytest.mark.parametrize("kind", ["linear", "db"])
def test_an_array_gives_the_map_of_its_file(kind: str, scene: Path, tmp_path: Path) -> None:
    """Raw integers with ``scale_factor`` in the attributes, as rioxarray hands them over."""
    if kind == "linear":
        seaside(scene, np.round(1000 * power()).astype("uint16"), ["Sigma0_VV linear"], scale=1e-3)
    else:
        seaside(scene, np.round(100 * decibels()).astype("int16"), ["Gamma0_VV_dB"], scale=0.01)
    model = sargeo.load_model("sargeo-tiny", device="cpu")
    sargeo.map_scene(scene, model, tmp_path / "file")
    assert_right(tmp_path / "file")
    sargeo.map_scene(rioxarray.open_rasterio(scene), model, tmp_path / "array")
    assert_right(tmp_path / "array")


def test_advice_for_arrays_speaks_of_arrays() -> None:
    import xarray

    stretched = xarray.DataArray(
        np.full((1, SIDE, SIDE), 200.0, dtype="float32"),
        {
            "band": ["sigma0 VV"],
            "y": 5e6 - 10 * np.arange(SIDE),
            "x": 5e5 + 10 * np.arange(SIDE),
        },
        ("band", "y", "x"),
        attrs={"units": "dB"},
    ).rio.write_crs("EPSG:32633")
    with pytest.raises(SargeoError) as caught:
        sargeo.open_scene(stretched)
    assert "gdal" not in caught.value.remedy


@pytest.mark.parametrize("bias", [-3e-4, -1e-3])
def test_noise_subtracted_power_is_no_decibels(bias: float, scene: Path, cli: Cli) -> None:
    """Most pixels lie a little below zero, as over calm sea."""
    rng = np.random.default_rng(0)
    land = np.arange(SIDE) >= 3 * SIDE // 4
    values = np.where(land, 0.12, 0.0) * rng.gamma(4.4, 1 / 4.4, (1, SIDE, SIDE))
    values += rng.normal(bias, abs(bias) / 3, values.shape)
    for row, col in SHIPS:
        values[:, row : row + 3, col : col + 8] = 5.0
    told = cli("info", seaside(scene, values.astype("float32"), ["VV"]), "--json")
    if told.code == 0:  # or it asks which scale it is
        (band,) = json.loads(told.out)["bands"]
        assert band["scale"] != "db"
