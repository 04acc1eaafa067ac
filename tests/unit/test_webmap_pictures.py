"""Pictures show the right pixel in the right colour, and keep within their bytes."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.rasters import write_raster
from support.webmap import MORE_CRS_CASES, ArrayScene, grid_of_case, write_landcover

from sargeo.errors import InputError
from sargeo.geo.antimeridian import unwrap
from sargeo.geo.mercator import MercatorBox, to_mercator
from sargeo.legend import BUILT_UP, OPEN_WATER
from sargeo.webmap import pictures
from sargeo.webmap.pictures import (
    Picture,
    confidence_picture,
    land_cover_picture,
    quicklook_picture,
)


def rgba(picture: Picture) -> NDArray[np.uint8]:
    """Decode a picture."""
    image = Image.open(io.BytesIO(base64.b64decode(picture.uri.partition(",")[2])))
    return np.asarray(image.convert("RGBA"))


def colour_at(picture: Picture, lon: float, lat: float) -> tuple[int, ...]:
    """The colour that a web map draws at a place."""
    pixels = rgba(picture)
    (south, west), (north, east) = picture.bounds
    (left, right), (bottom, top) = to_mercator([west, east], [south, north])
    x, y = to_mercator(unwrap(lon, (west + east) / 2), lat)
    row = int((top - y) / (top - bottom) * pixels.shape[0])
    col = int((x - left) / (right - left) * pixels.shape[1])
    return tuple(pixels[row, col].tolist())


@pytest.mark.parametrize("case", sorted(MORE_CRS_CASES))
def test_land_cover_lies_where_it_is_in_every_crs(case: str, tmp_path: Path) -> None:
    grid = grid_of_case(case, (60, 80))
    codes = np.full(grid.shape, 80, np.uint8)
    codes[10:13, 20:23] = 50
    codes[:, 70:] = 0
    path = write_landcover(tmp_path / "landcover.tif", codes, grid)
    picture = land_cover_picture(path, MercatorBox.around(grid))
    for (row, col), expected in {
        (11.5, 21.5): (*BUILT_UP.rgb, 255),
        (10.4, 20.4): (*BUILT_UP.rgb, 255),
        (12.6, 22.6): (*BUILT_UP.rgb, 255),
        (9.6, 21.5): (*OPEN_WATER.rgb, 255),
        (11.5, 23.4): (*OPEN_WATER.rgb, 255),
        (30.0, 75.0): (0, 0, 0, 0),
    }.items():
        lon, lat = grid.lonlat(row, col)
        assert colour_at(picture, float(lon), float(lat)) == expected, (row, col)


def test_what_lies_outside_of_a_rotated_scene_is_transparent(tmp_path: Path) -> None:
    grid = grid_of_case("rotated", (60, 80))
    path = write_landcover(tmp_path / "landcover.tif", np.full((60, 80), 80, np.uint8), grid)
    alpha = rgba(land_cover_picture(path, MercatorBox.around(grid)))[..., 3]
    assert alpha[0, 0] == alpha[-1, -1] == 0
    assert 0.4 < (alpha == 255).mean() < 0.8


def test_large_land_cover_is_read_through_overviews(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "LAND_COVER_PIXELS", 20_000)
    grid = grid_of_case("mercator", (1200, 1400))
    codes = np.full(grid.shape, 80, np.uint8)
    codes[:600, 700:] = 50
    codes[::7, ::5] = 10  # too fine to be seen, and never the mode
    path = write_landcover(tmp_path / "landcover.tif", codes, grid)
    picture = land_cover_picture(path, MercatorBox.around(grid))
    assert rgba(picture)[..., 0].size <= 20_500
    assert picture.ground_m == pytest.approx(75, rel=0.2)
    for (row, col), expected in {(590, 710): BUILT_UP, (610, 710): OPEN_WATER}.items():
        lon, lat = grid.lonlat(row, col)
        assert colour_at(picture, float(lon), float(lat)) == (*expected.rgb, 255)


def test_noise_is_drawn_coarser_until_it_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "LAND_COVER_BYTES", 20_000)
    grid = grid_of_case("utm_north", (400, 400))
    codes = np.random.default_rng(0).choice([10, 30, 50, 60, 80], grid.shape).astype(np.uint8)
    path = write_landcover(tmp_path / "landcover.tif", codes, grid)
    box = MercatorBox.around(grid)
    picture = land_cover_picture(path, box)
    assert 10_000 < len(base64.b64decode(picture.uri.partition(",")[2])) <= 20_000
    assert picture.bounds == box.bounds


def test_confidence_runs_from_dark_to_bright(tmp_path: Path) -> None:
    grid = grid_of_case("utm_north", (40, 60))
    percent = np.full(grid.shape, 10, np.uint8)
    percent[:, 20:] = 95
    percent[:, 40:] = 255
    crs, transform = grid.crs.to_wkt(), grid.transform
    path = write_raster(tmp_path / "c.tif", percent[None], crs=crs, transform=transform, nodata=255)
    picture = confidence_picture(path, MercatorBox.around(grid))
    low, high, none = (
        colour_at(picture, *map(float, grid.lonlat(20.0, col))) for col in (10.0, 30.0, 50.0)
    )
    assert sum(low[:3]) < 300 < sum(high[:3])
    assert (low[3], high[3], none[3]) == (255, 255, 0)


def test_the_scene_is_grey_and_transparent_where_it_is_not_valid() -> None:
    grid = grid_of_case("utm_north", (60, 90))
    values = np.full(grid.shape, 0.01, np.float32)
    values[:, 45:] = 1.0
    valid = np.ones(grid.shape, bool)
    valid[:20] = False
    picture = quicklook_picture(ArrayScene(grid, values, valid), MercatorBox.around(grid))
    dark, bright, none = (
        colour_at(picture, *map(float, grid.lonlat(*place)))
        for place in ((40.0, 20.0), (40.0, 70.0), (10.0, 20.0))
    )
    assert dark[0] < 20
    assert bright[0] > 235
    assert (dark[3], bright[3], none[3]) == (255, 255, 0)


def test_a_damaged_product_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scene_landcover.tif"
    path.write_bytes(b"not a raster")
    with pytest.raises(InputError, match="scene_landcover"):
        land_cover_picture(path, MercatorBox.around(grid_of_case("utm_north", (8, 8))))
