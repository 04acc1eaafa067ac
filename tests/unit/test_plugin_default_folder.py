"""The folder that the panel proposes stays, whatever a scene's address looks like."""

from __future__ import annotations

import pytest
from sargeo_qgis.core.default_folder import default_folder
from sargeo_qgis.core.errors import PluginError

FILES = {
    "/data/a b.zip",
    "/data/real.zip/inner.zip",
    "/data/a.gpkg",
    "/data/a.nc",
    "/data/a.tif",
    "/data/S1A.SAFE/manifest.safe",
    "C:/Daten/a.zip",
    "C:\\Daten\\a.zip",
    "C:/Daten/a.gpkg",
    "C:\\Daten\\a.gpkg",
    "\\\\server\\share\\a.zip",
}


def proposed(source: str, stem: str = "scene", temporary: tuple[str, ...] = ()) -> str:
    return default_folder(source, stem, temporary, FILES.__contains__)


@pytest.mark.parametrize(
    ("source", "folder"),
    [
        ("/data/scene.tif", "/data/scene_sargeo"),
        ("/data/of layer|stack.tif", "/data/scene_sargeo"),
        ("/data/scene.vrt", "/data/scene_sargeo"),
        ("C:/Daten/scene.tif", "C:\\Daten\\scene_sargeo"),
        ("C:\\Daten\\scene.tif", "C:\\Daten\\scene_sargeo"),
        ("\\\\server\\share\\scene.tif", "\\\\server\\share\\scene_sargeo"),
        ("/data/scene.tif|option:NUM_THREADS=2", "/data/scene_sargeo"),
        ("/vsizip//data/a b.zip/scene.tif", "/data/scene_sargeo"),
        ("/vsizip//data/a b.zip/deep/in/scene.tif", "/data/scene_sargeo"),
        ("/vsizip/{/data/a b.zip}/scene.tif", "/data/scene_sargeo"),
        ("/vsizip//data/real.zip/inner.zip/scene.tif", "/data/real.zip/scene_sargeo"),
        ("/vsitar//vsizip//data/a b.zip/b.tar/scene.tif", "/data/scene_sargeo"),
        ("/vsizip/C:/Daten/a.zip/scene.tif", "C:\\Daten\\scene_sargeo"),
        ("/vsizip/C:\\Daten\\a.zip\\scene.tif", "C:\\Daten\\scene_sargeo"),
        ("/vsizip/{C:/Daten/a.zip}/scene.tif", "C:\\Daten\\scene_sargeo"),
        ("/vsizip/\\\\server\\share\\a.zip/scene.tif", "\\\\server\\share\\scene_sargeo"),
        ("/vsisubfile/0_100,/data/a.tif", "/data/scene_sargeo"),
    ],
)
def test_it_lies_beside_the_file_or_the_archive(source: str, folder: str) -> None:
    assert proposed(source) == folder


@pytest.mark.parametrize(
    ("source", "folder"),
    [
        ("GPKG:/data/a.gpkg:vv", "/data/a_vv_sargeo"),
        ("GPKG:/data/a.gpkg:vh", "/data/a_vh_sargeo"),
        ("GPKG:C:/Daten/a.gpkg:vv", "C:\\Daten\\a_vv_sargeo"),
        ("GPKG:C:\\Daten\\a.gpkg:vv", "C:\\Daten\\a_vv_sargeo"),
        ('NETCDF:"/data/a.nc":sigma0', "/data/a_sigma0_sargeo"),
        ('HDF5:"/data/a.nc"://group/sigma0', "/data/a_group_sigma0_sargeo"),
        ("GTIFF_DIR:2:/data/a.tif", "/data/a_sargeo"),
        ("vrt:///data/a.tif?bands=1", "/data/a_bands_1_sargeo"),
        (
            "SENTINEL1_CALIB:SIGMA0:/data/S1A.SAFE/manifest.safe:IW_VV:AMPLITUDE",
            "/data/S1A.SAFE/manifest_IW_VV_AMPLITUDE_sargeo",
        ),
        ('NETCDF:"/vsizip//data/a b.zip/x.nc":vv', "/data/a b_x_nc_vv_sargeo"),
    ],
)
def test_rasters_of_one_file_have_a_folder_each(source: str, folder: str) -> None:
    assert proposed(source, "a") == folder


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/vsicurl/https://example.org/scene.tif", "on a server"),
        ("/vsizip//vsicurl/https://example.org/a.zip/scene.tif", "on a server"),
        ("/vsizip/vsis3/bucket/a.zip/scene.tif", "on a server"),
        ("/vsicurl?max_retry=2&url=x", "on a server"),
        ("/vsis3_streaming/bucket/scene.tif", "on a server"),
        ("https://example.org/scene.tif", "on a server"),
        ("crs=EPSG:3857&url=https://example.org/wms", "on a server"),
        ("/vsimem/scene.tif", "in memory"),
        ("<VRTDataset rasterXSize='2'></VRTDataset>", "in memory"),
        ("/tmp/processing_AbCdEf/1234/OUTPUT.tif", "removed"),
        ("/tmp/processing_AbCdEf/1234/OUTPUT.vrt", "removed"),
        ("C:/Users/Jo/AppData/Local/Temp/processing_x/OUTPUT.tif", "removed"),
        ("c:\\users\\jo\\appdata\\local\\temp\\processing_x\\OUTPUT.tif", "removed"),
        ("GPKG:/gone/a.gpkg:vv", "Which file holds"),
        ("/vsizip//gone/a.zip/scene.tif", "Which file holds"),
    ],
)
def test_where_nothing_stays_nothing_is_proposed(source: str, said: str) -> None:
    temporary = ("/tmp/processing_AbCdEf", "C:\\Users\\Jo\\AppData\\Local\\Temp\\processing_x")
    with pytest.raises(PluginError) as caught:
        proposed(source, temporary=temporary)
    assert said in caught.value.problem
    assert caught.value.remedy == "Choose a folder for the products."


def test_an_archive_in_a_temporary_folder_is_no_better() -> None:
    with pytest.raises(PluginError, match="removed"):
        proposed("/vsizip//data/a b.zip/scene.tif", temporary=("/data",))


def test_beside_a_temporary_folder_is_as_good_as_anywhere() -> None:
    assert proposed("/tmp/scene.tif", temporary=("/tmp/processing_x",)) == "/tmp/scene_sargeo"
