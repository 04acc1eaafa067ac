"""Headers, coordinates and attributes that cannot be: what is advised leads to a right map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401  registers the accessor that messages name
import xarray as xr
from rasterio.errors import RasterioIOError
from shapely.geometry import box
from support.advice import follows
from support.rasters import CRS_CASES
from support.seaside import SIDE, assert_right, decibels, landcover, seaside

import sargeo
from sargeo.errors import NoGeoreferenceError, SceneDamagedError, UnsupportedPixelsError

Refused = Callable[..., Any]
Mapped = Callable[..., Path]
Gdal = Callable[..., str]

UTM, GRID = CRS_CASES["utm_north"]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return tmp_path / "scene.tif"


@follows(
    "sargeo.scene.rasteropen:_check_complete",
    "Copy or download it again.",
    problem="is damaged",
    simulated="of a sound file GDAL is made to tell of more blocks than it has bytes",
)
def test_a_header_of_too_many_blocks_is_copied_again(
    scene: Path, mapped: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from sargeo.scene.rasteropen import _check_complete

    seaside(scene)
    told = SimpleNamespace(
        driver="GTiff", height=10**6, width=10**6, block_shapes=[(1, 1)], indexes=(1,)
    )
    with pytest.raises(SceneDamagedError):
        _check_complete(str(scene), told)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.rasteropen:damage_explained",
    "Copy or download the file again.",
    simulated="GDAL is made to fail where it is asked for what the header says",
)
def test_a_header_that_cannot_be_read_is_copied_again(scene: Path, mapped: Mapped) -> None:
    from sargeo.scene.rasteropen import damage_explained

    with pytest.raises(SceneDamagedError), damage_explained(str(scene)):
        raise RasterioIOError("Read failed")
    assert_right(mapped(seaside(scene)))


@follows(
    "sargeo.scene.rasteropen:_check_size",
    "Cut out what is to be mapped with gdal_translate -projwin LEFT TOP RIGHT BOTTOM, and give "
    "that; if the file should be smaller, its header is damaged: download it again.",
)
def test_a_part_is_cut_out(
    scene: Path, refused: Refused, gdal: Callable[..., str], mapped: Mapped
) -> None:
    """Of a virtual mosaic as large as a continent, which holds one scene."""
    sound, mosaic = seaside(scene), scene.with_name("mosaic.vrt")
    mosaic.write_text(
        f"""<VRTDataset rasterXSize="1000000" rasterYSize="1000000"><SRS>{UTM}</SRS>
        <GeoTransform>{GRID.c}, 10, 0, {GRID.f}, 0, -10</GeoTransform>
        <VRTRasterBand dataType="Float32" band="1"><Description>sigma0 VV dB</Description>
        <SimpleSource><SourceFilename relativeToVRT="1">{sound.name}</SourceFilename>
        <SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="{SIDE}" ySize="{SIDE}"/>
        <DstRect xOff="0" yOff="0" xSize="{SIDE}" ySize="{SIDE}"/></SimpleSource>
        </VRTRasterBand></VRTDataset>""",
        encoding="utf-8",
    )
    refused("info", mosaic)
    part = scene.with_name("part.tif")
    corners = (GRID.c, GRID.f, GRID.c + 10 * SIDE, GRID.f - 10 * SIDE)
    gdal("gdal_translate", "-projwin", *corners, mosaic, part)
    assert_right(mapped(part))


def in_array(**attrs: object) -> xr.DataArray:
    places = {
        "y": GRID.f - 10 * (np.arange(SIDE) + 0.5),
        "x": GRID.c + 10 * (np.arange(SIDE) + 0.5),
    }
    array = xr.DataArray(
        decibels(), {"band": ["sigma0 VV"], **places}, ("band", "y", "x"), name="scene"
    ).rio.write_crs(UTM)
    return array.assign_attrs(units="dB", **attrs)


@follows(
    "sargeo.scene.refuse:check_pixels",
    "Write it again with the right ones, such as gdal_translate -a_scale 1 -a_offset 0 FILE "
    "right.tif where there is nothing to scale.",
)
@pytest.mark.parametrize(("scale", "offset"), [(0.0, 0.0), (1.0, float("nan"))])
def test_a_scale_is_set_right(
    scale: float, offset: float, tmp_path: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    wrong = seaside(tmp_path / "wrong.tif", scale=scale, offset=offset)
    refused("info", wrong)
    right = tmp_path / "right.tif"
    gdal("gdal_translate", "-a_scale", 1, "-a_offset", 0, wrong, right)
    assert_right(mapped(right))


def map_array(array: xr.DataArray, out: Path) -> Path:
    sargeo.map_scene(array, "sargeo-tiny", out, device="cpu")
    return out


@follows(
    "sargeo.scene.xarray:DataArrayScene._numbers",
    'Correct array.…["…"], or leave it out.',
)
@pytest.mark.parametrize("correct", [True, False])
def test_a_scale_is_corrected_or_left_out(correct: bool, out: Path) -> None:
    array = in_array(scale_factor="none")
    with pytest.raises(UnsupportedPixelsError):
        sargeo.open_scene(array)
    if correct:
        array.attrs["scale_factor"] = 1.0
    else:
        del array.attrs["scale_factor"]
    assert_right(map_array(array, out))


@follows(
    "sargeo.scene.xarray:DataArrayScene._said_nodata",
    "Name another with array.rio.write_nodata(…), or leave it out of the attributes.",
)
@pytest.mark.parametrize("another", [True, False])
def test_another_nodata_value_is_named_or_none(another: bool, out: Path) -> None:
    array = in_array(_FillValue="none")
    with pytest.raises(UnsupportedPixelsError):
        sargeo.open_scene(array)
    del array.attrs["_FillValue"]
    assert_right(map_array(array.rio.write_nodata(-99.0) if another else array, out))


@follows(
    "sargeo.scene.xarray:_said_crs",
    "Name the CRS with array.rio.write_crs(…), without grid_mapping in its attributes.",
)
def test_the_crs_of_an_array_is_named(out: Path) -> None:
    array = in_array().drop_vars("spatial_ref").assign_attrs(crs="nonsense")
    with pytest.raises(NoGeoreferenceError):
        sargeo.open_scene(array)
    assert_right(map_array(array.rio.write_crs(UTM), out))


@follows(
    "sargeo.geo.vectors:_check_places",
    "Assign the CRS that its coordinates are in, for instance in QGIS, or remove that feature.",
)
@pytest.mark.parametrize("assign", [True, False])
def test_the_crs_of_an_area_of_metres_is_assigned(
    assign: bool, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    seaside(scene)
    west = box(GRID.c, GRID.f - 10 * SIDE, GRID.c + 5 * SIDE, GRID.f)
    metres = gpd.GeoDataFrame(geometry=[west], crs="EPSG:4326")  # they are not degrees
    area = scene.with_name("area.gpkg")
    metres.to_file(area)
    refused("map", scene, "-o", scene.parent / "first", "--aoi", area)
    if assign:
        metres.set_crs(UTM, allow_override=True).to_file(area)
    else:
        sound = gpd.GeoDataFrame(geometry=[west], crs=UTM).to_crs(4326)
        sound.to_file(area)
    codes = landcover(mapped(scene, "--aoi", area))
    assert (codes[:, : SIDE // 2 - 1] != 0).all()
    assert (codes[:, SIDE // 2 + 1 :] == 0).all()


@follows(
    "sargeo.evaluation.objects:_places",
    "Correct its CRS or these coordinates, for instance in QGIS.",
)
def test_the_crs_of_reference_ships_is_corrected(
    scene: Path, refused: Refused, mapped: Mapped, done: Callable[..., str]
) -> None:
    out = mapped(seaside(scene))
    ships = gpd.GeoDataFrame(geometry=gpd.points_from_xy([GRID.c + 200], [GRID.f - 330]), crs=UTM)
    reference = scene.with_name("ships.gpkg")
    # In Lambert's projection of the polar regions these metres lie nowhere.
    ships.set_crs("ESRI:54030", allow_override=True).assign(
        geometry=gpd.points_from_xy([3e7], [3e7])
    ).to_file(reference)
    refused("assess", reference, out / "scene_objects.gpkg")
    ships.to_file(reference)
    assert done("assess", reference, out / "scene_objects.gpkg", "--json")
