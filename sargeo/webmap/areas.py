"""How much ground each class of a land-cover raster takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sargeo.geo.grid import Block
from sargeo.geo.pixel_area import pixel_area_m2
from sargeo.legend import NODATA
from sargeo.products.windows import open_product, tiles


def class_areas_km2(path: Path) -> dict[int, float]:
    """Return the area of each class that occurs, by its code, from all pixels.

    All pixels of a tile are taken to be as large as the one in its middle.

    Raises
    ------
    sargeo.errors.InputError
        If the file cannot be read as a raster.
    """
    areas = np.zeros(256)
    with open_product(path) as product:
        for tile in tiles(product.grid.block):
            middle = Block(tile.row + tile.height // 2, tile.col + tile.width // 2, 1, 1)
            pixel_km2 = float(pixel_area_m2(product.grid, middle)[0, 0]) / 1e6
            areas += pixel_km2 * np.bincount(product.read(tile).ravel(), minlength=256)
    return {code: float(areas[code]) for code in np.flatnonzero(areas).tolist() if code != NODATA}
