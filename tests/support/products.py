"""Grids in every kind of place, and a small set of products written by the real writers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from support.rasters import CRS_CASES

from sargeo.geo.grid import GeoGrid
from sargeo.products.count import CountGrid
from sargeo.products.names import ProductPaths
from sargeo.products.pam import write_class_pam
from sargeo.products.raster import confidence_sink, landcover_sink
from sargeo.products.vector import objects_frame, write_objects
from sargeo.tiling.detections import Detections

PLACES = tuple(CRS_CASES)


def grid_at(place: str, shape: tuple[int, int]) -> GeoGrid:
    """Return a grid of a shape at one of the places of `support.rasters.CRS_CASES`."""
    crs, transform = CRS_CASES[place]
    return GeoGrid(CRS.from_user_input(crs), Affine(*transform[:6]), shape)


def ships_at(rows: NDArray[np.float64], cols: NDArray[np.float64]) -> Detections:
    """Return ships of five by four pixels."""
    n = len(rows)
    sides = (np.full(n, side, dtype=np.float32) for side in (3, 4, 5))
    confidence = np.full(n, 0.9, dtype=np.float32)
    return Detections(rows, cols, *sides, confidence, np.zeros(n, dtype=np.int64))


def write_products(
    folder: Path, grid: GeoGrid, codes: NDArray[np.uint8], ships: Detections, stem: str = "scene"
) -> ProductPaths:
    """Write land cover, confidence (80 % everywhere), counts and objects."""
    paths = ProductPaths(folder, stem)
    landcover = landcover_sink(paths.landcover, grid, {})
    landcover.write(0, codes)
    landcover.finish()
    write_class_pam(paths.landcover)
    confidence = confidence_sink(paths.confidence, grid, {})
    confidence.write(0, np.where(codes > 0, 80, 255).astype(np.uint8))
    confidence.finish()
    write_objects(paths.objects, objects_frame(ships, grid, kinds=("ship",), length_known=True))
    counts = CountGrid.plan(grid, 500)
    counts.add_valid(0, codes > 0)
    counts.write(paths.count, ships.row, ships.col, {})
    return paths
