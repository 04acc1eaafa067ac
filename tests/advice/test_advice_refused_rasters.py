"""Rasters that are refused before their pixels are looked at: what is advised leads to a map."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import rioxarray  # noqa: F401  registers the accessor that places data sets
import xarray as xr
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.rpc import RPC
from rasterio.transform import from_bounds
from support.advice import follows
from support.rasters import CRS_CASES, write_raster
from support.seaside import SIDE, assert_right, assert_sea_is_left, decibels, landcover, power
from support.seaside import seaside as write_seaside

UTM, NORTH_UP = CRS_CASES["utm_north"]
WEST, NORTH = NORTH_UP.c, NORTH_UP.f
PLACE = ("--transform", f"[10, 0, {WEST}, 0, -10, {NORTH}]")

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

Refused = Callable[..., Any]
Mapped = Callable[..., Path]
Gdal = Callable[..., str]
Rio = Callable[..., None]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return tmp_path / "scene.tif"


@follows(
    "sargeo.scene.refuse:georeference",
    "Name the CRS with rio edit-info --crs EPSG:CODE FILE, which comes with sargeo, or export the "
    "scene again with it.",
)
def test_a_crs_is_named(scene: Path, refused: Refused, rio: Rio, mapped: Mapped) -> None:
    write_seaside(scene, crs=None)
    refused("info", scene)
    rio("edit-info", "--crs", UTM, scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.refuse:georeference",
    "Correct the CRS with rio edit-info --crs EPSG:CODE FILE, or the place with rio edit-info "
    "--transform.",
)
@pytest.mark.parametrize(
    ("wrong", "correction"),
    [
        ({"crs": "EPSG:4326"}, ("--crs", UTM)),
        ({"transform": rasterio.Affine(10, 0, 1e9, 0, -10, 1e9)}, PLACE),
    ],
    ids=["crs", "transform"],
)
def test_a_place_beyond_the_earth_is_corrected(
    wrong: dict[str, Any],
    correction: tuple[object, ...],
    scene: Path,
    refused: Refused,
    rio: Rio,
    mapped: Mapped,
) -> None:
    write_seaside(scene, **wrong)
    refused("info", scene)
    rio("edit-info", *correction, scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.refuse:_unplaced",
    "Export the scene again as a georeferenced GeoTIFF, or, if you know its place, add it with "
    'rio edit-info --crs EPSG:CODE --transform "[SIZE, 0, LEFT, 0, -SIZE, TOP]" FILE.',
)
@pytest.mark.parametrize("crs", [None, UTM])
def test_a_crs_and_a_transform_are_added(
    crs: str | None, scene: Path, refused: Refused, rio: Rio, mapped: Mapped
) -> None:
    write_seaside(scene, crs=crs, transform=None)
    refused("info", scene)
    rio("edit-info", "--crs", UTM, *PLACE, scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.refuse:_unplaced",
    "Export the scene again as a georeferenced GeoTIFF, or, if you know its place, write it with "
    "gdal_translate -a_srs EPSG:CODE -a_ullr LEFT TOP RIGHT BOTTOM FILE placed.tif.",
)
def test_what_cannot_be_edited_is_written_with_its_place(
    scene: Path, refused: Refused, mapped: Mapped, gdal: Gdal
) -> None:
    """netCDF, which rasterio does not update."""
    array = xr.DataArray(decibels()[0], dims=("y", "x"), attrs={"units": "dB"}, name="VV")
    path = scene.with_suffix(".nc")
    array.to_netcdf(path)
    assert "edit-info" not in refused("info", path).remedy
    corners = (WEST, NORTH, WEST + 10 * SIDE, NORTH - 10 * SIDE)
    gdal("gdal_translate", "-a_srs", UTM, "-a_ullr", *corners, path, scene)
    assert_right(mapped(scene, "--assume", "vv,db"))


@follows(
    "sargeo.scene.refuse:georeference",
    "Export the scene again with it, or write it with gdal_translate -a_srs EPSG:CODE FILE "
    "placed.tif.",
)
def test_what_cannot_be_edited_is_written_with_its_crs(
    scene: Path, refused: Refused, mapped: Mapped, gdal: Gdal
) -> None:
    path = scene.with_suffix(".vrt")
    rasterio.shutil.copy(write_seaside(scene.with_name("plain.tif"), crs=None), path, driver="VRT")
    refused("info", path)
    gdal("gdal_translate", "-a_srs", UTM, path, scene)
    assert_right(mapped(scene, "--assume", "vv,db"))


@follows("sargeo.scene.refuse:_crs", "Name the true CRS with rio edit-info --crs EPSG:CODE FILE.")
@pytest.mark.parametrize("wrong", ["EPSG:4978", 'LOCAL_CS["site",UNIT["metre",1]]'])
def test_a_crs_that_is_of_no_map_is_replaced(
    wrong: str, scene: Path, refused: Refused, rio: Rio, mapped: Mapped
) -> None:
    write_seaside(scene, crs=wrong)
    refused("info", scene)
    rio("edit-info", "--crs", UTM, scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.refuse:_crs",
    "Name the CRS with rio edit-info --crs EPSG:CODE FILE, which comes with sargeo.",
    simulated="what rasterio reads as a CRS, pyproj of the same PROJ understands",
)
def test_a_crs_that_pyproj_refuses_is_named(
    scene: Path, refused: Refused, rio: Rio, mapped: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyproj.exceptions import CRSError

    def refuse(crs: object) -> None:
        raise CRSError("Invalid projection")

    write_seaside(scene)
    with monkeypatch.context() as patch:
        patch.setattr("sargeo.scene.refuse.CRS.from_user_input", refuse)
        refused("info", scene)
    rio("edit-info", "--crs", UTM, scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.refuse:_unplaced",
    "…, or warp it with gdalwarp -tps where the ground is flat.",
)
def test_ground_control_points_are_warped(
    scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    write_seaside(scene, crs=None, transform=None)
    places = [(0, 0), (0, SIDE), (SIDE, 0), (SIDE, SIDE), (SIDE / 2, SIDE / 3)]
    points = [GroundControlPoint(row, col, *(NORTH_UP @ (col, row))) for row, col in places]
    with rasterio.open(scene, "r+") as dataset:
        dataset.gcps = (points, rasterio.CRS.from_string(UTM))
    refused("info", scene)
    warped = scene.with_name("warped.tif")
    gdal("gdalwarp", "-tps", scene, warped)
    assert_sea_is_left(landcover(mapped(warped)))


@follows(
    "sargeo.scene.refuse:_unplaced",
    "Orthorectify it with gdalwarp -rpc and an elevation model, or in SNAP.",
)
def test_rational_polynomials_are_rectified(
    scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    """Rows and columns follow latitude and longitude, 10 m a pixel at 60 degrees north."""
    write_seaside(scene, crs=None, transform=None)
    half, high = SIDE / 2, SIDE / 2 * 10 / 111_000
    zero = [0.0] * 20
    with rasterio.open(scene, "r+") as dataset:
        dataset.rpcs = RPC(
            height_off=0.0,
            height_scale=500.0,
            lat_off=60.0,
            lat_scale=high,
            line_den_coeff=[1.0, *zero[1:]],
            line_num_coeff=[0.0, 0.0, -1.0, *zero[3:]],
            line_off=half,
            line_scale=half,
            long_off=10.0,
            long_scale=2 * high,
            samp_den_coeff=[1.0, *zero[1:]],
            samp_num_coeff=[0.0, 1.0, *zero[2:]],
            samp_off=half,
            samp_scale=half,
        )
    refused("info", scene)
    heights = write_raster(
        scene.with_name("dem.tif"),
        np.zeros((1, 50, 50), dtype="float32"),
        crs="EPSG:4326",
        transform=from_bounds(9.9, 59.9, 10.1, 60.1, 50, 50),
    )
    rectified = scene.with_name("rectified.tif")
    gdal("gdalwarp", "-rpc", "-to", f"RPC_DEM={heights}", scene, rectified)
    assert_sea_is_left(landcover(mapped(rectified)))


@follows(
    "sargeo.scene.refuse:_unplaced",
    "Terrain-correct it to a map grid first, in SNAP (Range-Doppler Terrain Correction) or with "
    "sarsen.",
    simulated="neither SNAP nor sarsen is here: the scene is given as they would write it",
)
def test_slant_range_is_terrain_corrected(scene: Path, refused: Refused, mapped: Mapped) -> None:
    write_seaside(scene, crs=None, transform=None, tags={"PROJECTION": "Slant Range"})
    refused("info", scene)
    write_seaside(scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.refuse:check_pixels",
    "Detect, calibrate and terrain-correct it to intensity first, for instance in SNAP.",
    simulated="SNAP is not here: intensity is computed as it does",
)
def test_complex_pixels_are_detected(scene: Path, refused: Refused, mapped: Mapped) -> None:
    phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (1, SIDE, SIDE))
    values = (np.sqrt(power()) * np.exp(1j * phase)).astype("complex64")
    write_seaside(scene, values)
    refused("info", scene)
    write_seaside(scene, np.abs(values) ** 2, ["Sigma0_VV"])
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.choose:choose_bands",
    "Name its polarisations in band order, and skip for every other band, such as --assume ….",
)
def test_polarisations_of_many_bands_are_named(
    scene: Path, refused: Refused, mapped: Mapped
) -> None:
    values = np.concatenate([decibels(2), np.full((3, SIDE, SIDE), 38.5, dtype="float32")])
    write_seaside(scene, values, ["sigma0 dB", "sigma0 dB", "layer 3", "layer 4", "layer 5"])
    advice = refused("info", scene).remedy
    assert_right(mapped(scene, *advice.rstrip(".").split()[-2:]))


def test_what_snap_stacks_needs_no_advice(scene: Path, mapped: Mapped) -> None:
    """The backscatter of both, then heights, angles and a mask."""
    values = np.concatenate([decibels(2), np.full((3, SIDE, SIDE), 38.5, dtype="float32")])
    names = ["sigma0 VV dB", "sigma0 VH dB", "elevation", "localIncidenceAngle", "layover"]
    assert_right(mapped(write_seaside(scene, values, names)))


@follows("sargeo.scene.choose:choose_bands", "Give the file that holds backscatter.")
def test_the_file_of_backscatter_is_given(scene: Path, refused: Refused, mapped: Mapped) -> None:
    angles = np.full((1, SIDE, SIDE), 38.5, dtype="float32")
    refused("info", write_seaside(scene.with_name("angles.tif"), angles, ["localIncidenceAngle"]))
    assert_right(mapped(write_seaside(scene)))


@follows(
    "sargeo.scene.rasteropen:_check_no_container",
    'Give the name of one in quotes in place of the file, such as "…".',
)
def test_one_of_several_rasters_is_named(
    tmp_path: Path, refused: Refused, mapped: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    xs, ys = WEST + 10 * (np.arange(SIDE) + 0.5), NORTH - 10 * (np.arange(SIDE) + 0.5)
    bands = dict(zip(("Sigma0_VV", "Sigma0_VH"), decibels(2), strict=True))
    pair = xr.Dataset(
        {name: (("y", "x"), values, {"units": "dB"}) for name, values in bands.items()},
        {"y": ys, "x": xs},
    ).rio.write_crs(UTM)
    pair = pair.rio.write_coordinate_system()
    pair.to_netcdf(tmp_path / "two.nc", engine="scipy")
    named = refused("info", tmp_path / "two.nc").remedy.split('"')[1]
    assert_right(mapped(named))


@follows(
    "sargeo.scene.rasteropen:_check_no_container",
    "Give a file that holds one.",
    simulated="only HDF files without any image open so, and nothing here writes them",
)
def test_a_file_that_holds_a_raster_is_given(scene: Path, mapped: Mapped) -> None:
    from sargeo.errors import SceneNotFoundError
    from sargeo.scene.rasteropen import _check_no_container

    with pytest.raises(SceneNotFoundError):
        _check_no_container("empty.h5", SimpleNamespace(count=0, subdatasets=[], driver="HDF5"))
    assert_right(mapped(write_seaside(scene)))


@follows(
    "sargeo.scene.rasteropen:_not_opened",
    "Write it again with another compression where it can be read, such as gdal_translate -co "
    "COMPRESS=DEFLATE … readable.tif.",
    simulated="no GDAL here reads the codec either: the tag is set back to the one it was",
)
def test_a_scene_is_packed_otherwise(
    scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    whole = write_seaside(scene).read_bytes()
    scene.write_bytes(_packed_as(whole, 50002))  # JPEG XL
    assert "JXL" in refused("info", scene).problem
    scene.write_bytes(whole)
    readable = scene.with_name("readable.tif")
    gdal("gdal_translate", "-co", "COMPRESS=DEFLATE", scene, readable)
    assert_right(mapped(readable))


def _packed_as(tiff: bytes, codec: int) -> bytes:
    """Return a little-endian TIFF whose first directory names another compression."""
    changed = bytearray(tiff)
    (start,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, start)
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", tiff, entry) == (259,):
            struct.pack_into("<H", changed, entry + 8, codec)
    return bytes(changed)


@follows(
    "sargeo.scene.refuse:check_pixels",
    "Convert it to float32 with gdal_translate -ot Float32 (known: …).",
)
@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_pixels_of_a_rare_type_are_converted(
    dtype: str, scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    write_seaside(scene, np.round(1000 * np.sqrt(power())).astype(dtype), ["VV amplitude"])
    refused("info", scene)
    converted = scene.with_name("converted.tif")
    gdal("gdal_translate", "-ot", "Float32", scene, converted)
    assert_right(mapped(converted))


@follows("sargeo.scene.refuse:check_pixels", "Give the scene's backscatter or amplitude.")
@pytest.mark.parametrize("backscatter", [True, False])
def test_a_palette_is_replaced_by_the_scene(
    backscatter: bool, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    picture = write_raster(
        scene.with_name("classes_vv.tif"), np.ones((1, 9, 9), "uint8"), photometric="palette"
    )
    with rasterio.open(picture, "r+") as dataset:
        dataset.write_colormap(1, {1: (0, 0, 255, 255)})
    refused("info", picture)
    amplitude = np.round(200 * np.sqrt(power())).astype("uint16")
    write_seaside(scene, *(() if backscatter else (amplitude, ["VV amplitude"])))
    assert_right(mapped(scene))


RGB = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


@follows(
    "sargeo.scene.refuse:check_no_picture",
    "Give the scene's backscatter; if these bands are polarisations, name them, such as "
    "--assume hh,vv,hv.",
)
@pytest.mark.parametrize("named", [True, False])
def test_a_colour_picture_is_named_or_replaced(
    named: bool, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    values = power(3)[[2, 0, 1]]
    bytes_ = np.clip(np.round(200 * np.sqrt(values)), 1, 255).astype("uint8")
    write_seaside(scene, bytes_, ["", "", ""], photometric="rgb")
    refused("info", scene)
    if named:
        assert_right(mapped(scene, "--assume", "hh,vv,hv"))
    else:
        assert_right(mapped(write_seaside(scene.with_name("backscatter.tif"))))


@follows(
    "sargeo.scene.open:_refuse_safe",
    "Calibrate and terrain-correct it to GeoTIFF first, in SNAP or with sarsen, and give that "
    "file.",
    simulated="neither SNAP nor sarsen is here: the scene is given as they would write it",
)
def test_a_safe_product_is_calibrated(tmp_path: Path, refused: Refused, mapped: Mapped) -> None:
    folder = tmp_path / "S1A_IW_GRDH_1SDV_20201107T015000.SAFE"
    folder.mkdir()
    (folder / "manifest.safe").write_text("<xfdu/>", encoding="utf-8")
    refused("info", folder)
    refused("info", shutil.make_archive(str(tmp_path / "product"), "zip", tmp_path, folder.name))
    corrected = tmp_path / "S1A_IW_GRDH_1SDV_20201107T015000_NR_Orb_Cal_TC.tif"
    assert_right(mapped(write_seaside(corrected, power(2), ["Sigma0_VV", "Sigma0_VH"])))
