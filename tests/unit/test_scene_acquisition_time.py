"""When a scene was taken: as products say it, and never guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rioxarray  # noqa: F401  registers the accessor
import xarray as xr
from support.rasters import CRS_CASES, backscatter_db, write_raster
from support.scenes import array_scene

from sargeo.scene.acquisition_time import find_acquisition_time
from sargeo.scene.describe import describe
from sargeo.scene.open import open_scene
from sargeo.scene.resample import RescaledScene

S1 = "S1A_IW_GRDH_1SDV_20200101T053011_20200101T053036_030613_0381CC_8A2B"
WHEN = datetime(2020, 1, 1, 5, 30, 11, tzinfo=UTC)
TSX = "TSX1_SAR__EEC_RE___SM_S_SRA_20110916T010020_20110916T010025"


@pytest.mark.parametrize(
    ("path", "when"),
    [
        (f"{S1}.tif", WHEN),
        (f"{S1}.SAFE/measurement/vv_db.tif", WHEN),
        (f"C:\\data\\{S1}\\vv_db.tif", WHEN),
        ("s1a-iw-grd-vv-20200101t053011-20200101t053036-030613-0381cc-001.tiff", WHEN),
        ("S1A_IW_20200101T053011_DVP_RTC30_G_gpuned_4D2F_VV.tif", WHEN),
        ("S1A__IW___A_20200101T053011_VV_grd_mli_geo_norm_db.tif", WHEN),
        (f"Subset_{S1}_Cal_TC.tif", WHEN),
        ("OPERA_L2_RTC-S1_T069-147448-IW3_20200101T053011Z_20200102T120000Z_S1A_30_v1.0.tif", WHEN),
        (f"{TSX}/IMAGEDATA/IMAGE_HH.tif", datetime(2011, 9, 16, 1, 0, 20, tzinfo=UTC)),
        (
            "RS2_OK2084_PK24911_DK25857_FQ14_20080415_143807_HH_VV_HV_VH_SGX.tif",
            datetime(2008, 4, 15, 14, 38, 7, tzinfo=UTC),
        ),
        ("CAPELLA_C02_SM_GEO_HH_20200101053011_20200101053015.tif", WHEN),
        ("ICEYE_X7_GRD_SM_54321_20200101T053011.tif", WHEN),
        ("CSKS1_DGM_B_HI_16_HH_RA_SF_20200101053011_20200101053018.h5", WHEN),
        # Whose time it is, nothing says.
        ("20200101T053011_vv.tif", None),
        ("mosaic_20200101_053011.tif", None),
        # Only a day.
        ("GF3_MYN_FSII_003345_E118.1_N24.6_20170401_L1A_HH.tif", None),
        # Two products in one.
        (f"{S1}_and_S1B_IW_GRDH_1SDV_20200107T053011_x.tif", None),
        # Two dates of an interferogram.
        ("S1AA_20200101T053011_20200113T053011_VVP012.tif", None),
        # Numbers that are no date.
        ("S1A_IW_GRDH_1SDV_20201301T053011_x.tif", None),
        ("scene.tif", None),
    ],
)
def test_names_of_products_tell_the_start(path: str, when: datetime | None) -> None:
    found, place = find_acquisition_time([{"AREA_OR_POINT": "Area"}], path)
    assert found == when
    assert bool(place) == (when is not None)


@pytest.mark.parametrize(
    ("key", "text", "when"),
    [
        ("ACQUISITION_START_TIME", "2020-01-01T05:30:11.250000", WHEN.replace(microsecond=250_000)),
        ("ACQUISITION_DATETIME", "2020:01:01T05:30:11Z", WHEN),
        (
            "acquisition_start_utc",
            "2020-01-01T05:30:11.123456789",
            WHEN.replace(microsecond=123456),
        ),
        ("Scene Sensing Start UTC", "2020-01-01 05:30:11.000000000", WHEN),
        ("MPH_SENSING_START", "01-JAN-2020 05:30:11.000000", WHEN),
        ("first_line_time", "01-jan-2020 05:30:11", WHEN),
        ("datetime", "2020-01-01T07:30:11+02:00", WHEN),
        ("datetime", "2020-01-01T00:00:11-0530", WHEN),
        ("start_datetime", " 2020-01-01 05:30:11 UTC", WHEN),
        ("datetime", "2020-01-01", None),
        ("datetime", "2020-02-30T05:30:11Z", None),
        ("datetime", "0001-01-01T00:00:00+14:00", None),
        ("ACQUISITION_TIME", "1970-01-01T00:00:00Z", None),
        ("ACQUISITION_TIME", "yesterday", None),
        # When the file was made.
        ("TIFFTAG_DATETIME", "2020:01:01 05:30:11", None),
        ("PROCESSING_TIME", "2020-01-01T05:30:11Z", None),
    ],
)
def test_fields_tell_the_start(key: str, text: str, when: datetime | None) -> None:
    assert find_acquisition_time([{}, {key: text}], "scene.tif")[0] == when


def test_capella_says_it_in_its_description() -> None:
    collect = {"collect": {"start_timestamp": "2020-01-01T05:30:11Z", "image": {}}}
    fields = {"TIFFTAG_IMAGEDESCRIPTION": json.dumps(collect)}
    assert find_acquisition_time([fields], "x.tif") == (WHEN, "from the file's tags")
    for other in ("Sentinel-1A IW GRD HR L1", "[]", '{"collect": {"start_timestamp": 3}}'):
        assert find_acquisition_time([{"TIFFTAG_IMAGEDESCRIPTION": other}], "x.tif")[0] is None


def test_the_start_comes_before_the_middle_and_fields_before_names() -> None:
    fields = {"datetime": "2020-01-01T05:31:00Z", "start_datetime": "2020-01-01T05:30:11Z"}
    assert find_acquisition_time([fields], f"{TSX}.tif") == (WHEN, "from the file's tags")
    assert find_acquisition_time([], f"{TSX}/{S1}.tif") == (WHEN, "from the file name")
    assert find_acquisition_time([], f"{S1}/{TSX}/vv.tif")[0] == datetime(
        2011, 9, 16, 1, 0, 20, tzinfo=UTC
    )


def test_a_file_tells_its_time_also_on_another_grid(tmp_path: Path) -> None:
    path = write_raster(tmp_path / f"{S1}_vv_db.tif", backscatter_db((20, 20), 1))
    with open_scene(path) as scene:
        assert scene.acquired == RescaledScene(scene, 2, 2).acquired == WHEN
        told = json.loads(json.dumps(describe(scene)))
    assert told["acquired"] == "2020-01-01T05:30:11+00:00"
    assert told["acquired_found"] == "from the file name"


def test_a_time_that_nobody_tells_is_unknown() -> None:
    told = describe(array_scene(np.ones((1, 20, 20), np.float32)))
    assert told["acquired"] is None
    assert "acquired_found" not in told


@pytest.mark.parametrize(
    "said",
    [
        {"time": np.datetime64("2020-01-01T05:30:11", "ns")},
        {"datetime": "2020-01-01T05:30:11Z", "time": np.datetime64("2020-01-01", "ns")},
        {"start_datetime": np.datetime64("2020-01-01T05:30:11", "ns")},
    ],
)
def test_an_array_tells_its_time_as_stac_readers_write_it(said: dict[str, object]) -> None:
    code, transform = CRS_CASES["utm_north"]
    rows, cols = np.arange(20) + 0.5, np.arange(30) + 0.5
    x, y = (transform @ (cols, 0 * cols))[0], (transform @ (0 * rows, rows))[1]
    array = xr.DataArray(
        backscatter_db((20, 30), 1)[0],
        dims=("y", "x"),
        coords={"y": y, "x": x, **said},
        name="vv",
        attrs={"units": "dB"},
    ).rio.write_crs(code)
    assert open_scene(array).acquired == WHEN
    bare = array.drop_vars(list(said))
    assert open_scene(bare).acquired is None
    named = bare.assign_attrs(start_time="2020-01-01T05:30:11")
    assert open_scene(named).acquired == WHEN
