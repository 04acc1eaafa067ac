"""Scenes know the platform they were taken from, and tell it to the network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rioxarray  # noqa: F401  registers the accessor
import torch
import xarray as xr
from affine import Affine
from support.language import SENSORS, tiny_language_network, tiny_language_spec
from support.rasters import CRS_CASES, backscatter_db, write_raster, write_scene
from support.scenes import UTM, array_scene

from sargeo.errors import UsageError
from sargeo.geo.grid import GeoGrid
from sargeo.inference.job import InferenceJob
from sargeo.inference.suitability import model_needs
from sargeo.model.api import SarModel
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.describe import describe
from sargeo.scene.open import open_scene
from sargeo.scene.platforms import find_platform

TSX_FOLDER = "TSX1_SAR__EEC_RE___SM_S_SRA_20110916T010020_20110916T010025"


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        ("S1A_IW_GRDH_1SDV_20150705T064241_20150705T064306_006672_008EA0_24EE.tif", "Sentinel-1"),
        ("s1c-iw-grd-vv-20250705t064241-20250705t064306-006672-008ea0-001.tiff", "Sentinel-1"),
        ("S1B__IW___A_20170501T053000_VV_gamma0-rtc_db.tif", "Sentinel-1"),
        ("OPERA_L2_RTC-S1_T069-147_20240101T000000Z_S1A_30_v1.0_VV.tif", "Sentinel-1"),
        ("Subset_S1B_IW_GRDH_Cal_TC.tif", "Sentinel-1"),
        (f"{TSX_FOLDER}.tif", "TerraSAR-X"),
        ("TDX1_SAR__MGD_SE___HS_S_SRA_20160229T223018.tif", "TerraSAR-X"),
        ("RS2_OK2084_PK24911_DK25857_FQ14_20080415_143807_HH_VV_HV_VH_SGX.tif", "RadarSat-2"),
        ("GF3_MYN_FSII_003345_E118.1_N24.6_20170401_L1A_HH.tif", "Gaofen-3"),
        (f"/data/{TSX_FOLDER}/IMAGEDATA/IMAGE_HH_SRA_strip_008.tif", "TerraSAR-X"),
        (f"C:\\data\\{TSX_FOLDER}\\IMAGEDATA\\IMAGE_HH_SRA_strip_008.tif", "TerraSAR-X"),
        ("/vsizip/S1A_IW_GRDH_1SDV.zip/vv_db.tif", "Sentinel-1"),
        ("/TSX1_SAR/S1A_IW_GRDH.tif", "Sentinel-1"),
        ("S1A_and_RS2.tif", None),
        ("sites1a_vv.tif", None),
        ("s1_vv.tif", None),
        ("S10A_vv.tif", None),
        ("radarsat-1_hh.tif", None),
        ("harbour.tif", None),
    ],
)
def test_platforms_by_the_names_of_products(path: str, platform: str | None) -> None:
    found, place = find_platform([], path)
    assert found == platform
    assert bool(place) == (platform is not None)


@pytest.mark.parametrize(
    ("key", "value", "platform"),
    [
        ("SATELLITE_IDENTIFIER", "SENTINEL-1", "Sentinel-1"),
        ("SATELLITE_IDENTIFIER", "RADARSAT-2", "RadarSat-2"),
        ("PLATFORM", "Sentinel-1A", "Sentinel-1"),
        ("MISSION_ID", "S1B", "Sentinel-1"),
        ("mission", "TSX-1", "TerraSAR-X"),
        ("constellation", "sentinel-1", "Sentinel-1"),
        ("platform", "terrasar-x", "TerraSAR-X"),
        ("family_name", "SENTINEL-1", "Sentinel-1"),
        ("TIFFTAG_IMAGEDESCRIPTION", "Sentinel-1A IW GRD HR L1", "Sentinel-1"),
        ("sensor", "AIRSAR", "AIRSAR"),
        ("platform", "sentinel-2a", None),
        ("PLATFORM", "Linux", None),
        ("DEM", "TanDEM-X 30 m", None),
        ("TIFFTAG_SOFTWARE", "Sentinel-1 IPF 003.31", None),
    ],
)
def test_platforms_by_tags(key: str, value: str, platform: str | None) -> None:
    assert find_platform([{}, {key: value}], "vv.tif")[0] == platform


def test_the_user_comes_first_then_tags_then_names() -> None:
    tags, path = [{"PLATFORM": "RADARSAT-2"}], "/TSX1_SAR/S1A_IW.tif"
    assert find_platform(tags, path, "AIRSAR") == ("AIRSAR", "as assumed by the user")
    assert find_platform(tags, path) == ("RadarSat-2", "from the file's tags")
    assert find_platform([], path) == ("Sentinel-1", "from the file name")
    assert find_platform([], "/TSX1_SAR/x.tif") == ("TerraSAR-X", "from the folder's name")
    # Tags that contradict each other say nothing.
    twice = [{"platform": "sentinel-1a", "mission": "TSX-1"}]
    assert find_platform(twice, "RS2_x.tif") == ("RadarSat-2", "from the file name")


@pytest.mark.parametrize(
    ("said", "platform"),
    [
        ("platform=Sentinel-1", "Sentinel-1"),
        ("vv, Platform=s1b ,db", "Sentinel-1"),
        ("platform=TDX1", "TerraSAR-X"),
        ("platform=RADARSAT-2", "RadarSat-2"),
        ("platform=ICEYE-X7", "ICEYE-X7"),
        ("platform=Unknown", "unknown"),
        ("vv", None),
    ],
)
def test_platforms_are_assumed_by_any_name(said: str, platform: str | None) -> None:
    assert Assumptions.parse(said).platform == platform


@pytest.mark.parametrize("said", ["platform=", "platform= ,vv", "platform=S1A,platform=S1A"])
def test_platforms_assumed_wrongly_are_refused(said: str) -> None:
    with pytest.raises(UsageError, match="platform") as caught:
        Assumptions.parse(said)
    assert "platform=NAME" in caught.value.remedy


def test_a_file_tells_its_platform(tmp_path: Path) -> None:
    made = write_scene(tmp_path / "S1A_IW_GRDH.tif")
    with open_scene(made.path) as scene:
        assert scene.platform == "Sentinel-1"
        told = json.loads(json.dumps(describe(scene)))
    assert (told["platform"], told["platform_found"]) == ("Sentinel-1", "from the file name")
    with open_scene(made.path, assume="platform=unknown") as scene:
        assert scene.platform is None
    tagged = write_raster(
        tmp_path / "vv_db.tif", backscatter_db((20, 20), 1), tags={"PLATFORM": "RADARSAT-2"}
    )
    with open_scene(tagged) as scene:
        assert scene.platform == "RadarSat-2"


def test_a_platform_that_nobody_names_is_told_as_unknown() -> None:
    told = describe(array_scene(np.ones((1, 20, 20), np.float32)))
    assert told["platform"] is None
    assert "platform_found" not in told


def test_an_array_tells_its_platform_as_stac_readers_write_it() -> None:
    code, transform = CRS_CASES["utm_north"]
    rows, cols = np.arange(20) + 0.5, np.arange(30) + 0.5
    x, y = (transform @ (cols, 0 * cols))[0], (transform @ (0 * rows, rows))[1]
    array = xr.DataArray(
        backscatter_db((20, 30), 1)[0],
        dims=("y", "x"),
        coords={"y": y, "x": x, "constellation": "sentinel-1"},
        name="vv",
        attrs={"units": "dB"},
    ).rio.write_crs(code)
    assert open_scene(array).platform == "Sentinel-1"
    bare = array.drop_vars("constellation")
    assert open_scene(bare).platform is None
    assert open_scene(bare.assign_attrs(family_name="SENTINEL-1")).platform == "Sentinel-1"
    assert open_scene(array, assume="platform=TSX").platform == "TerraSAR-X"


@pytest.mark.parametrize("spacing_m", [10, 40])
def test_the_network_is_told(spacing_m: int) -> None:
    transform = Affine(spacing_m, 0, 500_000, 0, -spacing_m, 5_000_000)
    grid = GeoGrid(UTM, transform, (100, 100))
    values = np.ones((1, 100, 100), np.float32)
    scene = replace(array_scene(values, grid=grid), platform=SENSORS[1])
    spec = tiny_language_spec()
    model = SarModel(tiny_language_network(), spec, torch.device("cpu"))
    job = InferenceJob.of(scene, model)
    assert job.resampled == (spacing_m > spec.spacing.max_m)
    assert job.acquisition.sensor == SENSORS[1]
    assert job.settings({})["acquisition"] == {
        "gsd_m": job.acquisition.gsd_m,
        "incidence_deg": None,
        "sensor": SENSORS[1],
    }
    assert model_needs(scene, spec)["trained_platforms"] == list(SENSORS)
