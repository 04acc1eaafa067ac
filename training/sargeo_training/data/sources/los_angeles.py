"""Two full Sentinel-1 VH scenes of Los Angeles, with labels digitised for this project.

The labels lie in ``sargeo_training/reference``: sparse polygons of land cover, ships, and the
blocks in which every ship was looked for. All carry a split by blocks of ground, so that no place
is both trained on and measured. Between the polygons, on training ground alone, the labels are
those that a classifier of the optical picture is sure of.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from sargeo.legend import LAND_COVER
from sargeo.scene.bands import Band
from sargeo_training.data.sources.files import opened, read_bands, read_grid, spacing_m
from sargeo_training.images import NO_PLACE, NO_SHIPS, PLACES, UNKNOWN, LabelledImage, Source, Split
from sargeo_training.reference.blocks import SCENES
from sargeo_training.reference.labels import (
    load_landcover,
    load_ship_blocks,
    load_ships,
    split_grounds,
    split_of_run,
)
from sargeo_training.reference.pictures import RADAR, picture_path
from sargeo_training.reference.teacher import teach

_BANDS = (Band("VH", "uncalibrated", "amplitude"),)
_CODE_OF = {c.name: c.code for c in LAND_COVER}
_PLACE_OF = {
    "anchorage": "offshore",
    "open sea": "offshore",
    "harbour": "inshore",
    "land": "land",
}
_ACQUIRED = datetime(2020, 11, 7, tzinfo=UTC)  # the time of day is not told
_DRAWN, _TAUGHT = "reference polygons", "reference polygons and classified optical picture"
_DOUBTFUL_RADIUS_PX = 12
_LENGTH_TO_BEAM, _NARROWEST_PX = 6.0, 3.0


def load(folder: Path, *, polygons: bool = True) -> Source:
    """Read both scenes, each as an image to train on, one to validate on and one held out.

    Parameters
    ----------
    folder : Path
        The folder of the open data.
    polygons : bool
        Whether the images to train on know land cover: the polygons drawn by hand and, between
        them, what the optical picture teaches. Without, they know ships only.
    """
    taught = teach(folder) if polygons else {}
    images = tuple(
        image
        for scene in SCENES
        for image in _scene(picture_path(folder, RADAR, scene), scene, taught.get(scene))
    )
    return Source("los_angeles", 3.5, images, "Copernicus; labels: this project")


def _scene(path: Path, scene: str, taught: NDArray[np.uint8] | None) -> list[LabelledImage]:
    """Return the images of a scene; without ``taught``, training knows no land cover."""
    values = read_bands(path)
    valid = values[0] > 0
    grid, grounds = read_grid(path), split_grounds(scene)
    images = []
    for split in get_args(Split):
        ships, places = _ships(path, scene, split)
        labels = _labels(path, scene, split, taught)
        images.append(
            LabelledImage(
                name=path.stem,
                split=split,
                values=values,
                bands=_BANDS,
                valid=valid,
                labels=np.where(valid, labels, np.uint8(UNKNOWN)),
                searched=(places != NO_PLACE) & valid,
                ships=ships,
                gsd_m=spacing_m(grid),
                places=places,
                grid=grid,
                ground=grounds[split],
                platform="Sentinel-1",
                acquired=_ACQUIRED,
                landcover_by=_TAUGHT if split == "train" else _DRAWN,
                ships_by="reference ships",
            )
        )
    return images


def _labels(
    path: Path, scene: str, split: Split, taught: NDArray[np.uint8] | None
) -> NDArray[np.uint8]:
    """Return the polygons of a split, over what was taught where it is trained on."""
    if split != "train":
        return _polygons(path, scene, split)
    if taught is None:
        return np.full(SCENES[scene].shape, UNKNOWN, dtype=np.uint8)
    drawn = _polygons(path, scene, split)
    return np.where(drawn != UNKNOWN, drawn, taught)


def _polygons(path: Path, scene: str, split: Split) -> NDArray[np.uint8]:
    layer = _of(load_landcover(), scene, split)
    with opened(path) as file:
        layer = layer.to_crs(file.crs)
        shapes = [(g, _CODE_OF[c]) for g, c in zip(layer.geometry, layer["class"], strict=True)]
        return _burn(shapes, file, fill=UNKNOWN)


def _ships(path: Path, scene: str, split: Split) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return the ships of a split, and where they were searched for, in what kind of place.

    What the person was not sure of is neither a ship nor its absence: a disk around it is left out.
    """
    blocks, ships = _of(load_ship_blocks(), scene, split), _of(load_ships(), scene, split)
    doubtful = ships["uncertain"].astype(bool)
    with opened(path) as file:
        ships = ships.to_crs(file.crs)
        radius = _DOUBTFUL_RADIUS_PX * file.transform.a
        disks = [(g, NO_PLACE) for g in ships[doubtful].geometry.buffer(radius)]
        codes = [PLACES.index(_PLACE_OF[p]) for p in blocks["place"]]
        ground = list(zip(blocks.to_crs(file.crs).geometry, codes, strict=True))
        places = _burn(ground + disks, file, fill=NO_PLACE)
        sure = ships[~doubtful]
        measured = sure["length_m"].notna()
        rows = [_ship_row(g, m, file) for g, m in zip(sure.geometry, measured, strict=True)]
    return np.array(rows, dtype=np.float32).reshape(-1, NO_SHIPS.shape[1]), places


def _of(table: gpd.GeoDataFrame, scene: str, split: Split) -> gpd.GeoDataFrame:
    return table[(table["scene"] == scene) & (split_of_run(table) == split)]


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
    shapes: list[tuple[BaseGeometry, int]], scene: rasterio.DatasetReader, *, fill: int
) -> NDArray[np.uint8]:
    """Return an array of the scene's shape with a value where the centre of a pixel is covered."""
    if not shapes:
        return np.full(scene.shape, fill, dtype=np.uint8)
    burnt = rasterize(shapes, scene.shape, fill=fill, transform=scene.transform, dtype="uint8")
    return np.asarray(burnt)
