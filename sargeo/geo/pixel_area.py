"""Areas on the ground of the pixels of a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import WGS84, Block, FloatArray, GeoGrid
from sargeo.geo.gridmap import nodes_and_weights

SQUARE_METRES_PER_HECTARE = 10_000.0
SQUARE_METRES_PER_SQUARE_KILOMETRE = 1_000_000.0

_NODES = 9


def pixel_area_m2(grid: GeoGrid, block: Block) -> NDArray[np.float64]:
    """Return the geodesic area of every pixel of a block, in square metres.

    Measured at 9 by 9 places on the ellipsoid of WGS 84 and interpolated linearly between them: in
    a block of 512 pixels of 0.01 degrees the error is below 2e-5 up to 80 degrees of latitude.
    Pixels outside the domain of the projection have none.

    Returns
    -------
    ndarray of float64, shape (height, width)
    """
    rows, down = nodes_and_weights(block.row, block.height, _NODES)
    cols, across = nodes_and_weights(block.col, block.width, _NODES)
    nodes = _area_at(grid, rows[:, None], cols[None, :])
    # Not with @: BLAS would start threads for nine numbers, which other work holds up.
    return np.asarray(np.einsum("rn,nc->rc", np.einsum("rm,mn->rn", down, nodes), across.T))


def _area_at(grid: GeoGrid, rows: FloatArray, cols: FloatArray) -> FloatArray:
    """Area of the pixels around places: the mean of the parallelograms at opposite corners."""
    rows, cols = np.broadcast_arrays(rows, cols)
    return (_parallelogram(grid, rows, cols, -0.5) + _parallelogram(grid, rows, cols, 0.5)) / 2


def _parallelogram(grid: GeoGrid, rows: FloatArray, cols: FloatArray, offset: float) -> FloatArray:
    """Area between the two geodesics that leave one corner of a pixel along its sides."""
    corner, down, across = (
        grid.lonlat(rows + down, cols + across)
        for down, across in ((offset, offset), (-offset, offset), (offset, -offset))
    )
    ends = np.stack([*corner, *down, *across])
    known = np.isfinite(ends).all(axis=0)
    lon0, lat0, lon1, lat1, lon2, lat2 = np.where(known, ends, 0.0)
    azimuth1, _, distance1 = WGS84.inv(lon0, lat0, lon1, lat1)
    azimuth2, _, distance2 = WGS84.inv(lon0, lat0, lon2, lat2)
    angle = np.radians(np.asarray(azimuth1) - np.asarray(azimuth2))
    return np.where(known, np.abs(np.asarray(distance1) * distance2 * np.sin(angle)), 0.0)
