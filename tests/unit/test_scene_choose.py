"""Which bands are measurements: by name, by the user, and by what an alpha band holds."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import rioxarray  # noqa: F401  registers the accessor rio
import xarray
from rasterio.enums import ColorInterp
from support.rasters import write_raster

from sargeo.errors import UnsupportedPixelsError, UsageError
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.choose import choose_bands, companion_of
from sargeo.scene.describe import describe
from sargeo.scene.notices import notices
from sargeo.scene.open import open_scene

SHAPE = (60, 70)


def decibels(seed=0):
    power = np.random.default_rng(seed).gamma(4.4, 0.1 / 4.4, SHAPE)
    return (10 * np.log10(power)).astype(np.float32)


def stack(*more, names=("VV", "VH")):
    return np.stack([*(decibels(i) for i in range(len(names))), *more]).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("angle", "incidence angle"),
        ("localIncidenceAngle", "incidence angle"),
        ("projectedLocalIncidenceAngle", "incidence angle"),
        ("incidence_angle_VV", "incidence angle"),
        ("LIA", "incidence angle"),
        ("theta", "incidence angle"),
        ("mask", "mask"),
        ("VV_mask", "mask"),
        ("layoverShadowMask", "mask"),
        ("layover_shadow", "mask"),
        ("ls_map", "mask"),
        ("elevation", "no backscatter"),
        ("lsm", "mask"),
        ("shadowmask", "mask"),
        ("dataMask", "mask"),
        ("incang", "incidence angle"),
        ("lookangle", "incidence angle"),
        ("height", "no backscatter"),
        ("ratio", "no backscatter"),
        ("scatteringArea", "no backscatter"),
        ("Sigma0_VV_masked", ""),
        ("Gamma0_VH", ""),
        ("Rectangle_VV", ""),
        ("latest VV", ""),
        ("", ""),
    ],
)
def test_what_a_name_says(name, what):
    assert companion_of(name) == what


@pytest.mark.parametrize(
    ("names", "assumed", "kept"),
    [
        (("VV", "VH", "angle"), "", (0, 1)),
        (("angle", "VV", "VH"), "", (1, 2)),
        (("VV", "VH", "angle"), "vv,vh", (0, 1)),
        (("VV", "VH", "angle"), "vv,vh,skip", (0, 1)),
        (("VV", "VH", "angle"), "vv,vh,hh", (0, 1, 2)),
        (("", "", ""), "skip,vv,vh", (1, 2)),
        (("", "", "", "", "", ""), "vv,skip,skip,skip,skip,skip", (0,)),
    ],
)
def test_which_bands_are_kept(names, assumed, kept):
    assert choose_bands("x.tif", names, Assumptions.parse(assumed)).kept == kept


@pytest.mark.parametrize(
    ("names", "assumed"),
    [(("VV", "VH", "angle"), "vv"), (("", ""), "vv,vh,hh"), (("",), "vv,skip")],
)
def test_assumptions_that_fit_no_number_of_bands(names, assumed):
    with pytest.raises(UsageError, match=f"number of bands of x.tif is {len(names)}"):
        choose_bands("x.tif", names, Assumptions.parse(assumed))


@pytest.mark.parametrize("names", [("angle",), ("mask", "angle"), ("", "", "", "", "")])
def test_files_without_four_measurements_at_most(names):
    with pytest.raises(UnsupportedPixelsError) as caught:
        choose_bands("x.tif", names, Assumptions())
    if len(names) == 5:
        assert "--assume vv,vh,skip,skip,skip" in caught.value.remedy


class TestFiles:
    def test_angles_give_the_mean_incidence(self, tmp_path):
        angles = np.linspace(30, 46, SHAPE[1]) * np.ones(SHAPE)
        path = write_raster(
            tmp_path / "x.tif", stack(angles).astype("f8"), descriptions=("VV", "VH", "angle")
        )
        with open_scene(path) as scene:
            told = describe(scene)
            assert [b.polarisation for b in scene.bands] == ["VV", "VH"]
            assert scene.incidence_deg == pytest.approx(38, abs=0.1)
            assert scene.read(scene.grid.block).valid.all()
            assert any("angle" in notice for notice in notices(scene))
        assert told["left_out"] == [{"band": 3, "name": "angle", "what": "incidence angle"}]

    def test_a_mask_band_is_left_out(self, tmp_path):
        path = write_raster(
            tmp_path / "x.tif", stack(decibels() > -12), descriptions=("VV", "VH", "mask")
        )
        with open_scene(path) as scene:
            assert [b.polarisation for b in scene.bands] == ["VV", "VH"]
            assert scene.read(scene.grid.block).valid.all()

    @pytest.mark.parametrize("where", [0, 1])
    def test_bands_keep_their_own_names_and_scales(self, tmp_path, where):
        names = ["VV", "VH"]
        names.insert(where, "angle")
        values = list(stack())
        values.insert(where, np.full(SHAPE, 38.5, np.float32))
        path = write_raster(tmp_path / "x.tif", np.stack(values), descriptions=names)
        with open_scene(path) as scene:
            read = scene.read(scene.grid.block).values
        np.testing.assert_array_equal(read, stack())

    @pytest.mark.parametrize("assume", ["", "vv,vh,hh,hv"])
    def test_a_fourth_band_of_values_is_no_alpha(self, tmp_path, assume):
        bands = np.random.default_rng(0).integers(1, 255, (4, *SHAPE), np.uint8)
        bands[3, 10:14, 20:24] = 0  # dark, not missing
        names = ("VV", "VH", "HH", "HV") if not assume else ()
        path = write_raster(tmp_path / "x.tif", bands, descriptions=names, photometric="RGB")
        with rasterio.open(path, "r+") as dataset:
            dataset.colorinterp = [*dataset.colorinterp[:3], ColorInterp.alpha]
        with open_scene(path, assume=assume or None) as scene:
            assert [b.polarisation for b in scene.bands] == ["VV", "VH", "HH", "HV"]
            raster = scene.read(scene.grid.block)
        assert raster.valid.all()
        np.testing.assert_array_equal(raster.values, bands)

    def test_alpha_of_zero_and_full_is_alpha_whatever_lies_between_at_its_edge(self, tmp_path):
        opaque = np.ones(SHAPE, bool)
        opaque[:20] = False
        values = np.random.default_rng(0).integers(1, 255, (1, *SHAPE), np.uint8)
        path = write_raster(tmp_path / "vv.tif", values, alpha=opaque)
        with rasterio.open(path, "r+") as dataset:
            alpha = dataset.read(2)
            alpha[20] = 100
            dataset.write(alpha, 2)
        with open_scene(path) as scene:
            assert (scene.read(scene.grid.block).valid == opaque).all()

    def test_an_alpha_band_that_the_user_names_is_a_band(self, tmp_path):
        opaque = np.random.default_rng(0).random(SHAPE) > 0.5
        values = np.random.default_rng(0).integers(1, 255, (1, *SHAPE), np.uint8)
        path = write_raster(tmp_path / "vv.tif", values, alpha=opaque)
        with open_scene(path, assume="vv,vh") as scene:
            assert [b.polarisation for b in scene.bands] == ["VV", "VH"]


def test_arrays_leave_companions_out_as_files_do():
    values = stack(np.full(SHAPE, 38.5))
    ys, xs = 4_650_000 - 10.0 * np.arange(SHAPE[0]), 500_000 + 10.0 * np.arange(SHAPE[1])
    array = xarray.DataArray(
        values, dims=("band", "y", "x"), coords={"band": ["VV", "VH", "angle"], "y": ys, "x": xs}
    ).rio.write_crs(32633)
    scene = open_scene(array)
    assert [b.polarisation for b in scene.bands] == ["VV", "VH"]
    assert scene.incidence_deg == 38.5
    np.testing.assert_array_equal(scene.read(scene.grid.block).values, values[:2])


@pytest.mark.parametrize(
    "name",
    [
        "gamma0 VV dB (DEM flattened)",
        "gamma0_VV_dem",
        "Sigma0_VV_norm_theta40",
        "Sigma0_VV_use_projected_local_incidence_angle_from_dem",
        "sigma0 VV dB normalised to incidence angle 40",
        "VV mask applied",
        "Sigma0_VH_masked",
        "VH dB, shadow removed",
    ],
)
def test_a_band_that_names_its_polarisation_is_one_however_it_was_made(name: str) -> None:
    assert companion_of(name) == ""


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("VV_mask", "mask"),
        ("VV mask", "mask"),
        ("Sigma0_VV_mask", "mask"),
        ("VV_layover_shadow_mask", "mask"),
        ("incidence angle VV", "incidence angle"),
        ("VV_local_incidence_angle", "incidence angle"),
        ("angle_VH", "incidence angle"),
        ("VV/VH", "no backscatter"),
        ("VH / VV", "no backscatter"),
        ("VV_VH_ratio", "no backscatter"),
    ],
)
def test_a_band_beside_a_polarisation_is_none(name: str, what: str) -> None:
    assert companion_of(name) == what
