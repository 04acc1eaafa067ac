"""Areas of interest and other zones that users give as vectors, on a scene's grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from shapely import STRtree
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from sargeo.errors import AreaOfInterestError
from sargeo.geo.grid import Block, GeoGrid
from sargeo.geo.placement import on_grid
from sargeo.geo.vectors import POLYGONS, describe_source, read_vectors


@dataclass(frozen=True)
class PolygonArea:
    """Polygons on a grid. A pixel belongs to the area where its centre does.

    Attributes
    ----------
    grid : GeoGrid
    polygons : tuple of shapely geometries
        In the CRS of the grid.
    """

    grid: GeoGrid
    polygons: tuple[BaseGeometry, ...]

    @classmethod
    def of_interest(cls, source: Path | gpd.GeoDataFrame, grid: GeoGrid) -> PolygonArea:
        """Read the area of interest of a scene.

        Raises
        ------
        AreaOfInterestError
            If the file cannot be read, has several layers with polygons or none, has no CRS, or
            misses the scene.
        """
        frame = read_vectors(source, AreaOfInterestError, "area of interest", POLYGONS)
        placed = on_grid(frame.geometry, grid)
        area = cls(grid, tuple(placed[~placed.is_empty]))
        if not area.touches(grid.block):
            raise AreaOfInterestError(
                f"The area of interest {describe_source(source)} does not touch the scene.",
                "Check that both lie in the same place, and that the file's CRS is right.",
            )
        return area

    def touches(self, block: Block) -> bool:
        """Tell whether any polygon meets the block's outline."""
        return len(self._tree.query(_outline(self.grid, block), predicate="intersects")) > 0

    def mask(self, block: Block) -> NDArray[np.bool_]:
        """Tell which pixels of a block belong to the area; shape (H, W)."""
        near = self._tree.query(_outline(self.grid, block), predicate="intersects")
        shape = (block.height, block.width)
        if not len(near):
            return np.zeros(shape, dtype=bool)
        inside: NDArray[np.bool_] = geometry_mask(
            [self.polygons[i] for i in sorted(near)],
            out_shape=shape,
            transform=self.grid.crop(block).transform,
            invert=True,
        )
        return inside

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.polygons)


def _outline(grid: GeoGrid, block: Block) -> BaseGeometry:
    """Outline a block in the CRS (not a bounding box: grids may be rotated)."""
    return Polygon(zip(*grid.xy(*block.border(1)), strict=True))
