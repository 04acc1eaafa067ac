"""Products of a run that never was, written by the real writers, for tests of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from support.models import tiny_spec
from support.rasters import CRS_CASES, write_raster

from sargeo.geo.grid import Block, GeoGrid
from sargeo.products.count import CountGrid
from sargeo.products.names import ProductPaths
from sargeo.products.provenance import RunRecord, write_item
from sargeo.products.vector import objects_frame, write_objects
from sargeo.scene.bands import Band
from sargeo.scene.scene import Raster
from sargeo.tiling.detections import Detections

WHEN = datetime(2025, 3, 4, 5, 6, tzinfo=UTC)

MORE_CRS_CASES: dict[str, tuple[str, Affine]] = {
    **CRS_CASES,
    "antimeridian_utm": ("EPSG:32701", Affine(10, 0, 170_000, 0, -10, 8_100_000)),
    "antimeridian_mercator": ("EPSG:3395", Affine(20, 0, 20_037_000, 0, -20, 4_020_000)),
    "beyond_180_degrees": ("EPSG:4326", Affine(1e-3, 0, 181.0, 0, -1e-3, -17.0)),
    "sheared": ("EPSG:32633", Affine(10, 3, 500_000, 2, -10, 5_000_000)),
    "pacific_mercator": ("EPSG:3832", Affine(20, 0, 3_338_000, 0, -20, -1_800_000)),
}
"""Names of CRS and transform, with the antimeridian in every way that it is met."""


POLAR_CAP = "polar_cap"
"""A case apart: web maps end before it."""

_POLAR_CAP = ("EPSG:3413", Affine(1000, 0, -100_000, 0, -1000, 100_000))


def grid_of_case(case: str, shape: tuple[int, int]) -> GeoGrid:
    """Return a grid in one of the CRS cases."""
    crs, transform = _POLAR_CAP if case == POLAR_CAP else MORE_CRS_CASES[case]
    return GeoGrid(CRS.from_user_input(crs), transform, shape)


@dataclass(frozen=True)
class ArrayScene:
    """A scene in memory with one band; power in linear scale unless said otherwise."""

    grid: GeoGrid
    values: NDArray[np.float32]
    valid: NDArray[np.bool_]
    bands: tuple[Band, ...] = (Band("VV", "sigma0", "linear"),)
    name: str = "scene"
    source: str = "in memory"
    gsd_known: bool = True
    incidence_deg: float | None = None
    platform: str | None = None
    acquired: datetime | None = None

    def read(self, block: Block) -> Raster:
        """Read a block."""
        rows, cols = block.slices()
        return Raster(
            self.values[None, rows, cols],
            self.valid[rows, cols],
            self.grid.crop(block),
            self.bands,
        )


def write_landcover(path: Path, codes: NDArray[np.uint8], grid: GeoGrid) -> Path:
    """Write class codes, tiled, with overviews by mode where the raster is large."""
    return write_raster(
        path,
        codes[None],
        crs=grid.crs.to_wkt(),
        transform=grid.transform,
        nodata=0,
        driver="COG",
        overview_resampling="mode",
    )


def detections_at(rows: list[float], cols: list[float], lengths_px: float = 20) -> Detections:
    """Return ships at continuous pixel coordinates, the first the most confident."""
    n = len(rows)
    return Detections(
        np.array(rows, dtype=float),
        np.array(cols, dtype=float),
        np.full(n, 12, np.float32),
        np.full(n, 16, np.float32),
        np.full(n, lengths_px, np.float32),
        np.linspace(0.93, 0.5, n, dtype=np.float32),
        np.zeros(n, np.int64),
    )


def write_run(
    folder: Path,
    *,
    stem: str = "scene",
    case: str = "utm_north",
    shape: tuple[int, int] = (200, 300),
    codes: NDArray[np.uint8] | None = None,
    detections: Detections | None = None,
    source: str = "gone.tif",
) -> ProductPaths:
    """Write all products of a run into a folder.

    By default the west half is water (80), the east half built-up (50), the first 20 rows nodata,
    with two ships at (row, col) (100.5, 60.5) and (150.5, 90.5).
    """
    grid = grid_of_case(case, shape)
    paths = ProductPaths(folder, stem)
    if codes is None:
        codes = np.full(shape, 80, np.uint8)
        codes[:, shape[1] // 2 :] = 50
        codes[:20] = 0
    found = detections if detections is not None else detections_at([100.5, 150.5], [60.5, 90.5])
    write_landcover(paths.landcover, codes, grid)
    percent = np.where(codes == 0, 255, 75).astype(np.uint8)
    crs, transform = grid.crs.to_wkt(), grid.transform
    write_raster(paths.confidence, percent[None], crs=crs, transform=transform, nodata=255)
    frame = objects_frame(found, grid, kinds=("ship",), length_known=True)
    write_objects(paths.objects, frame)
    counts = CountGrid.plan(grid, 500)
    counts.add_valid(0, codes != 0)
    counts.write(paths.count, found.row, found.col, {})
    write_item(paths, _run(grid, source))
    return paths


def _run(grid: GeoGrid, source: str) -> RunRecord:
    bands = [{"polarisation": "VV", "quantity": "sigma0", "scale": "db"}]
    return RunRecord(
        source=source,
        grid=grid,
        acquired=WHEN,
        began=WHEN,
        finished=WHEN,
        model=tiny_spec(),
        model_item=None,
        command=("sargeo", "map"),
        settings={"bands": bands},
        software={"sargeo": "0"},
        seconds={},
    )
