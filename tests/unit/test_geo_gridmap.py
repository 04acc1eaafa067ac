"""Pixels of one grid on another: the place of their centres, by PROJ itself."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS, Transformer
from support.products import grid_at

from sargeo.geo.grid import Block, GeoGrid
from sargeo.geo.gridmap import GridMapping


def test_centres_of_a_shifted_grid_are_shifted() -> None:
    grid = grid_at("utm_north", (60, 80))
    finer = GeoGrid(grid.crs, grid.transform * Affine.scale(0.5), (120, 160))
    rows, cols, around = GridMapping(grid, finer).centres(Block(3, 5, 20, 30))
    np.testing.assert_allclose(rows[:, 0] + around.row, 2 * (np.arange(3, 23) + 0.5), atol=1e-3)
    np.testing.assert_allclose(cols[0] + around.col, 2 * (np.arange(5, 35) + 0.5), atol=1e-3)


@pytest.mark.parametrize("epsg", [4326, 3857, 32630])
def test_centres_are_where_proj_puts_them(epsg: int) -> None:
    grid = grid_at("utm_north", (64, 64))
    to_other = Transformer.from_crs(grid.crs, epsg, always_xy=True)
    x, y = to_other.transform(*grid.xy(0.0, 0.0))
    size = 1e-4 if epsg == 4326 else 10.0
    other = GeoGrid(CRS.from_epsg(epsg), Affine(size, 0, x, 0, -size, y), (64, 64))
    block = Block(7, 9, 40, 33)
    rows, cols, around = GridMapping(grid, other).centres(block)
    down, across = np.mgrid[7:47, 9:42] + 0.5
    exact = other.rowcol(*to_other.transform(*grid.xy(down, across)))
    np.testing.assert_allclose(rows + around.row, exact[0], atol=0.01)
    np.testing.assert_allclose(cols + around.col, exact[1], atol=0.01)
