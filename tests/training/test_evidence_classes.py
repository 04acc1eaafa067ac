"""Class rasters on the grid of a chip: crosswalks, other CRSs, nodata, codes that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS, Transformer
from support.rasters import write_raster

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import GeoGrid
from sargeo.legend import LAND_COVER_CODES
from sargeo_training.data.chips.evidence.classes import ClassRaster
from sargeo_training.data.chips.evidence.crosswalks import PRODUCTS, ProductName
from sargeo_training.data.sources import terramind
from sargeo_training.data.sources.files import read_band
from sargeo_training.images import NOT_WATER, UNKNOWN

CORNER = (500_000.0, 5_000_000.0)
GRID = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, CORNER[0], 0, -10, CORNER[1]), (60, 60))
VALID = np.ones(GRID.shape, dtype=bool)


def raster(path: Path, codes: np.ndarray, product: ProductName = "worldcover", **how: object):
    return ClassRaster(PRODUCTS[product], (write_raster(path, codes[None], **how),))


@pytest.mark.parametrize(
    ("product", "codes"),
    [
        ("worldcover", {10: 10, 20: 30, 40: 30, 50: 50, 60: 60, 70: 0, 80: 80, 90: 30, 95: 10}),
        ("io-lulc", {1: 80, 2: 10, 4: NOT_WATER, 5: 30, 7: 50, 8: 60, 9: 0, 10: 0, 11: 30}),
        ("terramesh-lulc", {1: 80, 2: 10, 3: NOT_WATER, 4: 30, 5: 50, 6: 60, 7: 0, 8: 0, 9: 30}),
        ("dynamic-world", {0: 80, 1: 10, 2: 30, 3: NOT_WATER, 4: 30, 5: 30, 6: 50, 7: 60, 8: 0}),
        ("corine", {111: 50, 123: 0, 211: 30, 311: 10, 332: 60, 411: 30, 523: 80, 999: 0}),
        ("corine", {1: 50, 5: 0, 12: 30, 23: 10, 31: 60, 35: 30, 44: 80, 48: 0}),
    ],
)
def test_codes_become_those_of_the_legend(
    tmp_path: Path, product: ProductName, codes: dict[int, int]
) -> None:
    theirs = np.resize(np.array([*codes], dtype=np.int16), GRID.shape)
    labels = raster(tmp_path / "map.tif", theirs, product).labels(GRID)
    np.testing.assert_array_equal(labels, np.vectorize(codes.get)(theirs))


def test_corine_numbers_its_44_classes_in_the_order_of_their_codes() -> None:
    codes = PRODUCTS["corine"].codes
    level_3 = sorted(code for code in codes if 100 < code < 600)
    assert len(level_3) == 44
    assert [codes[code] for code in level_3] == [codes[n] for n in range(1, 45)]


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_code_becomes_one_that_sheets_know(product: ProductName) -> None:
    assert set(PRODUCTS[product].codes.values()) <= {UNKNOWN, NOT_WATER, *LAND_COVER_CODES}


def test_a_code_of_another_product_is_refused_by_its_name_and_file(tmp_path: Path) -> None:
    theirs = np.full(GRID.shape, 10, dtype=np.uint8)
    theirs[30, 30] = 11
    with pytest.raises(ReferenceDataError) as refused:
        raster(tmp_path / "map.tif", theirs).labels(GRID)
    assert "code 11" in refused.value.problem
    assert "map.tif" in refused.value.problem
    assert "ESA WorldCover" in refused.value.problem
    assert "io-lulc" in refused.value.remedy


def test_codes_that_are_no_whole_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"code 10\.5"):
        raster(tmp_path / "map.tif", np.full(GRID.shape, 10.5, np.float32)).labels(GRID)


def test_nodata_and_ground_beyond_the_raster_are_unknown(tmp_path: Path) -> None:
    theirs = np.full((60, 30), 80, dtype=np.uint8)  # the left half
    theirs[:30] = 255
    product = raster(tmp_path / "map.tif", theirs, nodata=255)
    labels = product.labels(GRID)
    assert (labels[30:, :30] == 80).all()
    assert (labels[:30] == UNKNOWN).all()
    assert (labels[:, 30:] == UNKNOWN).all()
    facts = product.gather(GRID, VALID)
    assert facts is not None
    assert (facts.known, facts.layer) == (0.25, "ESA WorldCover")


def test_nodata_wins_over_a_code_of_the_same_number(tmp_path: Path) -> None:
    """Zero is water in Dynamic World, unless the file says that it is nodata."""
    theirs = np.zeros(GRID.shape, dtype=np.uint8)
    assert (raster(tmp_path / "a.tif", theirs, "dynamic-world").labels(GRID) == 80).all()
    without = raster(tmp_path / "b.tif", theirs, "dynamic-world", nodata=0)
    assert without.gather(GRID, VALID) is None


def test_a_raster_elsewhere_says_nothing(tmp_path: Path) -> None:
    far = Affine(10, 0, CORNER[0], 0, -10, CORNER[1] + 50_000)
    theirs = np.full(GRID.shape, 80, dtype=np.uint8)
    for name, how in {
        "north": {"transform": far},
        "antipodes": {"crs": "EPSG:4326", "transform": Affine(0.01, 0, -165, 0, -0.01, -45)},
    }.items():
        assert raster(tmp_path / f"{name}.tif", theirs, **how).gather(GRID, VALID) is None


def test_a_raster_in_degrees_is_read_where_its_pixels_lie(tmp_path: Path) -> None:
    """Water east of a meridian: the border on the chip is where pyproj puts that meridian."""
    border = 15.004
    transform = Affine(1e-4, 0, 14.99, 0, -1e-4, 45.17)
    theirs = np.full((400, 400), 10, dtype=np.uint8)
    theirs[:, round((border - 14.99) / 1e-4) :] = 80
    labels = raster(tmp_path / "m.tif", theirs, crs="EPSG:4326", transform=transform).labels(GRID)
    rows, cols = np.indices(GRID.shape) + 0.5
    x, y = GRID.xy(rows, cols)
    lon, _ = Transformer.from_crs(32633, 4326, always_xy=True).transform(x, y)
    clear = np.abs(lon - border) > 1e-5  # beside the border, either may be nearer
    assert clear.mean() > 0.95
    np.testing.assert_array_equal(labels[clear], np.where(lon > border, 80, 10)[clear])


def test_larger_pixels_take_the_most_frequent_code(tmp_path: Path) -> None:
    theirs = np.full((600, 600), 10, dtype=np.uint8)
    theirs[::10, ::10] = 80  # one in a hundred, and the one in the corner
    fine = Affine(1, 0, CORNER[0], 0, -1, CORNER[1])
    product = raster(tmp_path / "map.tif", theirs, transform=fine)
    assert (product.labels(GRID) == 10).all()


def test_of_two_tiles_the_first_that_knows_tells(tmp_path: Path) -> None:
    first = np.full(GRID.shape, 10, dtype=np.uint8)
    first[:, 40:] = 0
    second = np.full(GRID.shape, 80, dtype=np.uint8)
    paths = tuple(
        write_raster(tmp_path / f"{i}.tif", codes[None]) for i, codes in enumerate((first, second))
    )
    labels = ClassRaster(PRODUCTS["worldcover"], paths).labels(GRID)
    assert (labels[:, :40] == 10).all()
    assert (labels[:, 40:] == 80).all()


def test_files_that_are_no_rasters_or_have_no_crs_are_refused(tmp_path: Path) -> None:
    codes = np.full(GRID.shape, 10, dtype=np.uint8)
    with pytest.raises(ReferenceDataError, match="has no CRS"):
        raster(tmp_path / "plain.tif", codes, crs=None).labels(GRID)
    text = tmp_path / "text.tif"
    text.write_text("no raster", encoding="utf-8")
    for path in (text, tmp_path / "absent.tif"):
        with pytest.raises(ReferenceDataError, match="cannot be read as a raster"):
            ClassRaster(PRODUCTS["worldcover"], (path,)).labels(GRID)


@pytest.mark.data
def test_the_tile_of_terramind_is_read_as_its_source_reads_it(sargeo_data: Path) -> None:
    (image,) = terramind.load(sargeo_data).images
    path = sargeo_data / "terramind" / "LULC" / f"{image.name}.tif"
    grid = GeoGrid(
        CRS.from_epsg(32632),
        Affine(10, 0, 549892.6970314482, 0, -10, 6344077.6142594535),
        image.shape,
    )
    product = ClassRaster(PRODUCTS["terramesh-lulc"], (path,))
    np.testing.assert_array_equal(product.labels(grid), image.labels)
    facts = product.gather(grid, image.valid)
    assert facts is not None
    crops_and_rangeland = np.isin(read_band(path), (4, 9)).mean()
    share = facts.shares["low vegetation"]
    assert (share.lowest, share.highest) == pytest.approx((crops_and_rangeland,) * 2)
    with pytest.raises(ReferenceDataError, match="holds the code 3"):
        ClassRaster(PRODUCTS["io-lulc"], (path.parents[1] / "DEM" / path.name,)).labels(grid)
