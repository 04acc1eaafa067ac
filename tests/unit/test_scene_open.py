from __future__ import annotations

import json
import zipfile

import dask.array
import numpy as np
import pytest
import rasterio
import rioxarray
import xarray as xr
from support.rasters import CRS_CASES, backscatter_db, triangle_mask, write_raster, write_scene
from support.scenes import array_scene

from sargeo.errors import (
    InputError,
    NoGeoreferenceError,
    NothingValidError,
    UnknownRadiometryError,
    UnsupportedPixelsError,
    UsageError,
)
from sargeo.geo.grid import Block
from sargeo.scene.describe import describe
from sargeo.scene.geotiff import GeoTiffScene
from sargeo.scene.open import open_scene
from sargeo.scene.scene import Scene


def data_array(shape=(30, 40), channels=2, case="utm_north", **attrs):
    code, transform = CRS_CASES[case]
    rows, cols = (np.arange(n) + 0.5 for n in shape)
    x, _ = transform @ (cols, 0 * cols)
    _, y = transform @ (0 * rows, rows)
    array = xr.DataArray(
        backscatter_db(shape, channels),
        dims=("band", "y", "x"),
        coords={"band": ["VV", "VH"][:channels], "y": y, "x": x},
        name="sweep",
        attrs={"units": "dB", **attrs},
    )
    return array.rio.write_crs(code)


def test_paths_and_strings(tmp_path):
    made = write_scene(tmp_path / "x.tif", bands=("VV",))
    for source in (made.path, str(made.path)):
        with open_scene(source, assume="hh,gamma0") as scene:
            assert isinstance(scene, GeoTiffScene)
            assert scene.bands[0].polarisation == "HH"
            assert scene.source == str(made.path)


def test_one_raster_of_a_file_that_holds_several(tmp_path):
    made = write_scene(tmp_path / "x.tif", bands=("VV",))
    file = tmp_path / "x.gpkg"
    with rasterio.open(made.path) as source:
        profile = {k: source.profile[k] for k in ("width", "height", "count", "crs", "transform")}
        options = {**profile, "driver": "GPKG", "dtype": "float32", "RASTER_TABLE": "two"}
        with rasterio.open(file, "w", **options) as table:
            table.write(source.read())
    with open_scene(f"GPKG:{file}:two", assume="vv,db") as scene:
        assert (scene.source, scene.name) == (f"GPKG:{file}:two", "x_two")
        np.testing.assert_allclose(scene.read(scene.grid.block).values[0], made.values[0])


def test_a_virtual_raster(tmp_path):
    made = write_scene(tmp_path / "x.tif", nodata_kind="nan")
    with open_scene(made.path) as scene:
        rows, cols = scene.grid.shape
    (tmp_path / "x.vrt").write_text(
        f'<VRTDataset rasterXSize="{cols}" rasterYSize="{rows}"><SRS>EPSG:32633</SRS>'
        "<GeoTransform>500000, 10, 0, 5000000, 0, -10</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><Description>VV dB</Description>'
        '<NoDataValue>nan</NoDataValue><SimpleSource><SourceFilename relativeToVRT="1">x.tif'
        "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    with open_scene(tmp_path / "x.vrt") as scene:
        np.testing.assert_array_equal(scene.read(scene.grid.block).values[0], made.values[0])


def test_a_scene_stays_what_it_is():
    scene = array_scene(np.ones((1, 3, 3)))
    assert open_scene(scene) is scene


@pytest.mark.parametrize("source", [42, None, np.ones((3, 3))])
def test_anything_else_is_a_usage_error(source):
    with pytest.raises(UsageError, match=type(source).__name__):
        open_scene(source)


def test_safe_products_get_advice(tmp_path):
    folder = tmp_path / "S1A_IW_GRDH_1SDV.SAFE"
    folder.mkdir()
    (folder / "manifest.safe").write_text("<xml/>", encoding="utf-8")
    archive = tmp_path / "S1A_IW_GRDH_1SDV.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(folder / "manifest.safe", "S1A_IW_GRDH_1SDV.SAFE/manifest.safe")
    for source in (folder, folder / "manifest.safe", archive):
        with pytest.raises(InputError, match="SAFE") as caught:
            open_scene(source)
        assert "terrain-correct" in caught.value.remedy


class TestDataArray:
    def test_values_grid_and_bands(self):
        array = data_array()
        array[0, 3, 4] = np.nan
        scene = open_scene(array)
        assert isinstance(scene, Scene)
        assert scene.name == "sweep"
        assert scene.grid.transform.almost_equals(CRS_CASES["utm_north"][1])
        raster = scene.read(Block(2, 3, 10, 12))
        assert np.argwhere(~raster.valid).tolist() == [[1, 1]]
        expected = np.nan_to_num(array.values[:, 2:12, 3:15])
        np.testing.assert_array_equal(raster.values[0], expected[0])
        assert [b.polarisation for b in raster.bands] == ["VV", "VH"]
        assert raster.bands[0].scale == "db"

    def test_two_dimensions_and_a_scalar_band(self):
        array = data_array(channels=1)
        for single in (array.isel(band=0), array.isel(band=0, drop=True).rename("vv")):
            scene = open_scene(single)
            assert [b.polarisation for b in scene.bands] == ["VV"]
            assert scene.read(scene.grid.block).values.shape == (1, 30, 40)

    def test_lazy_transposed_and_with_nodata(self):
        array = data_array().transpose("y", "x", "band").rio.write_nodata(-99)
        array.values[~triangle_mask((30, 40))] = -99
        lazy = array.copy(data=dask.array.from_array(array.values, chunks=10))
        scene = open_scene(lazy)
        np.testing.assert_array_equal(scene.read(scene.grid.block).valid, triangle_mask((30, 40)))

    def test_long_names_of_bands(self):
        array = data_array(long_name=("Gamma0_VH", "Gamma0_VV")).assign_coords(band=[1, 2])
        scene = open_scene(array)
        assert [b.polarisation for b in scene.bands] == ["VH", "VV"]
        assert {b.quantity for b in scene.bands} == {"gamma0"}

    def test_a_transform_without_coordinates(self):
        transform = CRS_CASES["rotated"][1]
        array = data_array().drop_vars(["x", "y"]).rio.write_transform(transform)
        assert open_scene(array).grid.transform.almost_equals(transform)

    def test_file_opened_with_rioxarray(self, tmp_path):
        made = write_scene(tmp_path / "x.tif", nodata_kind="nan")
        with rioxarray.open_rasterio(made.path) as array:
            scene = open_scene(array, assume="vv,vh")
            raster = scene.read(scene.grid.block)
        np.testing.assert_array_equal(raster.values, made.values)
        np.testing.assert_array_equal(raster.valid, made.valid)

    @pytest.mark.parametrize(
        ("array", "error"),
        [
            (data_array().drop_vars("spatial_ref"), NoGeoreferenceError),
            (data_array() * np.nan, NothingValidError),
            (data_array().astype(complex), UnsupportedPixelsError),
            (data_array().expand_dims("time"), UnsupportedPixelsError),
            (data_array().rename(x="u", y="v"), UnsupportedPixelsError),
            (data_array()[:, :0], UnsupportedPixelsError),
            (data_array().drop_vars(["x", "y"]), NoGeoreferenceError),
            (data_array()[:, [0, 1, 5]], NoGeoreferenceError),
            (data_array().assign_coords(band=[1, 2]), UnknownRadiometryError),
        ],
    )
    def test_refusals(self, array, error):
        with pytest.raises(error) as caught:
            open_scene(array)
        assert "DataArray" in caught.value.problem


class TestDescribe:
    def test_a_file(self, tmp_path):
        made = write_scene(tmp_path / "x.tif", nodata_kind="tag", tiled=True, compress="deflate")
        with open_scene(made.path) as scene:
            told = json.loads(json.dumps(describe(scene), allow_nan=False))
        assert (told["rows"], told["columns"]) == (60, 80)
        assert told["grid"]["epsg"] == 32633
        assert told["grid"]["row_spacing_m"] == pytest.approx([10, 10], rel=1e-3)
        assert told["valid_share"] == pytest.approx(made.valid.mean())
        assert told["nodata"] == "nodata tag"
        assert told["bands"][0]["found"]["scale"] == "from the band description"
        assert told["bands"][0]["percentiles"]["p50"] == pytest.approx(
            np.median(made.values[0, made.valid]), rel=1e-3
        )
        assert told["files"][0]["compression"] == "DEFLATE"
        west, south, east, north = told["grid"]["bbox_lonlat"]
        assert 14.9 < west < east < 15.2
        assert 45 < south < north < 45.2

    def test_across_the_antimeridian(self, tmp_path):
        made = write_scene(tmp_path / "x.tif", crs_case="antimeridian")
        with open_scene(made.path) as scene:
            west, _, east, _ = describe(scene)["grid"]["bbox_lonlat"]
        assert west == pytest.approx(179.998)
        assert east == pytest.approx(-179.994)

    def test_scenes_without_a_file(self):
        assert describe(open_scene(data_array()))["nodata"] == "none"
        told = describe(array_scene(np.ones((1, 5, 5))))
        assert told["files"] == []
        assert told["valid_share"] == 1

    def test_unsigned_pixels_are_said_to_be_uncalibrated(self, tmp_path):
        path = write_raster(tmp_path / "s1_vh.tif", np.full((1, 30, 30), 90, np.uint8), nodata=0)
        with open_scene(path) as scene:
            (band,) = describe(scene)["bands"]
        assert band["quantity"] == "uncalibrated"
        assert band["found"]["quantity"] == "from the integer pixels"
