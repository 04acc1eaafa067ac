"""Downloads as their makers name and fill them; docs/how-to/downloads.md says what to type."""

from __future__ import annotations

import numpy as np
import pytest
from support.rasters import write_raster

from sargeo.scene.open import open_scene

SHAPE = (80, 90)


def power(seed):
    return np.random.default_rng(seed).gamma(4.4, 0.1 / 4.4, (1, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize(
    ("names", "band"),
    [
        (
            "S1A_IW_20180128T161201_DVP_RTC30_G_gpuned_FD6A_{}.tif",
            ("gamma0", "linear"),
        ),
        (
            "OPERA_L2_RTC-S1_T069-147170-IW1_20231003T140148Z_20231004T002712Z_S1A_30_v1.0_{}.tif",
            ("gamma0", "linear"),
        ),
        (
            "S1A_IW_GRDH_1SDV_20220108T012345_20220108T012410_041372_04EB2C_rtc_{}.rtc.tiff",
            ("gamma0", "linear"),
        ),
        ("S1A__IW___A_20150309T173017_{}_grd_mli_geo_norm_db.tif", ("gamma0", "db")),
        ("Subset_S1A_IW_GRDH_TC_Sigma0_{}.tif", ("sigma0", "linear")),
        ("Subset_S1A_IW_GRDH_TC_Sigma0_{}_db.tif", ("sigma0", "db")),
    ],
)
def test_files_by_polarisation_are_one_scene_whose_names_say_what_they_hold(tmp_path, names, band):
    paths = []
    for seed, polarisation in enumerate(("VV", "VH")):
        values = power(seed)
        values[:, :12] = 0  # SNAP's border
        with np.errstate(divide="ignore"):
            values = 10 * np.log10(values) if band[1] == "db" else values
        paths.append(write_raster(tmp_path / names.format(polarisation), values, nodata=np.nan))
    with open_scene(paths[1]) as scene:
        assert [(b.polarisation, b.quantity, b.scale) for b in scene.bands] == [
            ("VV", *band),
            ("VH", *band),
        ]
        valid = scene.read(scene.grid.block).valid
    assert not valid[:12].any()
    assert valid[12:].all()


def test_mosaics_of_palsar_are_digital_numbers(tmp_path):
    numbers = np.clip(np.round(5000 * np.sqrt(power(0))), 1, None).astype(np.uint16)
    for polarisation in ("HH", "HV"):
        path = tmp_path / f"N10E105_20_sl_{polarisation}_F02DAR.tif"
        write_raster(path, numbers, nodata=0)
    with open_scene(path) as scene:
        assert [b.polarisation for b in scene.bands] == ["HH", "HV"]
        assert {(b.quantity, b.scale) for b in scene.bands} == {("uncalibrated", "amplitude")}
