"""Areas of interest and other zones that users give as vectors, on a scene's grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from shapely import STRtree, unary_union
from shapely.affinity import translate
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from sargeo.errors import AreaOfInterestError, InputError
from sargeo.footprint import footprint_lonlat
from sargeo.grid import Block, GeoGrid

AROUND_DEG = 1.0
"""What is kept around a grid: enough that cutting there moves no edge within it."""


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
            If the file cannot be read, has no CRS or no polygons, or misses the scene.
        """
        frame = read_vectors(source, AreaOfInterestError, "area of interest")
        frame = frame[frame.geom_type.isin(("Polygon", "MultiPolygon"))]
        if frame.empty:
            raise AreaOfInterestError(
                f"The area of interest {describe_source(source)} holds no polygon.",
                "Give a file with at least one polygon.",
            )
        area = cls(grid, tuple(to_crs_of(grid, frame.geometry)))
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


def read_vectors(
    source: Path | gpd.GeoDataFrame, error: type[InputError], what: str
) -> gpd.GeoDataFrame:
    """Read a vector file and repair its geometries; ``error`` is raised where that fails."""
    if isinstance(source, gpd.GeoDataFrame):
        frame = source
    else:
        try:
            frame = gpd.read_file(source)
        except Exception as problem:  # pyogrio raises its own and OSError, by driver
            raise error(
                f"The {what} {source} cannot be read as vectors: {problem}.",
                "Give a GeoPackage, GeoJSON, Shapefile or another file that GDAL opens.",
            ) from problem
    if frame.crs is None:
        raise error(
            f"The {what} {describe_source(source)} has no CRS.",
            "Assign the CRS that its coordinates are in, for instance in QGIS.",
        )
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    return frame.set_geometry(frame.geometry.make_valid())


def to_crs_of(grid: GeoGrid, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Bring shapes into the CRS of a grid, without what lies far away from a projected one.

    A continent has no place in a UTM zone: its far corners come out anywhere, and the shape with
    them.
    """
    if grid.crs.is_geographic:
        return shapes.to_crs(grid.crs)
    around = gpd.GeoSeries([_surroundings(grid, turns=shapes.crs.is_geographic)], crs=4326)
    near = around.to_crs(shapes.crs).iloc[0]
    if np.isfinite(near.bounds).all():
        shapes = shapes.intersection(near)
    return shapes.to_crs(grid.crs)


def _surroundings(grid: GeoGrid, *, turns: bool) -> BaseGeometry:
    """Outline a grid's surroundings in degrees; ``turns`` also where others write 181 for -179."""
    around = footprint_lonlat(grid).buffer(AROUND_DEG)
    return unary_union([translate(around, 360 * turn) for turn in ((-1, 0, 1) if turns else (0,))])


def describe_source(source: Path | gpd.GeoDataFrame) -> str:
    """Name a source in a message."""
    return "in memory" if isinstance(source, gpd.GeoDataFrame) else str(source)


def _outline(grid: GeoGrid, block: Block) -> BaseGeometry:
    """Outline a block in the CRS (not a bounding box: grids may be rotated)."""
    rows = np.array([block.row, block.row, block.row_stop, block.row_stop])
    cols = np.array([block.col, block.col_stop, block.col_stop, block.col])
    xs, ys = grid.xy(rows, cols)
    return Polygon(zip(xs, ys, strict=True))
