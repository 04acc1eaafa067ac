"""What fuzzing found in headers, tags and attributes, case by case: see tests/fuzz."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rioxarray  # noqa: F401  registers the accessor ``rio``
import xarray as xr
from support.rasters import CRS_CASES, backscatter_db, write_raster, write_scene
from support.tiff_entries import SAMPLES_PER_PIXEL, STRIP_OFFSETS, Part, change_entry

from sargeo.errors import (
    InputError,
    NoGeoreferenceError,
    SceneDamagedError,
    SceneNotFoundError,
    UnsupportedPixelsError,
)
from sargeo.scene.describe import describe
from sargeo.scene.open import open_scene
from sargeo.scene.rasteropen import MOST_PIXELS
from sargeo.scene.sampling import row_blocks

UTM, TRANSFORM = CRS_CASES["utm_north"]
IMAGE_WIDTH, SAMPLE_FORMAT = 256, 339


def virtual(path: Path, size: tuple[int, int], bands: list[tuple[str, Path | None]]) -> Path:
    """Write a virtual raster of (dtype, source) bands, described as VV, VH and so on."""
    rows, cols = size
    sources = [
        f"<SimpleSource><SourceFilename>{source}</SourceFilename></SimpleSource>" if source else ""
        for _, source in bands
    ]
    parts = [
        f'<VRTRasterBand dataType="{dtype}" band="{i + 1}"><Description>{name} dB</Description>'
        f"{source}</VRTRasterBand>"
        for i, ((dtype, _), source, name) in enumerate(
            zip(bands, sources, ("VV", "VH", "HH"), strict=False)
        )
    ]  # fmt: skip
    place = ", ".join(map(str, TRANSFORM.to_gdal()))
    path.write_text(
        f'<VRTDataset rasterXSize="{cols}" rasterYSize="{rows}"><SRS>{UTM}</SRS>'
        f"<GeoTransform>{place}</GeoTransform>{''.join(parts)}</VRTDataset>",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("tag", "part", "number"),
    [
        (STRIP_OFFSETS, "type", 2),
        (STRIP_OFFSETS, "type", 13),
        (STRIP_OFFSETS, "value", 2**31),
        (SAMPLES_PER_PIXEL, "value", 65535),
        (IMAGE_WIDTH, "value", 0),
    ],
)
def test_a_damaged_header_is_an_error_of_the_file(
    tag: int, part: Part, number: int, tmp_path: Path
) -> None:
    path = write_scene(tmp_path / "x_vv.tif", bands=["VV"]).path
    change_entry(path, tag, part, number)
    with pytest.raises(SceneDamagedError, match=r"x_vv\.tif"):
        open_scene(path)


@pytest.mark.parametrize("number", [0, 7, 2**31, 2**32 - 1])
def test_a_damaged_sample_format_is_refused_or_ignored(number: int, tmp_path: Path) -> None:
    path = write_scene(tmp_path / "x_vv.tif", bands=["VV"]).path
    change_entry(path, SAMPLE_FORMAT, "value", number)
    try:
        open_scene(path)
    except InputError as error:
        assert "x_vv.tif" in error.problem


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (10, 2**31 - 1), (400_000, 400_000)])
def test_more_pixels_than_can_be_read_are_refused_at_once(
    size: tuple[int, int], tmp_path: Path
) -> None:
    path = virtual(tmp_path / "mosaic.vrt", size, [("Float32", None)])
    assert (size[0] * size[1] > MOST_PIXELS) == (size[0] > 10)
    began = time.monotonic()
    if size[0] > 10:
        with pytest.raises(UnsupportedPixelsError, match=rf"{size[0]} by {size[1]} pixels"):
            open_scene(path)
    else:  # a row of it would take more memory than there is
        assert max(block.size for block in row_blocks(size)) < 2**20
    assert time.monotonic() - began < 10


def test_bands_of_several_types_are_read(tmp_path: Path) -> None:
    """As gdalbuildvrt -separate joins them."""
    db = backscatter_db((60, 80), 2)
    single = write_raster(tmp_path / "single.tif", db[:1])
    double = write_raster(tmp_path / "double.tif", db[1:].astype("float64"))
    whole = np.round(db[:1]).astype("int16")
    integer = write_raster(tmp_path / "integer.tif", whole)
    bands = [("Float32", single), ("Float64", double), ("Int16", integer)]
    with open_scene(virtual(tmp_path / "all.vrt", (60, 80), bands)) as scene:
        read = scene.read(scene.grid.block)
    np.testing.assert_array_equal(read.values, np.concatenate([db, whole]).astype("float32"))
    assert read.valid.all()


def test_an_alpha_band_of_complex_numbers_is_none(tmp_path: Path) -> None:
    path = virtual(tmp_path / "x.vrt", (20, 30), [("Float32", None), ("CFloat32", None)])
    text = path.read_text(encoding="utf-8")
    at = text.rindex("<Description>VH dB</Description>")
    path.write_text(
        text[:at] + "<ColorInterp>Alpha</ColorInterp>" + text[at + 31 :], encoding="utf-8"
    )
    with pytest.raises(InputError):
        open_scene(path, assume="vv,hh,db")


@pytest.mark.parametrize("crs", ["IAU_2015:30100", "IAU_2015:49900", "+proj=longlat +R=6051800"])
def test_maps_of_other_planets_are_refused(crs: str, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "x_vv.tif", backscatter_db((20, 30)), crs=crs)
    with pytest.raises(NoGeoreferenceError, match="leads to no longitude and latitude on Earth"):
        open_scene(path)


@pytest.mark.parametrize(
    ("scale", "offset"), [(0.0, 0.0), (np.nan, 0.0), (np.inf, 0.0), (1.0, np.nan), (2.0, -np.inf)]
)
def test_a_scale_that_leaves_no_value_is_the_cause(
    scale: float, offset: float, tmp_path: Path
) -> None:
    path = write_raster(tmp_path / "x_vv.tif", backscatter_db((20, 30)), scale=scale, offset=offset)
    with pytest.raises(UnsupportedPixelsError, match=f"scale of {scale:g}"):
        open_scene(path)


def test_a_name_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(SceneNotFoundError, match="cannot be looked up"):
        open_scene(tmp_path / ("long" * 100 + ".tif"))


def test_a_damaged_zip_is_told_by_gdal(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "Dear colleague,")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"PK\x01\x02", b"PK\x01\x09"))
    with pytest.raises(SceneNotFoundError, match=r"x\.zip"):
        open_scene(path)


def in_array(dtype: str = "float32", **attrs: Any) -> xr.DataArray:
    """Return decibels as an array in UTM with attributes."""
    places = {"y": 5e6 - 10 * np.arange(60), "x": 5e5 + 10 * np.arange(80)}
    values = np.round(backscatter_db((60, 80))[0]).astype(dtype)
    told = {"units": "dB", "long_name": "sigma0 VV", **attrs}
    return xr.DataArray(values, places, ("y", "x"), attrs=told, name="a").rio.write_crs(UTM)


@pytest.mark.parametrize(
    ("dtype", "fill"), [("int16", np.nan), ("int16", 1e20), ("int16", 0.5), ("int8", -9999)]
)
def test_a_fill_value_that_no_pixel_can_have_marks_none(dtype: str, fill: float) -> None:
    described = describe(open_scene(in_array(dtype, _FillValue=fill)))
    assert described["valid_share"] == 1
    assert described["nodata"] == "none"


@pytest.mark.parametrize(
    ("attrs", "words"),
    [
        ({"_FillValue": "none"}, "nodata value"),
        ({"_FillValue": [1, 2]}, "nodata value"),
        ({"missing_value": {}}, "nodata value"),
        ({"scale_factor": "one"}, "scale_factor"),
        ({"scale_factor": [1.0, 2.0]}, "scale_factor"),
        ({"scale_factor": 0}, "scale_factor"),
        ({"scale_factor": np.nan}, "scale_factor"),
        ({"add_offset": None}, "add_offset"),
        ({"add_offset": np.inf}, "add_offset"),
    ],
)
def test_attributes_that_are_no_numbers_are_named(attrs: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedPixelsError, match=words):
        open_scene(in_array(**attrs))


@pytest.mark.parametrize("said", ["nonsense", 7.5, np.ones(2), {"a": 1}])
def test_a_crs_that_is_none_is_named(said: object) -> None:
    array = in_array().drop_vars("spatial_ref").drop_encoding().assign_attrs(crs=said)
    with pytest.raises(NoGeoreferenceError, match="is not understood"):
        open_scene(array)


@pytest.mark.parametrize("kind", ["words", "dates", "flags"])
def test_coordinates_that_are_no_numbers_are_named(kind: str) -> None:
    places = {
        "words": np.array([f"p{i}" for i in range(80)]),
        "dates": np.arange(80).astype("datetime64[D]").astype("datetime64[ns]"),
        "flags": np.arange(80) % 2 == 0,
    }
    with pytest.raises(NoGeoreferenceError, match="no even x and y"):
        open_scene(in_array().assign_coords(x=places[kind]))
