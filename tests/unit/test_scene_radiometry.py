from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from support.rasters import backscatter_db
from support.scenes import array_scene

from sargeo.errors import NothingValidError, UnsupportedPixelsError
from sargeo.geo.grid import Block
from sargeo.scene.bands import SCALES, Band
from sargeo.scene.radiometry import (
    BackscatterConstants,
    Normalisation,
    from_power,
    to_amplitude,
    to_power,
)
from sargeo.scene.sampling import SIDE, row_blocks, sample_blocks, sample_values

CONSTANTS = BackscatterConstants({"VV": -10.0, "VH": -17.0}, {"VV": 5.0, "VH": 4.0}, -35.0)
DB = backscatter_db((40, 50), 2)


def in_scale(scale):
    return np.stack([from_power(to_power(v, "db"), scale) for v in DB])


@pytest.mark.parametrize("scale", SCALES)
def test_power_and_back(scale):
    values = in_scale(scale)
    np.testing.assert_allclose(from_power(to_power(values, scale), scale), values, rtol=2e-6)
    np.testing.assert_allclose(to_power(values, scale), 10 ** (DB / 10), rtol=1e-5)
    np.testing.assert_allclose(to_amplitude(values, scale), 10 ** (DB / 20), rtol=1e-5)


def test_what_has_no_logarithm_or_root_stays_finite():
    power = np.array([0, -1, 1e-38], np.float32)
    assert from_power(power, "db").tolist() == pytest.approx([-300] * 3)
    assert from_power(power, "amplitude")[:2].tolist() == [0, 0]
    assert np.isfinite(to_power(np.array([-9999, 9999], np.float32), "db")).all()


@pytest.mark.parametrize("scale", SCALES)
def test_calibrated_bands_take_the_constants(scale):
    scene = array_scene(in_scale(scale), scale=scale)
    normalisation = Normalisation.of_scene(scene, CONSTANTS)
    expected = np.stack([(DB[0] + 10) / 5, (np.maximum(DB[1], -35) + 17) / 4])
    got = normalisation.apply(scene.values, scene.valid)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=2e-5)
    assert normalisation.references == (None, None)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("quantity", "incidence_deg", "offset_db"),
    [
        ("sigma0", 30.0, 0.0),
        ("gamma0", 60.0, 0.0),
        ("beta0", 30.0, -3.0103),  # times the sine
        ("beta0", None, -2.1066),  # of 38 degrees, where it is unknown
    ],
)
def test_gamma_and_beta_nought_are_fed_as_sigma_nought(scale, quantity, incidence_deg, offset_db):
    scene = array_scene(in_scale(scale), scale=scale, quantity=quantity)
    scene = replace(scene, incidence_deg=incidence_deg)
    db = np.maximum(DB + offset_db, -35)
    expected = np.stack([(db[0] + 10) / 5, (db[1] + 17) / 4])
    normalisation = Normalisation.of_scene(scene, CONSTANTS)
    np.testing.assert_allclose(normalisation.apply(scene.values, scene.valid), expected, atol=2e-5)
    assert {band.fed_as for band in scene.bands} == {"sigma0"}


def test_floor_holds_in_every_scale():
    floor = {"db": -80.0, "linear": -0.2, "amplitude": 0.0}
    for scale, weak in floor.items():
        bands = (Band("VV", "sigma0", scale),)
        values, valid = np.full((1, 2, 2), weak, np.float32), np.ones((2, 2), bool)
        normalised = Normalisation.of_values(values, valid, bands, CONSTANTS).apply(values, valid)
        np.testing.assert_allclose(normalised, -5, rtol=1e-5)


@pytest.mark.parametrize("scale", SCALES)
def test_uncalibrated_bands_take_the_scenes_reference(scale):
    scene = array_scene(in_scale(scale), scale=scale, quantity="uncalibrated")
    normalisation = Normalisation.of_scene(scene, CONSTANTS)
    amplitude = 10 ** (DB.astype(float) / 20)
    reference = np.percentile(amplitude, (25, 75), axis=(1, 2)).mean(axis=0)
    np.testing.assert_allclose(normalisation.references, reference, rtol=1e-5)
    expected = 2 * (np.log1p(amplitude / reference[:, None, None]) - np.log(2))
    np.testing.assert_allclose(normalisation.apply(scene.values, scene.valid), expected, atol=1e-5)


def test_a_gain_cancels_in_uncalibrated_amplitude():
    values, valid = in_scale("amplitude"), np.ones((40, 50), bool)
    bands = (Band("VV", "uncalibrated", "amplitude"), Band("VH", "uncalibrated", "amplitude"))
    plain, louder = (
        Normalisation.of_values(v, valid, bands, CONSTANTS).apply(v, valid)
        for v in (values, 37 * values)
    )
    np.testing.assert_allclose(plain, louder, atol=1e-5)


def test_nodata_is_zero_and_takes_no_part_in_the_reference():
    values = np.full((1, 30, 30), 100, np.float32)
    valid = np.ones((30, 30), bool)
    values[0, :10], valid[:10] = 1e6, False
    bands = (Band("VH", "uncalibrated", "amplitude"),)
    normalisation = Normalisation.of_values(values, valid, bands, CONSTANTS)
    assert normalisation.references == (100,)
    got = normalisation.apply(values, valid)
    assert (got[0, :10] == 0).all()
    np.testing.assert_allclose(got[0, 10:], 0, atol=1e-6)


def test_windows_are_normalised_as_the_whole():
    scene = array_scene(in_scale("amplitude"), scale="amplitude", quantity="uncalibrated")
    normalisation = Normalisation.of_scene(scene, CONSTANTS)
    whole = normalisation.apply(scene.values, scene.valid)
    part = normalisation.apply(scene.values[:, 5:9, 7:30], scene.valid[5:9, 7:30])
    np.testing.assert_array_equal(part, whole[:, 5:9, 7:30])


def test_zeros_alone_stay_finite():
    values, valid = np.zeros((1, 4, 4), np.float32), np.ones((4, 4), bool)
    bands = (Band("VV", "uncalibrated", "amplitude"),)
    normalised = Normalisation.of_values(values, valid, bands, CONSTANTS).apply(values, valid)
    assert np.isfinite(normalised).all()


def test_nothing_valid_has_no_reference():
    bands = (Band("VV", "uncalibrated", "amplitude"),)
    with pytest.raises(NothingValidError):
        Normalisation.of_values(
            np.ones((1, 4, 4), np.float32), np.zeros((4, 4), bool), bands, CONSTANTS
        )


def test_a_polarisation_without_constants_is_refused():
    with pytest.raises(UnsupportedPixelsError, match="HH"):
        Normalisation((), CONSTANTS, ()).of_values(
            DB, np.ones((40, 50), bool), (Band("HH", "sigma0", "db"),) * 2, CONSTANTS
        )


def test_it_crosses_processes_and_manifests():
    scene = array_scene(in_scale("amplitude"), scale="amplitude", quantity="uncalibrated")
    normalisation = Normalisation.of_scene(scene, CONSTANTS)
    assert pickle.loads(pickle.dumps(normalisation)) == normalisation
    written = json.loads(json.dumps(normalisation.to_dict()))
    assert written["references"] == list(normalisation.references)
    assert written["bands"][1] == {
        "polarisation": "VH",
        "quantity": "uncalibrated",
        "scale": "amplitude",
    }


class TestSampling:
    @pytest.mark.parametrize("shape", [(1, 1), (255, 257), (2048, 300), (5000, 7001), (1, 10_000)])
    def test_blocks_do_not_overlap_and_reach_the_edges(self, shape):
        blocks = sample_blocks(shape)
        assert len(blocks) <= 64
        counts = np.zeros(shape, np.uint8)
        for block in blocks:
            counts[block.slices()] += 1
        assert counts.max() == 1
        assert counts[0, 0] == counts[-1, -1] == counts[0, -1] == counts[-1, 0] == 1
        if max(shape) <= 8 * SIDE:
            assert counts.all()

    def test_few_valid_pixels_refine_the_lattice(self):
        valid = np.zeros((4000, 4000), bool)
        valid[1000:1010, 1500:1600] = True

        def read(block):
            part = valid[block.slices()]
            return part[None].astype(np.float32), part

        assert sample_values(read, valid.shape).shape == (1, 1000)

    @pytest.mark.parametrize("shape", [(100_000, 100_000), (20_000, 20_000)])
    def test_of_a_scene_nearly_empty_only_likely_blocks_are_read(self, shape):
        there = Block(15_001, 12_345, 200, 300)
        asked = []

        def read(block):
            asked.append(block)
            part = np.zeros((block.height, block.width), bool)
            if (common := block.intersection(there)) is not None:
                part[common.slices(block)] = True
            return part[None].astype(np.float32), part

        assert sample_values(read, shape, lambda: (there,)).shape[1] >= 200 * 256
        assert sum(block.size for block in asked) < 3e7

    def test_rows_cover_the_scene(self):
        assert sum(block.size for block in row_blocks((1001, 7))) == 1001 * 7
