"""Real files of many makers: how they are read, and why some are refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from sargeo.errors import (
    InputError,
    NoGeoreferenceError,
    UnknownRadiometryError,
    UnsupportedPixelsError,
)
from sargeo.geo.grid import Block
from sargeo.scene.bands import Band
from sargeo.scene.open import open_scene
from sargeo.scene.radiometry import BackscatterConstants, Normalisation

DATA = os.environ.get("SARGEO_DATA")

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(DATA is None, reason="SARGEO_DATA does not point to real SAR data"),
]

CONSTANTS = BackscatterConstants({"VV": -10.0, "VH": -17.0}, {"VV": 5.0, "VH": 5.0}, -40.0)


def path(name):
    return Path(DATA or "") / name


@pytest.mark.parametrize(
    ("name", "assume", "bands"),
    [
        (
            "scenes/s1_vh_los_angeles_T11SLT.tif",
            "",
            (Band("VH", "uncalibrated", "amplitude"),),
        ),
        (
            "sen1floods11/Spain_7370579_s1_vv_vh_db.tif",
            "",
            (Band("VV", "sigma0", "db"), Band("VH", "sigma0", "db")),
        ),
        (
            "terramind/S1RTC/637U_59R_1_3.tif",
            "vv,vh,gamma0",
            (Band("VV", "gamma0", "db"), Band("VH", "gamma0", "db")),
        ),
        (
            "sen12mscr/ROIs1158_spring_s1_1_p607.tif",
            "vv,vh",
            (Band("VV", "sigma0", "db"), Band("VH", "sigma0", "db")),
        ),
        (
            "readers/S1A__IW___A_20150309T173017_VV_grd_mli_geo_norm_db.tif",
            "",
            (Band("VV", "gamma0", "db"),),
        ),
    ],
)
def test_bands(name, assume, bands):
    with open_scene(path(name), assume=assume) as scene:
        assert scene.bands == bands
        raster = scene.read(Block(0, 0, min(scene.grid.height, 200), scene.grid.width))
        assert np.isfinite(raster.values).all()


def test_los_angeles():
    with open_scene(path("scenes/s1_vh_los_angeles_T11SLT.tif")) as scene:
        assert scene.grid.shape == (8192, 11264)
        assert scene.grid.crs.to_epsg() == 3395
        for spacing_m in scene.grid.sampled_spacing_m():
            np.testing.assert_allclose(spacing_m, 8.3, atol=0.05)
        reference = Normalisation.of_scene(scene, CONSTANTS).references
        assert reference == Normalisation.of_scene(scene, CONSTANTS).references
        assert reference[0] == pytest.approx(100, abs=10)


def test_clipped_decibels_of_zero_are_measurements():
    with open_scene(path("sen12mscr/ROIs1158_spring_s1_1_p607.tif"), assume="vv,vh") as scene:
        raster = scene.read(scene.grid.block)
    assert (raster.values[0] == 0).any()
    assert raster.valid.all()


def test_nodata_tag_of_a_processed_scene():
    name = "readers/S1A__IW___A_20150309T173017_VV_grd_mli_geo_norm_db.tif"
    with open_scene(path(name)) as scene:
        raster = scene.read(scene.grid.block)
    assert raster.values.min() > -99


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("scenes/s2_rgb_los_angeles_T11SLT.tif", UnsupportedPixelsError),
        ("flood_emsr795/vv_pre.tif", NoGeoreferenceError),
        ("airsar_flevoland/hh_vv_hv_quarter_db.tif", NoGeoreferenceError),
        ("terramind/S1RTC/637U_59R_1_3.tif", UnknownRadiometryError),
        ("terramind/DEM/637U_59R_1_3.tif", UnknownRadiometryError),
        ("readers/Rome-30m-DEM.tif", UnknownRadiometryError),
        (
            "readers/S1B_IW_GRDH_1SDV_20211223T051122_20211223T051147_030148_039993_5371.zip",
            InputError,
        ),
    ],
)
def test_refusals(name, error):
    with pytest.raises(error) as caught:
        open_scene(path(name))
    assert Path(name).name in caught.value.problem
