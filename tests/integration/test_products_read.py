"""Products as a notebook sees them."""

from __future__ import annotations

from pathlib import Path

import dask.array
import numpy as np
import pytest
from pyproj import CRS
from support.products import PLACES, grid_at, ships_at, write_products

from sargeo.errors import InputError
from sargeo.legend import LAND_COVER, LAND_COVER_CODES
from sargeo.products.names import find_products
from sargeo.products.raster import probabilities_sink
from sargeo.products.read import open_counts, open_products, read_objects

SHIPS = ships_at(np.array([20.0, 90.0]), np.array([10.0, 30.0]))


def codes_of(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).choice(np.array([0, *LAND_COVER_CODES], np.uint8), shape)


@pytest.mark.parametrize("place", PLACES)
def test_land_cover_is_lazy_named_and_in_place(place: str, tmp_path: Path) -> None:
    grid = grid_at(place, (120, 80))
    codes = codes_of(grid.shape)
    write_products(tmp_path, grid, codes, SHIPS)
    with open_products(tmp_path) as dataset:
        assert isinstance(dataset.landcover.data, dask.array.Array)
        assert CRS.from_wkt(dataset.rio.crs.to_wkt()).equals(grid.crs)
        assert dataset.landcover.rio.transform().almost_equals(grid.transform, 1e-9)
        np.testing.assert_array_equal(dataset.landcover, codes)
        np.testing.assert_array_equal(dataset.confidence == 255, codes == 0)
        meanings = dict(
            zip(
                dataset.landcover.attrs["flag_values"],
                dataset.landcover.attrs["flag_meanings"].split(),
                strict=True,
            )
        )
        assert meanings[30] == "low_vegetation"
        assert set(LAND_COVER_CODES) < set(meanings)
        assert dataset.landcover.rio.nodata == 0


def test_counts_and_objects_agree(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (120, 80))
    write_products(tmp_path, grid, codes_of(grid.shape), SHIPS)
    with open_counts(tmp_path) as counts:
        assert counts.objects.shape == (3, 2)
        assert int(counts.objects.sum()) == len(read_objects(tmp_path)) == len(SHIPS)
        assert float(counts.valid_share.max()) <= 1000


def test_probabilities_are_named_by_class(tmp_path: Path) -> None:
    grid = grid_at("degrees", (120, 80))
    paths = write_products(tmp_path, grid, codes_of(grid.shape), SHIPS)
    sink = probabilities_sink(paths.probabilities, grid, LAND_COVER, {})
    values = np.random.default_rng(0).integers(0, 101, (5, *grid.shape), dtype=np.uint8)
    sink.write(0, values)
    sink.finish()
    with open_products(tmp_path) as dataset:
        np.testing.assert_array_equal(dataset.probability.sel({"class": "bare"}), values[3])


def test_a_folder_of_several_scenes_asks_for_a_name(tmp_path: Path) -> None:
    grid = grid_at("utm_north", (60, 50))
    for stem in ("first", "second_scene"):
        write_products(tmp_path, grid, codes_of(grid.shape), SHIPS, stem)
    with pytest.raises(InputError, match="2 scenes: first, second_scene"):
        open_products(tmp_path)
    assert len(read_objects(tmp_path, "second_scene")) == 2
    with pytest.raises(InputError, match="third"):
        read_objects(tmp_path, "third")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no products"):
        open_products(tmp_path)
    paths = write_products(tmp_path, grid_at("utm_north", (60, 50)), codes_of((60, 50)), SHIPS)
    assert find_products(tmp_path).existing() == paths.existing()
    paths.count.unlink()
    with pytest.raises(InputError, match=r"scene_count\.tif"):
        open_counts(tmp_path)
