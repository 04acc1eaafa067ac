"""What is nodata, by value: through files of every kind and arrays of the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import rioxarray
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from support import seaside
from support.rasters import write_raster

from sargeo.errors import NothingValidError
from sargeo.geo.grid import Block
from sargeo.scene.bands import Band
from sargeo.scene.describe import describe
from sargeo.scene.geotiff import GeoTiffScene
from sargeo.scene.open import open_scene
from sargeo.scene.regions import HALO, REGION
from sargeo.scene.validity import Measurements, Storage, Why

SHAPE = (90, 110)
LINEAR = Band("VV", "sigma0", "linear")
DB = Band("VV", "sigma0", "db")


def power(shape=SHAPE, seed=0):
    return np.random.default_rng(seed).gamma(4.4, 0.1 / 4.4, shape).astype(np.float32)


def decibels(shape=SHAPE, seed=0):
    return 10 * np.log10(power(shape, seed))


def in_memory(values, band, *, said=None, storage=None):
    planes = np.asarray(values)[None] if np.ndim(values) == 2 else np.asarray(values)
    said = np.ones(planes.shape, bool) if said is None else said

    def read(block):
        rows, cols = block.slices()
        return planes[:, rows, cols].astype(np.float32), said[:, rows, cols]

    made = Measurements(
        "x", read, planes.shape[1:], [storage or Storage(planes.dtype)] * len(planes)
    )
    made.settle([band] * len(planes))
    return made


def reasons(values, band, **how):
    measurements = in_memory(values, band, **how)
    shape = np.shape(values)[-2:]
    return measurements.reasons(Block(0, 0, *shape))


def valid_in(path):
    with GeoTiffScene(path) as scene:
        return scene.read(scene.grid.block).valid


class TestImpossibleNumbers:
    @pytest.mark.parametrize(
        "fill", [-9999.0, -99999.0, -32768.0, -999.0, np.finfo("f4").min, np.finfo("f4").max, 1e20]
    )
    @pytest.mark.parametrize(("name", "make"), [("linear", power), ("db", decibels)])
    def test_untagged_fill_is_nodata_wherever_it_lies(self, tmp_path, fill, name, make):
        values = make()
        values[:20], values[50, 60] = fill, fill
        path = write_raster(tmp_path / f"sigma0_{name}_vv.tif", values[None])
        np.testing.assert_array_equal(valid_in(path), values != np.float32(fill))

    @pytest.mark.parametrize("fill", [-9999, -32768])
    def test_in_integers(self, tmp_path, fill):
        values = np.clip(300 * np.sqrt(power()), 1, None).astype(np.int16)
        values[:20] = fill
        np.testing.assert_array_equal(
            valid_in(write_raster(tmp_path / "vv.tif", values[None])), values != fill
        )

    def test_in_scaled_integers(self, tmp_path):
        values = np.round(100 * decibels()).astype(np.int16)
        values[:20], values[40:60] = -32768, -9999  # -327.68 and -99.99 dB
        path = write_raster(tmp_path / "vv_db.tif", values[None], scale=0.01)
        expected = np.ones(SHAPE, bool)
        expected[:20] = expected[40:60] = False
        np.testing.assert_array_equal(valid_in(path), expected)

    def test_a_number_that_a_scale_makes_possible_is_a_measurement(self, tmp_path):
        values = np.round(1000 * decibels()).astype(np.int16)
        values[30, 40] = -9999  # -9.999 dB
        assert valid_in(write_raster(tmp_path / "vv_db.tif", values[None], scale=0.001)).all()

    def test_infinities_and_nan(self, tmp_path):
        values = decibels()
        values[3, 4], values[5, 6], values[7, 8] = np.inf, -np.inf, np.nan
        path = write_raster(tmp_path / "vv_db.tif", values[None])
        assert np.argwhere(~valid_in(path)).tolist() == [[3, 4], [5, 6], [7, 8]]

    @pytest.mark.parametrize("least", [1e-9, -3e-4])
    def test_what_noise_removal_leaves_is_measured(self, tmp_path, least):
        values = power()
        values[30:60, 30:60] = least * (1 + np.random.default_rng(1).random((30, 30)))
        assert valid_in(write_raster(tmp_path / "sigma0_linear_vv.tif", values[None])).all()

    def test_a_corner_reflector_is_measured(self, tmp_path):
        values = power()
        values[30, 30] = 1e6  # 60 dB
        assert valid_in(write_raster(tmp_path / "sigma0_linear_vv.tif", values[None])).all()

    @pytest.mark.parametrize(("band", "fill"), [(DB, -99.0), (DB, -80.0), (LINEAR, -1.0)])
    def test_regions_of_one_value_far_from_any_backscatter(self, band, fill):
        values = decibels() if band is DB else power()
        values[20:40, 30:50] = fill
        found = reasons(values, band)[0]
        np.testing.assert_array_equal(found == Why.REGION, values == fill)
        values = decibels() if band is DB else power()
        values[20, 30] = fill  # alone it may have been measured
        assert not reasons(values, band).any()

    def test_values_that_clipping_repeats_are_measured(self):
        assert not reasons(np.maximum(decibels(), -10), DB).any()


class TestZeros:
    def test_a_region_whatever_another_tag_says(self, tmp_path):
        for tag in (-9999.0, float("nan"), 1.0):
            values = power()
            values[:30], values[30:40] = 0, tag
            path = write_raster(tmp_path / f"sigma0_linear_vv_{tag}.tif", values[None], nodata=tag)
            expected = np.zeros(SHAPE, bool)
            expected[40:] = True
            np.testing.assert_array_equal(valid_in(path), expected)

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
    @pytest.mark.parametrize(
        "where", [np.s_[:, -1], np.s_[0, :], np.s_[40:48, 50:58], np.s_[:, 30], np.s_[40:43, 20:90]]
    )
    def test_borders_squares_and_lines(self, tmp_path, dtype, where):
        values = np.clip(300 * np.sqrt(power()), 1, 255).astype(dtype)
        values[where] = 0
        path = write_raster(tmp_path / "amplitude_vv.tif", values[None])
        np.testing.assert_array_equal(valid_in(path), values != 0)

    def test_a_hole_that_a_sparse_sample_misses(self, tmp_path):
        values = np.full((5000, 4000), 40, np.uint8)
        values[300:340, 400:440] = 0
        path = write_raster(tmp_path / "vv.tif", values[None], compress="deflate", tiled=True)
        with GeoTiffScene(path) as scene:
            raster = scene.read(Block(256, 256, 128, 256))
        assert (~raster.valid).sum() == 1600

    @pytest.mark.parametrize("border", [0, 20])
    def test_lone_zeros_are_measurements(self, tmp_path, border):
        values = power()
        values[::9, ::7] = 0
        values[:border] = 0
        path = write_raster(tmp_path / "sigma0_linear_vv.tif", values[None])
        valid = valid_in(path)
        assert not valid[:border].any()
        assert valid[border + REGION :].all()

    def test_zeros_beside_what_a_tag_leaves_out_are_its_fringe(self, tmp_path):
        values = power()
        values[:20], values[20:23] = -9999, 0
        path = write_raster(tmp_path / "sigma0_linear_vv.tif", values[None], nodata=-9999)
        assert valid_in(path).sum() == values[23:].size

    def test_each_file_of_a_pair_is_judged(self, tmp_path):
        cross = power(seed=1)
        cross[:30] = 0
        first = write_raster(tmp_path / "s_sigma0_linear_vv.tif", power()[None], nodata=np.nan)
        write_raster(tmp_path / "s_sigma0_linear_vh.tif", cross[None])
        with GeoTiffScene(first) as scene:
            valid = scene.read(scene.grid.block).valid
            (entry,) = describe(scene)["masked"]
        assert not valid[:30].any()
        assert valid[30:].all()
        assert (entry["band"], entry["pixels"]) == ("VH", 30 * SHAPE[1])

    def test_dark_water_in_eight_bits_is_measured_where_another_band_holds_something(self):
        values = np.full((2, *SHAPE), 40, np.uint8)
        values[:, :20] = 0
        values[1, 60:] = 0
        raw = Band("VV", "uncalibrated", "amplitude")
        found = reasons(values, raw)
        assert (found[:, :20] == Why.REGION).all()
        assert not found[:, 20:].any()

    def test_nothing_but_fill_is_refused(self, tmp_path):
        for fill in (0.0, np.nan, -9999.0):
            path = write_raster(tmp_path / "sigma0_linear_vv.tif", np.full((1, *SHAPE), fill, "f4"))
            with pytest.raises(NothingValidError):
                GeoTiffScene(path)


class TestBlocks:
    @given(
        seed=st.integers(0, 10_000),
        smooth=st.integers(2, 30),
        level=st.floats(0.4, 0.6),
        height=st.integers(3, 200),
        width=st.integers(3, 200),
        step=st.integers(5, 90),
    )
    @settings(max_examples=40, deadline=None)
    def test_what_is_a_region_depends_on_the_scene_only(
        self, seed, smooth, level, height, width, step
    ):
        noise = ndimage.uniform_filter(np.random.default_rng(seed).random((height, width)), smooth)
        zero = noise < np.quantile(noise, level)
        values = np.where(zero, 0, 0.1 + np.random.default_rng(1).random(zero.shape))
        wanted = regions_by_definition(zero)
        if wanted.all():
            return
        measurements = in_memory(values.astype(np.float32), LINEAR)
        found = np.zeros(zero.shape, bool)
        for row in range(0, height, step):
            for col in range(0, width, step):
                block = Block(row, col, min(step, height - row), min(step, width - col))
                rows, cols = block.slices()
                found[rows, cols] = measurements.reasons(block)[0] == Why.REGION
        np.testing.assert_array_equal(found, wanted)


def regions_by_definition(zero):
    """Squares and lines of zeros over the whole scene at once, by scipy."""
    outside = np.pad(zero, REGION - 1, constant_values=True)
    far = 2 * HALO
    opened = ndimage.binary_opening(np.pad(outside, far), np.ones((REGION, REGION)))
    cut = far + REGION - 1
    region = opened[cut:-cut, cut:-cut]
    for line in ((1, REGION**2), (REGION**2, 1)):
        region = (
            region | ndimage.binary_opening(np.pad(zero, far), np.ones(line))[far:-far, far:-far]
        )
    return ndimage.binary_dilation(region, np.ones((2 * REGION + 1,) * 2)) & zero


class TestOneRuleForFilesAndArrays:
    @pytest.mark.parametrize(
        "name", ["sigma0_linear_vv", "gamma0_db_vv", "amplitude_vv", "scaled_db_vv", "scaled_lin"]
    )
    @pytest.mark.parametrize("dims", [("y", "x"), ("lat", "lon"), ("latitude", "longitude")])
    def test_the_same_numbers_are_the_same_scene(self, tmp_path, name, dims):
        values, how, assume = power(), {}, "vv"
        if name == "gamma0_db_vv":
            values = decibels()
        if name == "amplitude_vv":
            values = np.clip(300 * np.sqrt(power()), 1, 255).astype(np.uint16)
        if name == "scaled_db_vv":
            values, how = np.round(100 * decibels()).astype(np.int16), {"scale": 0.01}
        if name == "scaled_lin":
            values, how = np.round(1000 * power()).astype(np.uint16) + 1, {"scale": 0.001}
            assume = "vv,linear,sigma0"
        values[:30], values[30:33, 40], values[60:70, 50:60] = 0, 0, 0
        path = write_raster(
            tmp_path / f"{name}.tif", values[None], crs="EPSG:4326",
            transform=rasterio.Affine(1e-4, 0, 12.3, 0, -1e-4, 41.9), **how,
        )  # fmt: skip
        array = rioxarray.open_rasterio(path).rename({"y": dims[0], "x": dims[1]}).rename(name)
        with open_scene(path, assume=assume) as scene:
            from_file = scene.read(scene.grid.block)
        twin = open_scene(array, assume=assume)
        from_array = twin.read(twin.grid.block)
        assert from_array.bands == from_file.bands
        assert not from_file.valid[:30].any()
        np.testing.assert_array_equal(from_array.valid, from_file.valid)
        np.testing.assert_array_equal(from_array.values, from_file.values)
        assert twin.grid.transform.almost_equals(scene.grid.transform, 1e-9)

    def test_degrees_of_latitude_and_longitude_need_no_crs(self, tmp_path):
        path = write_raster(
            tmp_path / "sigma0_linear_vv.tif", power()[None], crs="EPSG:4326",
            transform=rasterio.Affine(1e-4, 0, 12.3, 0, -1e-4, 41.9),
        )  # fmt: skip
        array = rioxarray.open_rasterio(path).drop_vars("spatial_ref").rename(y="lat", x="lon")
        assert open_scene(array, assume="vv,linear").grid.crs.to_epsg() == 4326


class TestGreatestNumbers:
    @pytest.mark.parametrize(
        ("dtype", "fill", "scale"),
        [
            ("u1", 255, 1),
            ("u2", 65535, 1),
            ("u4", 2**32 - 1, 1),
            ("f4", 65535, 1),
            ("u2", 65535, 0.1),
        ],
    )
    def test_a_region_is_nodata_and_scattered_ones_are_not(self, tmp_path, dtype, fill, scale):
        values = np.clip(300 * np.sqrt(power()), 1, 250).astype(dtype)
        values[:20], values[40::9, ::7] = fill, fill
        expected = np.ones(SHAPE, bool)
        expected[:20] = False
        path = write_raster(tmp_path / "amplitude_vv.tif", values[None], scale=scale)
        np.testing.assert_array_equal(valid_in(path), expected)

    def test_least_number_of_wide_integers(self, tmp_path):
        values = np.clip(300 * np.sqrt(power()), 1, None).astype("i4")
        values[50, 60] = -(2**31)
        path = write_raster(tmp_path / "amplitude_vv.tif", values[None])
        assert np.argwhere(~valid_in(path)).tolist() == [[50, 60]]


@pytest.mark.parametrize("fill", [9999.0, 1e-10])
@pytest.mark.parametrize("scale", ["linear", "amplitude"])
def test_flat_fill_far_from_backscatter_in_every_scale(fill, scale):
    values = power()
    values[20:40, 30:50] = fill if scale == "linear" else np.sqrt(fill)
    found = reasons(values, Band("VV", "sigma0", scale))[0]
    assert (found[20:40, 30:50] == Why.REGION).all()
    assert (found != 0).sum() == 400


class TestCoarseSteps:
    def test_zeros_of_one_band_where_another_is_bright(self, tmp_path):
        pair = np.clip(np.sqrt(seaside.power(2)) * 200, 1, 254).astype("u1")
        pair[1, :, 100:] = 0
        path = write_raster(tmp_path / "x.tif", pair, descriptions=["VV", "VH"])
        np.testing.assert_array_equal(valid_in(path), pair[1] != 0)

    def test_dark_water_stays(self, tmp_path):
        pair = np.clip(np.sqrt(seaside.power(2)) * 200, 1, 254).astype("u1")
        pair[1, :, :64] = 0
        path = write_raster(tmp_path / "x.tif", pair, descriptions=["VV", "VH"])
        assert valid_in(path).all()

    def test_water_that_a_calibrated_step_rounds_to_zero(self, tmp_path):
        stored = np.round(seaside.power() * 0.2 / 0.01).astype("u2")
        path = write_raster(
            tmp_path / "x.tif", stored, descriptions=["sigma0 VV linear"], scale=0.01
        )
        assert valid_in(path).all()


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_a_tag_and_a_mask_band_both_count(tmp_path, dtype):
    values = np.clip(300 * np.sqrt(power()), 2, None).astype(dtype)
    values[:10] = 1
    mask = np.ones(SHAPE, bool)
    mask[:, :10] = False
    path = write_raster(tmp_path / "amplitude_vv.tif", values[None], nodata=1, mask=mask)
    np.testing.assert_array_equal(valid_in(path), mask & (values != 1))
    with GeoTiffScene(path) as scene:
        told = describe(scene)
    assert told["nodata"] == "nodata tag, mask band"
    assert told["masked"][0]["why"] == "nodata tag or mask band"


def test_decoded_arrays_are_masked_as_their_file(tmp_path):
    values = np.round(100 * (decibels() + 30)).astype("i2")
    values[:30], values[40:60] = 0, 32767
    path = write_raster(tmp_path / "vv_db.tif", values[None], scale=0.01, offset=-30)
    array = rioxarray.open_rasterio(path, mask_and_scale=True)
    twin = open_scene(array, assume="vv,db")
    valid = twin.read(twin.grid.block).valid
    assert not valid[:30].any()
    np.testing.assert_array_equal(valid, valid_in(path))
