"""Make the demonstration scene that comes with sargeo, and its truth.

Run ``python -m sargeo_training.simulator.demo`` to write the files of ``sargeo.demo`` anew, or give
another folder as the only argument.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from sargeo.geo.grid import GeoGrid
from sargeo.legend import LAND_COVER, NODATA
from sargeo_training.simulator.scene import SimulatedScene, simulate_scene
from sargeo_training.simulator.ships import Ships

SEED = 135
SHAPE = (1024, 1024)
GRID = GeoGrid(CRS.from_epsg(32629), Affine(10, 0, 513_000, 0, -10, 4_507_000), SHAPE)
"""On the Portuguese coast, where land and sea lie as in the scene; all else is invented."""

SCALE_DB, OFFSET_DB = 0.25, -50.0
POINTS_PER_CLASS = 60

_NOTE = "Simulated by sargeo_training.simulator.demo: no measurement, and no real place"


@dataclass(frozen=True)
class Demo:
    """The arrays behind the files.

    Attributes
    ----------
    scene : SimulatedScene
    numbers : ndarray of uint8, shape (2, H, W)
        VV and VH: dB is ``SCALE_DB * number + OFFSET_DB``; 0 is nodata.
    landcover : ndarray of uint8, shape (H, W)
        0 where the scene is nodata.
    points : ndarray of int, shape (N, 2)
        (row, col) of pixels that stand for their class.
    """

    scene: SimulatedScene
    numbers: NDArray[np.uint8]
    landcover: NDArray[np.uint8]
    points: NDArray[np.int64]


def build_demo() -> Demo:
    """Simulate the scene, cut its swath, and sample its truth."""
    scene = simulate_scene(
        SEED, SHAPE, setting="coast", ships=34, relief_m=260.0, seaward_deg=265.0,
        wind_ms=6.0, noise_db=-27.0, look_azimuth_deg=78.0,
    )  # fmt: skip
    inside = _swath(scene.conditions.look_azimuth_deg)
    number = np.rint((10 * np.log10(scene.sigma0) - OFFSET_DB) / SCALE_DB)
    landcover = np.where(inside, scene.landcover, np.uint8(NODATA))
    return Demo(
        scene=scene,
        numbers=np.where(inside, np.clip(number, 1, 255), 0).astype(np.uint8),
        landcover=landcover,
        points=_sample_points(landcover),
    )


def write_demo(demo: Demo, folder: Path) -> None:
    """Write the scene and its truth into a folder, in place of earlier files."""
    _write_scene(demo, folder / "demo_scene.tif")
    _write_landcover(demo.landcover, folder / "demo_truth_landcover.tif")
    names = {c.code: c.name for c in LAND_COVER}
    codes = demo.landcover[tuple(demo.points.T)]
    labels: list[dict[str, object]] = [{"class": names[int(code)]} for code in codes]
    rows, cols = demo.points.T + 0.5
    _write_points(folder / "demo_points.geojson", rows, cols, labels)
    ships = demo.scene.ships
    seen = demo.landcover[ships.row.astype(int), ships.col.astype(int)] != NODATA
    attributes = [_ship_attributes(ships, int(k)) for k in np.flatnonzero(seen)]
    _write_points(folder / "demo_ships.geojson", ships.row[seen], ships.col[seen], attributes)


def _swath(look_azimuth_deg: float) -> NDArray[np.bool_]:
    """Pixels within a swath that ends in the east, and begins in the north-west corner."""
    south, east = np.ogrid[: SHAPE[0], : SHAPE[1]]
    look = np.radians(look_azimuth_deg)
    along_look = np.sin(look) * east - np.cos(look) * south
    along_flight = -np.cos(look) * east - np.sin(look) * south
    return np.asarray((along_look < 0.8 * SHAPE[1]) & (along_flight < -0.05 * SHAPE[0]))


def _sample_points(landcover: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Draw the same number of random pixels of each class."""
    rng = np.random.default_rng(SEED)
    drawn = [
        rng.permutation(np.argwhere(landcover == c.code))[:POINTS_PER_CLASS] for c in LAND_COVER
    ]
    return np.concatenate(drawn)


def _write_scene(demo: Demo, path: Path) -> None:
    with rasterio.open(path, "w", **_profile(count=2), predictor=2) as dataset:
        dataset.write(demo.numbers)
        dataset.scales, dataset.offsets = (SCALE_DB,) * 2, (OFFSET_DB,) * 2
        dataset.units = ("dB", "dB")
        dataset.update_tags(NOTE=_NOTE, INCIDENCE_ANGLE=f"{demo.scene.incidence_deg}")
        for index, band in enumerate(demo.scene.bands, start=1):
            dataset.set_band_description(index, band.polarisation)
            dataset.update_tags(index, POLARISATION=band.polarisation, QUANTITY=band.quantity)


def _write_landcover(landcover: NDArray[np.uint8], path: Path) -> None:
    with rasterio.open(path, "w", **_profile(count=1)) as dataset:
        dataset.write(landcover, 1)
        dataset.write_colormap(1, {c.code: c.rgb for c in LAND_COVER})
        dataset.set_band_description(1, "land cover")
        dataset.update_tags(NOTE=_NOTE)


def _profile(count: int) -> dict[str, object]:
    return {
        "driver": "GTiff", "dtype": "uint8", "count": count, "nodata": NODATA,
        "height": SHAPE[0], "width": SHAPE[1],
        "crs": GRID.crs.to_wkt(), "transform": GRID.transform,
        "compress": "deflate", "zlevel": 9, "interleave": "band",
        "tiled": True, "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip


def _ship_attributes(ships: Ships, k: int) -> dict[str, object]:
    columns = {
        "length_m": ships.length_m,
        "width_m": ships.width_m,
        "heading_deg": ships.heading_deg,
        "speed_ms": ships.speed_ms,
    }
    return {"kind": "ship"} | {name: round(float(c[k]), 1) for name, c in columns.items()}


def _write_points(
    path: Path,
    rows: NDArray[np.float64],
    cols: NDArray[np.float64],
    attributes: list[dict[str, object]],
) -> None:
    """Write points as GeoJSON: longitude and latitude (RFC 7946)."""
    features = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]},
        }
        for properties, lon, lat in zip(
            attributes, *map(_floats, GRID.lonlat(rows, cols)), strict=True
        )
    ]
    text = json.dumps({"type": "FeatureCollection", "note": _NOTE, "features": features}, indent=0)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _floats(values: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in values]


if __name__ == "__main__":
    write_demo(build_demo(), Path(sys.argv[1] if len(sys.argv) > 1 else str(files("sargeo.demo"))))
