from __future__ import annotations

import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from support.rasters import (
    CRS_CASES,
    DTYPES,
    NODATA_KINDS,
    backscatter_db,
    in_scale,
    write_raster,
    write_scene,
)

from sargeo.errors import InputError, NothingValidError, SceneDamagedError, UsageError
from sargeo.geo.grid import Block
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.geotiff import GeoTiffScene, gdal_name
from sargeo.scene.scene import Scene

HONEST = [
    (dtype, kind)
    for dtype in DTYPES
    for kind in NODATA_KINDS
    if kind != "nan" or dtype.startswith("float")
]


def scale_for(dtype):
    return "db" if dtype in ("int16", "float32", "float64") else "amplitude"


@pytest.mark.parametrize(("dtype", "kind"), HONEST)
def test_values_and_validity_of_every_dtype_and_kind_of_nodata(tmp_path, dtype, kind):
    made = write_scene(tmp_path / "x.tif", dtype=dtype, scale=scale_for(dtype), nodata_kind=kind)
    with GeoTiffScene(made.path) as scene:
        raster = scene.read(scene.grid.block)
        assert isinstance(scene, Scene)
    assert raster.values.dtype == np.float32
    np.testing.assert_array_equal(raster.valid, made.valid)
    np.testing.assert_array_equal(raster.values, made.values)
    assert [b.polarisation for b in raster.bands] == ["VV", "VH"]
    assert {b.scale for b in raster.bands} == {scale_for(dtype)}


@pytest.mark.parametrize(("dtype", "kind"), HONEST)
def test_blocks_equal_the_whole(tmp_path, dtype, kind):
    made = write_scene(tmp_path / "x.tif", dtype=dtype, scale=scale_for(dtype), nodata_kind=kind)
    with GeoTiffScene(made.path) as scene:
        for block in (Block(0, 0, 1, 1), Block(7, 11, 20, 33), Block(59, 0, 1, 80)):
            raster = scene.read(block)
            rows, cols = block.slices()
            np.testing.assert_array_equal(raster.values, made.values[:, rows, cols])
            np.testing.assert_array_equal(raster.valid, made.valid[rows, cols])
            assert raster.grid == scene.grid.crop(block)


@pytest.mark.parametrize("case", CRS_CASES)
def test_grid_of_every_crs(tmp_path, case):
    made = write_scene(tmp_path / "x.tif", crs_case=case)
    with GeoTiffScene(made.path) as scene:
        code, transform = CRS_CASES[case]
        assert scene.grid.crs.to_epsg() == int(code.removeprefix("EPSG:"))
        assert scene.grid.transform.almost_equals(transform)
        assert scene.grid.shape == (60, 80)


@pytest.mark.parametrize("block", [Block(-1, 0, 2, 2), Block(0, 0, 61, 80), Block(0, 79, 1, 2)])
def test_a_block_beyond_the_grid_is_a_mistake(tmp_path, block):
    with (
        GeoTiffScene(write_scene(tmp_path / "x.tif").path) as scene,
        pytest.raises(ValueError, match="does not lie within"),
    ):
        scene.read(block)


def test_infinite_values_are_not_valid(tmp_path):
    values = backscatter_db((20, 30), 2)
    values[0, 3, 4], values[1, 5, 6] = np.inf, -np.inf
    path = write_raster(tmp_path / "s1_vv_vh_db.tif", values)
    with GeoTiffScene(path) as scene:
        raster = scene.read(scene.grid.block)
    assert np.argwhere(~raster.valid).tolist() == [[3, 4], [5, 6]]
    assert np.isfinite(raster.values).all()


def test_nodata_in_one_band_leaves_the_pixel_out(tmp_path):
    values = backscatter_db((20, 30), 2)
    values[1, 2, 3] = -99
    with GeoTiffScene(write_raster(tmp_path / "s1_vv_vh_db.tif", values, nodata=-99)) as scene:
        assert np.argwhere(~scene.read(scene.grid.block).valid).tolist() == [[2, 3]]


def test_scale_and_offset_are_applied(tmp_path):
    stored = np.arange(1, 1201, dtype=np.uint16).reshape(1, 30, 40)
    path = write_raster(tmp_path / "vv_db.tif", stored, scale=0.01, offset=-20.0, nodata=1)
    with GeoTiffScene(path) as scene:
        raster = scene.read(scene.grid.block)
    np.testing.assert_allclose(raster.values[0].ravel()[1:], stored.ravel()[1:] * 0.01 - 20, 1e-5)
    assert raster.bands[0].scale == "db"
    assert raster.bands[0].quantity == "sigma0"
    assert (~raster.valid).sum() == 1


class TestSiblings:
    def write(self, folder, polarisations=("vv", "vh"), name="x_{}.tif", **options):
        values = in_scale(backscatter_db((30, 40), len(polarisations)), "db", "float32")
        return [
            write_raster(folder / name.format(p), values[[i]], **options)
            for i, p in enumerate(polarisations)
        ], values

    @pytest.mark.parametrize("opened", [0, 1])
    @pytest.mark.parametrize(
        ("template", "name"),
        [("x_{}.tif", "x"), ("S1_{}_db.tif", "S1_db"), ("a.b-{}.tiff", "a.b"), ("{}.tif", None)],
    )
    def test_either_file_opens_both(self, tmp_path, template, name, opened):
        paths, values = self.write(tmp_path, name=template)
        with GeoTiffScene(paths[opened]) as scene:
            assert scene.name == (name or tmp_path.name)
            assert [b.polarisation for b in scene.bands] == ["VV", "VH"]
            np.testing.assert_array_equal(scene.read(scene.grid.block).values, values)

    def test_upper_case_and_cross_polarisations(self, tmp_path):
        paths, _ = self.write(tmp_path, ("HV", "HH"), "S_{}.TIF")
        with GeoTiffScene(paths[0]) as scene:
            assert [b.polarisation for b in scene.bands] == ["HH", "HV"]

    def test_validity_is_that_of_all_files(self, tmp_path):
        values = backscatter_db((30, 40), 2)
        values[0, 3, 3] = values[1, 5, 5] = np.nan
        for i, p in enumerate(("vv", "vh")):
            write_raster(tmp_path / f"x_{p}.tif", values[[i]], nodata=np.nan)
        with GeoTiffScene(tmp_path / "x_vv.tif") as scene:
            valid = scene.read(scene.grid.block).valid
        assert np.argwhere(~valid).tolist() == [[3, 3], [5, 5]]

    def test_other_grids_are_refused(self, tmp_path):
        self.write(tmp_path, ("vv",))
        self.write(tmp_path, ("vh",), transform=CRS_CASES["utm_south"][1])
        with pytest.raises(InputError, match="grids") as caught:
            GeoTiffScene(tmp_path / "x_vh.tif")
        assert "--assume vv" in caught.value.remedy

    def test_one_assumed_polarisation_opens_one_file(self, tmp_path):
        paths, _ = self.write(tmp_path)
        with GeoTiffScene(paths[1], Assumptions.parse("vh")) as scene:
            assert scene.name == "x_vh"
            assert [b.polarisation for b in scene.bands] == ["VH"]

    def test_in_a_zip(self, tmp_path):
        paths, values = self.write(tmp_path)
        with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
            for path in paths:
                archive.write(path, path.name)
        with GeoTiffScene(f"/vsizip/{(tmp_path / 's.zip').as_posix()}/x_vh.tif") as scene:
            assert scene.name == "x"
            np.testing.assert_array_equal(scene.read(scene.grid.block).values, values)


def test_memory_file(tmp_path):
    made = write_scene(tmp_path / "x.tif")
    with (
        MemoryFile(made.path.read_bytes(), filename="y.tif") as memory,
        GeoTiffScene(memory.name) as scene,
    ):
        assert scene.name == "y"
        np.testing.assert_array_equal(scene.read(scene.grid.block).values, made.values)


def test_names_beyond_ascii(tmp_path):
    folder = tmp_path / "Düna Škocjan 日本"
    folder.mkdir()
    made = write_scene(folder / "Größe_夏.tif")
    with GeoTiffScene(made.path) as scene:
        assert scene.name == "Größe_夏"
        assert scene.read(scene.grid.block).valid.all()


def test_gdal_names_have_forward_slashes_on_windows_too():
    assert gdal_name("\\vsizip\\C:\\data\\s.zip\\x.tif") == "/vsizip/C:/data/s.zip/x.tif"
    assert gdal_name("C:\\data\\x.tif") == "C:\\data\\x.tif"


def test_reads_from_many_threads(tmp_path):
    made = write_scene(
        tmp_path / "x.tif", shape=(400, 500), nodata_kind="nan", tiled=True, blockxsize=64,
        blockysize=64, compress="deflate",
    )  # fmt: skip
    blocks = [Block(r, c, 100, 100) for r in range(0, 301, 50) for c in range(0, 401, 50)]
    with GeoTiffScene(made.path) as scene, ThreadPoolExecutor(8) as pool:
        for block, raster in zip(blocks, pool.map(scene.read, blocks), strict=True):
            np.testing.assert_array_equal(raster.values, made.values[:, *block.slices()])


def test_a_closed_scene_leaves_no_handle(tmp_path):
    made = write_scene(tmp_path / "x.tif")
    scene = GeoTiffScene(made.path)
    scene.close()
    made.path.unlink()  # refused by Windows while a handle is open
    with pytest.raises(ValueError, match="closed"):
        scene.read(Block(0, 0, 1, 1))


def test_one_pixel(tmp_path):
    path = write_raster(tmp_path / "vv_db.tif", np.full((1, 1, 1), -12.5, np.float32))
    with GeoTiffScene(path) as scene:
        assert scene.read(Block(0, 0, 1, 1)).values.item() == -12.5


def test_assumptions_override_the_file(tmp_path):
    made = write_scene(tmp_path / "x.tif", bands=("VV",))
    with GeoTiffScene(made.path, Assumptions.parse("hh,db,gamma0,gsd=25")) as scene:
        (band,) = scene.bands
        assert (band.polarisation, band.scale, band.quantity) == ("HH", "db", "gamma0")
        assert scene.assumed_gsd_m == 25
        assert scene.gsd_known
        assert scene.findings[0].scale_from == "as assumed by the user"
    with GeoTiffScene(made.path, Assumptions.parse("gsd=unknown")) as scene:
        assert not scene.gsd_known


def test_assumed_polarisations_fit_the_bands(tmp_path):
    made = write_scene(tmp_path / "x.tif")
    with pytest.raises(UsageError, match="number of bands"):
        GeoTiffScene(made.path, Assumptions.parse("vv,vh,hh"))


def test_incidence_from_the_tags(tmp_path):
    values = backscatter_db((20, 20), 1)
    path = write_raster(tmp_path / "vv_db.tif", values, tags={"INCIDENCE_ANGLE": "38.5"})
    with GeoTiffScene(path) as scene:
        assert scene.incidence_deg == 38.5


@pytest.mark.parametrize(
    ("fill", "nodata"), [(np.nan, None), (np.nan, np.nan), (-99, -99), (np.inf, None), (0, None)]
)
def test_nothing_valid(tmp_path, fill, nodata):
    values = np.full((1, 300, 400), fill, np.float32)
    with pytest.raises(NothingValidError, match="no valid pixel"):
        GeoTiffScene(write_raster(tmp_path / "vv_db.tif", values, nodata=nodata))


def test_a_single_valid_pixel_is_found(tmp_path):
    values = np.full((1, 2100, 2300), np.nan, np.float32)
    values[0, 1033, 2000] = -10
    path = write_raster(tmp_path / "vv_db.tif", values, nodata=np.nan)
    with GeoTiffScene(path) as scene:
        assert scene.bands[0].scale == "db"


def test_a_file_that_is_cut_off_is_refused_when_opened(tmp_path):
    made = write_scene(tmp_path / "x.tif", shape=(500, 600))
    content = made.path.read_bytes()
    made.path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(SceneDamagedError, match="cut off"):
        GeoTiffScene(made.path)


def test_a_file_cut_within_its_header_is_damaged(tmp_path):
    made = write_scene(tmp_path / "x.tif")
    made.path.write_bytes(made.path.read_bytes()[:20])
    with pytest.raises(SceneDamagedError, match=r"x\.tif"):
        GeoTiffScene(made.path)


def test_tiles_that_cannot_be_decoded_are_refused_when_read(tmp_path):
    made = write_scene(
        tmp_path / "x.tif", shape=(64, 2560), tiled=True, blockxsize=64, blockysize=64,
        compress="deflate", bands=("VV",),
    )  # fmt: skip
    with GeoTiffScene(made.path) as scene:
        with rasterio.open(made.path) as dataset:
            offset = int(dataset.get_tag_item("BLOCK_OFFSET_30_0", dm="TIFF", bidx=1))
        broken = bytearray(made.path.read_bytes())
        broken[offset : offset + 200] = b"\x55" * 200
        shutil.copy(made.path, tmp_path / "whole.tif")
        scene.close()
        made.path.write_bytes(broken)
    with pytest.raises(SceneDamagedError) as caught:
        GeoTiffScene(made.path).read(Block(0, 30 * 64, 64, 64))
    assert "x.tif" in caught.value.problem
