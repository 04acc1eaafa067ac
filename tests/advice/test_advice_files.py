"""Files that cannot be read, and vectors that do not fit: what is advised leads to a right map."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from support.advice import follows
from support.rasters import CRS_CASES
from support.seaside import SIDE, assert_right, decibels, landcover, seaside
from support.tiff_entries import SAMPLES_PER_PIXEL, STRIP_OFFSETS, change_entry

from sargeo.legend import NODATA

Refused = Callable[..., Any]
Mapped = Callable[..., Path]
Gdal = Callable[..., str]
Rio = Callable[..., None]

UTM, GRID = CRS_CASES["utm_north"]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif", compress="deflate")


def spoil(path: Path, place: float) -> bytes:
    """Overwrite some bytes at a share of the file; return what it was."""
    whole = path.read_bytes()
    at = int(place * len(whole))
    path.write_bytes(whole[:at] + b"\xff" * 99 + whole[at + 99 :])
    return whole


@follows("sargeo.scene.rasterfile:RasterFile.read", "Copy or download the file again.")
def test_damaged_pixels_are_copied_again(scene: Path, refused: Refused, mapped: Mapped) -> None:
    whole = spoil(scene, 0.5)
    refused("map", scene, "-o", scene.parent / "first")
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:damage_told", "Copy or download the file again.")
def test_a_damaged_header_is_copied_again(
    tmp_path: Path, refused: Refused, mapped: Mapped
) -> None:
    scene = seaside(tmp_path / "scene.tif")
    whole = scene.read_bytes()
    change_entry(scene, STRIP_OFFSETS, "type", 2)
    assert "header" in refused("info", scene).problem
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:_check_complete", "Download or export it again.")
def test_a_header_of_too_many_blocks_is_downloaded_again(
    tmp_path: Path, refused: Refused, mapped: Mapped
) -> None:
    scene = seaside(tmp_path / "scene.tif")
    whole = scene.read_bytes()
    change_entry(scene, SAMPLES_PER_PIXEL, "value", 65535)
    assert "blocks" in refused("info", scene).problem
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.rasteropen:_check_size",
    'Cut out what is to be mapped with rio clip "…" part.tif --driver GTiff --bounds "LEFT BOTTOM '
    'RIGHT TOP", which comes with sargeo, and give that.',
)
def test_a_part_is_cut_out_of_a_mosaic(
    tmp_path: Path, refused: Refused, rio: Rio, mapped: Mapped
) -> None:
    scene, mosaic = seaside(tmp_path / "scene.tif"), tmp_path / "mosaic.vrt"
    with rasterio.open(scene) as whole:
        place, crs, bounds = whole.transform.to_gdal(), whole.crs.to_wkt(), whole.bounds
    mosaic.write_text(
        f'<VRTDataset rasterXSize="400000" rasterYSize="400000"><SRS>{crs}</SRS>'
        f"<GeoTransform>{', '.join(map(str, place))}</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><Description>sigma0 VV dB</Description>'
        f"<SimpleSource><SourceFilename>{scene}</SourceFilename><SourceBand>1</SourceBand>"
        f'<SrcRect xOff="0" yOff="0" xSize="{SIDE}" ySize="{SIDE}"/>'
        f'<DstRect xOff="0" yOff="0" xSize="{SIDE}" ySize="{SIDE}"/></SimpleSource>'
        "</VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    refused("info", mosaic)
    part = tmp_path / "part.tif"
    rio("clip", mosaic, part, "--driver", "GTiff", "--bounds", " ".join(map(str, bounds)))
    assert_right(mapped(part, "--assume", "vv,db"))  # rio clip keeps no names of bands


@follows("sargeo.scene.rasteropen:_check_complete", "Copy or download it again.")
def test_what_is_cut_off_is_copied_again(tmp_path: Path, refused: Refused, mapped: Mapped) -> None:
    """A cloud-optimised file, whose directory comes first."""
    scene = tmp_path / "scene.tif"
    rasterio.shutil.copy(seaside(tmp_path / "plain.tif"), scene, driver="COG")
    whole = scene.read_bytes()
    scene.write_bytes(whole[: len(whole) // 2])
    refused("info", scene)
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.rasteropen:_not_opened", "It is probably cut off: copy or download it again."
)
def test_a_tiff_without_its_directory_is_copied_again(
    tmp_path: Path, refused: Refused, mapped: Mapped
) -> None:
    scene = seaside(tmp_path / "scene.tif")
    whole = scene.read_bytes()
    scene.write_bytes(whole[:8])
    refused("info", scene)
    scene.write_bytes(whole)
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:open_raster", "Give the raster file itself.")
def test_the_file_in_a_folder_is_given(scene: Path, refused: Refused, mapped: Mapped) -> None:
    refused("info", scene.parent)
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:open_raster", "Check the path.")
def test_the_path_is_checked(scene: Path, refused: Refused, mapped: Mapped) -> None:
    missing = refused("info", scene.with_suffix(".tiff")).problem.removesuffix(" does not exist.")
    assert_right(mapped(Path(missing).with_suffix(".tif")))


@follows("sargeo.scene.rasteropen:_not_opened", "Give a georeferenced raster such as a GeoTIFF.")
def test_a_raster_is_given(scene: Path, refused: Refused, mapped: Mapped) -> None:
    letter = scene.with_name("letter.txt")
    letter.write_text("Dear colleague,", encoding="utf-8")
    refused("info", letter)
    assert_right(mapped(scene))


@follows("sargeo.scene.rasteropen:open_again", "Leave the file where it is until the run is over.")
def test_a_file_that_went_is_left_where_it_is(scene: Path, mapped: Mapped) -> None:
    from sargeo.errors import SceneDamagedError
    from sargeo.scene.rasterfile import RasterFile

    opened = RasterFile(str(scene))
    elsewhere = scene.with_name("elsewhere.tif")
    with opened._dataset():  # one thread reads, and another needs a handle of its own
        scene.rename(elsewhere)
        with pytest.raises(SceneDamagedError), opened._dataset():
            pass
    opened.close()
    elsewhere.rename(scene)
    assert_right(mapped(scene))


@follows(
    "sargeo.scene.open:open_scene", "Give a path, a /vsi name, or an xarray.DataArray with a CRS."
)
def test_what_can_be_opened_is_given(scene: Path) -> None:
    import rioxarray

    import sargeo
    from sargeo.errors import UsageError

    with rasterio.open(scene) as dataset, pytest.raises(UsageError):
        sargeo.open_scene(dataset)
    packed = Path(shutil.make_archive(str(scene.with_suffix("")), "zip", scene.parent, scene.name))
    array = rioxarray.open_rasterio(scene).assign_coords(band=["sigma0 VV dB"])
    for source in (str(scene), scene, f"/vsizip/{packed}/{scene.name}", array):
        values = sargeo.open_scene(source)
        np.testing.assert_allclose(
            values.read(values.grid.block).values, decibels(), err_msg=str(type(source))
        )


def rectangle(west: int, north: int, east: int, south: int) -> shapely.Polygon:
    """Return a rectangle by columns and rows of the scene."""
    return shapely.box(*(GRID @ (west, south)), *(GRID @ (east, north)))


SEAWARD = rectangle(16, 0, 80, SIDE)


def vectors(path: Path, *shapes: Any, crs: str | None = UTM) -> Path:
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # where there is no CRS
        gpd.GeoDataFrame(geometry=list(shapes), crs=crs).to_file(path)
    return path


def assert_only_the_area(folder: Path) -> None:
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[:, 16:80] = True
    np.testing.assert_array_equal(landcover(folder) != NODATA, inside)


@follows("sargeo.scene.area:PolygonArea.of_interest", "Give a file with at least one polygon.")
def test_a_file_with_a_polygon_is_given(scene: Path, refused: Refused, mapped: Mapped) -> None:
    points = vectors(scene.with_name("points.gpkg"), SEAWARD.centroid)
    refused("map", scene, "-o", scene.parent / "first", "--aoi", points)
    area = vectors(scene.with_name("area.gpkg"), SEAWARD.centroid, SEAWARD)
    assert_only_the_area(mapped(scene, "--aoi", area))


@follows(
    "sargeo.scene.area:PolygonArea.of_interest",
    "Check that both lie in the same place, and that the file's CRS is right.",
)
def test_the_crs_of_an_area_is_set_right(
    scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    """Coordinates of one UTM zone that call themselves another's."""
    wrong = vectors(scene.with_name("wrong.gpkg"), SEAWARD, crs="EPSG:32611")
    refused("map", scene, "-o", scene.parent / "first", "--aoi", wrong)
    right = scene.with_name("right.gpkg")
    gdal("ogr2ogr", "-a_srs", UTM, right, wrong)
    assert_only_the_area(mapped(scene, "--aoi", right))


@follows(
    "sargeo.scene.area:read_vectors",
    "Give a GeoPackage, GeoJSON, Shapefile or another file that GDAL opens.",
)
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb"])
def test_an_area_is_given_as_vectors(
    suffix: str, scene: Path, refused: Refused, mapped: Mapped
) -> None:
    letter = scene.with_name("area.txt")
    letter.write_text("from the harbour to the cape", encoding="utf-8")
    refused("map", scene, "-o", scene.parent / "first", "--aoi", letter)
    area = gpd.GeoDataFrame(geometry=[SEAWARD], crs=UTM)
    if suffix == ".geojson":
        area = area.to_crs(4326)
    path = scene.with_name(f"area{suffix}")
    area.to_file(path)
    assert_only_the_area(mapped(scene, "--aoi", path))


@follows(
    "sargeo.scene.area:read_vectors",
    "Assign the CRS that its coordinates are in, for instance in QGIS.",
)
def test_the_crs_of_an_area_is_assigned(
    scene: Path, refused: Refused, gdal: Gdal, mapped: Mapped
) -> None:
    """By ogr2ogr, which is what "Assign projection" runs in QGIS."""
    area = vectors(scene.with_name("area.shp"), SEAWARD, crs=None)
    refused("map", scene, "-o", scene.parent / "first", "--aoi", area)
    assigned = scene.with_name("assigned.gpkg")
    gdal("ogr2ogr", "-a_srs", UTM, assigned, area)
    assert_only_the_area(mapped(scene, "--aoi", assigned))
