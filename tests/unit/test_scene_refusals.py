from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.rpc import RPC
from support.rasters import backscatter_db, write_raster

from sargeo.errors import (
    NoGeoreferenceError,
    SceneNotFoundError,
    UnknownRadiometryError,
    UnsupportedPixelsError,
)
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.geotiff import GeoTiffScene

IDENTITY = Affine.identity()
DB = backscatter_db((20, 30), 1)


def refusal(path, error, assume=""):
    with pytest.raises(error) as caught:
        GeoTiffScene(path, Assumptions.parse(assume))
    assert str(path) in caught.value.problem
    assert caught.value.problem.endswith(".")
    assert caught.value.remedy.endswith(".")
    assert caught.value.exit_code == 3
    return caught.value


def test_missing_file(tmp_path):
    assert "does not exist" in refusal(tmp_path / "no.tif", SceneNotFoundError).problem


def test_folder(tmp_path):
    assert "folder" in refusal(tmp_path, SceneNotFoundError).problem


def test_no_raster(tmp_path):
    path = tmp_path / "x.tif"
    path.write_text("not a raster", encoding="utf-8")
    assert "not a raster" in refusal(path, SceneNotFoundError).problem


def test_neither_crs_nor_transform(tmp_path):
    path = write_raster(tmp_path / "vv.tif", DB, crs=None, transform=None)
    assert "neither a CRS nor a transform" in refusal(path, NoGeoreferenceError).problem


def test_no_crs(tmp_path):
    path = write_raster(tmp_path / "vv.tif", DB, crs=None)
    assert "rio edit-info --crs" in refusal(path, NoGeoreferenceError).remedy


@pytest.mark.parametrize("transform", [None, IDENTITY, Affine(1, 0, 0, 0, -1, 0)])
def test_identity_transform(tmp_path, transform):
    path = write_raster(tmp_path / "vv.tif", DB, transform=transform)
    assert "no transform" in refusal(path, NoGeoreferenceError).problem


def test_degenerate_transform(tmp_path):
    path = write_raster(tmp_path / "vv.tif", DB, transform=Affine(10, 0, 5e5, 20, 0, 5e6))
    refusal(path, NoGeoreferenceError)


def with_gcps(path, **tags):
    corners = ((0, 0, 12.0, 42.0), (0, 30, 12.1, 42.0), (20, 0, 12.0, 41.9), (20, 30, 12.1, 41.9))
    points = [GroundControlPoint(*corner) for corner in corners]
    write_raster(path, DB, crs=None, transform=None, tags=tags)
    with rasterio.open(path, "r+") as dataset:
        dataset.gcps = points, rasterio.crs.CRS.from_epsg(4326)
    return path


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_ground_control_points_only(tmp_path):
    error = refusal(with_gcps(tmp_path / "vv.tif"), NoGeoreferenceError)
    assert "4 ground control points" in error.problem
    assert "gdalwarp -tps" in error.remedy
    assert "SNAP" in error.remedy


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_slant_range(tmp_path):
    path = with_gcps(tmp_path / "vv.tif", PROJECTION="Slant range")
    error = refusal(path, NoGeoreferenceError)
    assert "slant range" in error.problem
    assert "Terrain-correct" in error.remedy


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_rational_polynomials_only(tmp_path):
    one = [1.0] + [0.0] * 19
    path = write_raster(tmp_path / "vv.tif", DB, crs=None, transform=None)
    with rasterio.open(path, "r+") as dataset:
        dataset.rpcs = RPC(
            height_off=0, height_scale=1, lat_off=42, lat_scale=1, line_den_coeff=one,
            line_num_coeff=one, line_off=10, line_scale=10, long_off=12, long_scale=1,
            samp_den_coeff=one, samp_num_coeff=one, samp_off=10, samp_scale=10,
        )  # fmt: skip
    assert "RPC" in refusal(path, NoGeoreferenceError).problem


def test_local_crs(tmp_path):
    local = 'LOCAL_CS["mine",UNIT["metre",1]]'
    path = write_raster(tmp_path / "vv.tif", DB, crs=local)
    assert "not tied to the Earth" in refusal(path, NoGeoreferenceError).problem


def test_coordinates_off_the_earth(tmp_path):
    metres = Affine(10, 0, 500_000, 0, -10, 5_000_000)
    path = write_raster(tmp_path / "vv.tif", DB, crs="EPSG:4326", transform=metres)
    assert "do not lie on Earth" in refusal(path, NoGeoreferenceError).problem


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "complex_int16"])
def test_complex_pixels(tmp_path, dtype):
    values = DB.astype("complex64" if dtype == "complex_int16" else dtype)
    path = write_raster(tmp_path / "vv.tif", values, dtype=dtype)
    assert "complex" in refusal(path, UnsupportedPixelsError).problem


def test_five_bands(tmp_path):
    path = write_raster(tmp_path / "x.tif", backscatter_db((20, 30), 5))
    assert "5 bands" in refusal(path, UnsupportedPixelsError).problem


def test_an_alpha_band_alone_is_a_band_that_says_nothing(tmp_path):
    path = write_raster(tmp_path / "x.tif", np.ones((1, 20, 30), np.uint8))
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = [ColorInterp.alpha]
    assert "which polarisation" in refusal(path, UnknownRadiometryError).problem


def test_picture(tmp_path):
    values = np.full((3, 20, 30), 100, np.uint8)
    path = write_raster(tmp_path / "x.tif", values, photometric="RGB")
    assert "colour picture" in refusal(path, UnsupportedPixelsError).problem


def test_three_polarisations_stored_as_a_picture(tmp_path):
    values = np.full((3, 20, 30), 100, np.uint8)
    path = write_raster(tmp_path / "hh_vv_hv.tif", values, photometric="RGB")
    with GeoTiffScene(path) as scene:
        assert [b.polarisation for b in scene.bands] == ["HH", "VV", "HV"]


def test_palette(tmp_path):
    path = write_raster(tmp_path / "vv.tif", np.ones((1, 20, 30), np.uint8))
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {1: (255, 0, 0, 255)})
    assert "palette" in refusal(path, UnsupportedPixelsError).problem


def test_unknown_polarisation(tmp_path):
    path = write_raster(tmp_path / "x_db.tif", DB)
    assert refusal(path, UnknownRadiometryError).remedy.endswith("such as --assume vv.")


def test_two_bands_of_one_polarisation(tmp_path):
    values = backscatter_db((20, 30), 2)
    path = write_raster(tmp_path / "x.tif", values, descriptions=("VV db", "VV db"))
    refusal(path, UnknownRadiometryError)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_unknown_scale(tmp_path, dtype):
    path = write_raster(tmp_path / "vv.tif", np.full((1, 20, 30), 0.3, dtype))
    assert "--assume linear" in refusal(path, UnknownRadiometryError).remedy
    with GeoTiffScene(path, Assumptions.parse("linear")) as scene:
        assert scene.bands[0].scale == "linear"


def test_values_that_contradict_the_name(tmp_path):
    path = write_raster(tmp_path / "vv_db.tif", np.full((1, 20, 30), 140, np.uint8))
    assert "decibels (from the file name)" in refusal(path, UnknownRadiometryError).problem
    with GeoTiffScene(path, Assumptions.parse("amplitude")) as scene:
        assert scene.bands[0].quantity == "uncalibrated"
