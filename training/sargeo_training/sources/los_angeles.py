"""Two full Sentinel-1 VH scenes of Los Angeles, with labels digitised for this project.

The labels lie in ``sargeo_training/reference``: sparse polygons of land cover, ships, and the
blocks in which every ship was looked for. All carry a split by blocks of ground, so that no place
is both trained on and measured.
"""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from sargeo.legend import LAND_COVER
from sargeo.scene.bands import Band
from sargeo_training.reference.labels import load_landcover, load_ship_blocks, load_ships
from sargeo_training.sheet import NO_SHIPS, UNKNOWN, Sheet, Source, Split
from sargeo_training.sources.files import read_bands, spacing_m

_BANDS = (Band("VH", "uncalibrated", "amplitude"),)
_CODE_OF = {c.name: c.code for c in LAND_COVER}
_DOUBTFUL_RADIUS_PX = 12
_LENGTH_TO_BEAM, _NARROWEST_PX = 6.0, 3.0


def load(folder: Path) -> Source:
    """Read both scenes, each as a sheet to train on and a sheet held out."""
    paths = sorted((folder / "scenes").glob("s1_vh_los_angeles_*.tif"))
    sheets = tuple(sheet for path in paths for sheet in _scene(path))
    return Source("los_angeles", 3.5, sheets, "Copernicus; labels: this project")


def _scene(path: Path) -> list[Sheet]:
    values = read_bands(path)
    valid = values[0] > 0
    sheets = []
    splits: tuple[Split, Split] = ("train", "holdout")
    for split in splits:
        ships, searched = _ships(path, split)
        sheets.append(
            Sheet(
                name=path.stem,
                split=split,
                values=values,
                bands=_BANDS,
                valid=valid,
                labels=np.where(valid, _labels(path, split), UNKNOWN).astype(np.uint8),
                searched=searched & valid,
                ships=ships,
                gsd_m=spacing_m(path),
            )
        )
    return sheets


def _labels(path: Path, split: Split) -> NDArray[np.uint8]:
    layer = _of_scene(load_landcover(), path)
    with rasterio.open(path) as scene:
        layer = layer[layer["split"] == split].to_crs(scene.crs)
        shapes = [(g, _CODE_OF[c]) for g, c in zip(layer.geometry, layer["class"], strict=True)]
        return _burn(shapes, scene)


def _ships(path: Path, split: Split) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the ships of a split, and where they were searched for.

    What the person was not sure of is neither a ship nor its absence: a disk around it is left out.
    """
    blocks, ships = _of_scene(load_ship_blocks(), path), _of_scene(load_ships(), path)
    blocks = blocks[blocks["split"] == split]
    ships = ships[ships["block"].isin(blocks["block"])]
    doubtful = ships["uncertain"].astype(bool)
    with rasterio.open(path) as scene:
        ships = ships.to_crs(scene.crs)
        radius = _DOUBTFUL_RADIUS_PX * scene.transform.a
        disks = [(g, 1) for g in ships[doubtful].geometry.buffer(radius)]
        searched = _burn([(g, 1) for g in blocks.to_crs(scene.crs).geometry], scene) == 1
        searched &= _burn(disks, scene) == 0
        sure = ships[~doubtful]
        measured = sure["length_m"].notna()
        rows = [_ship_row(g, m, scene) for g, m in zip(sure.geometry, measured, strict=True)]
    return np.array(rows, dtype=np.float32).reshape(-1, NO_SHIPS.shape[1]), searched


def _of_scene(table: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    return table[table["scene"] == path.stem.rpartition("_")[2]]


def _ship_row(
    line: BaseGeometry, measured: bool, scene: rasterio.DatasetReader
) -> tuple[float, ...]:
    """Return a row of the ship table for a line from end to end of an echo."""
    to_pixels = ~scene.transform
    pixels = np.array([to_pixels * xy[:2] for xy in line.coords])
    col, row = (pixels[0] + pixels[-1]) / 2
    if not measured:
        return row, col, math.nan, math.nan, math.nan
    across, down = np.abs(pixels[-1] - pixels[0])
    length = float(np.hypot(across, down))
    beam = max(length / _LENGTH_TO_BEAM, _NARROWEST_PX)
    return row, col, max(down, beam), max(across, beam), length


def _burn(
    shapes: list[tuple[BaseGeometry, int]], scene: rasterio.DatasetReader
) -> NDArray[np.uint8]:
    """Return an array of the scene's shape with a value where the centre of a pixel is covered."""
    if not shapes:
        return np.zeros(scene.shape, dtype=np.uint8)
    burnt = rasterize(shapes, scene.shape, fill=0, transform=scene.transform, dtype="uint8")
    return np.asarray(burnt)
