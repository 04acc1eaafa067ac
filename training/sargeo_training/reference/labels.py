"""The reference labels as tables, longitude and latitude in EPSG:4326."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import geopandas as gpd
import pandas as pd
from shapely import Polygon, box, union_all
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from sargeo_training.images import Split
from sargeo_training.reference.blocks import SCENES, VALIDATION_TILES, GroundBlock, tile_outline

LANDCOVER_FILE = "los_angeles_landcover.geojson"
SHIPS_FILE = "los_angeles_ships.geojson"
SHIP_BLOCKS_FILE = "los_angeles_ship_blocks.geojson"


def load_landcover(on: Literal["radar", "optical"] = "radar") -> gpd.GeoDataFrame:
    """Read the land-cover polygons.

    Parameters
    ----------
    on : "radar" or "optical"
        Which picture the polygons shall lie on. They were drawn on the optical picture; the radar
        picture of the same ground is displaced by up to some ten pixels, differently in every
        block. ``radar_rows`` and ``radar_cols`` hold that displacement as measured.

    Returns
    -------
    geopandas.GeoDataFrame
        One polygon a row: ``id``, ``class`` (a name of ``sargeo.legend.LAND_COVER``), ``scene``,
        ``block``, ``split`` ("train" or "holdout"), ``radar_rows`` and ``radar_cols`` (pixels,
        radar minus optical). What no polygon covers is unlabelled.
    """
    polygons = _read(LANDCOVER_FILE)
    return _moved_to_radar(polygons) if on == "radar" else polygons


def load_ships() -> gpd.GeoDataFrame:
    """Read the ships that were marked on the radar picture.

    Returns
    -------
    geopandas.GeoDataFrame
        One ship a row, a line from end to end: ``id``, ``scene``, ``block``, ``split``, ``place``
        ("anchorage", "harbour" or "open sea"), ``length_m`` (geodesic length of the echo along
        the axis, None where it cannot be measured) and ``uncertain``.
    """
    return _read(SHIPS_FILE)


def load_ship_blocks() -> gpd.GeoDataFrame:
    """Read the blocks that were searched for ships from edge to edge.

    Returns
    -------
    geopandas.GeoDataFrame
        One block a row: ``block``, ``scene``, ``split`` ("train" or "holdout"), ``place`` and
        ``ships``, the number of ships marked in it, uncertain ones included.
    """
    return _read(SHIP_BLOCKS_FILE)


def split_of_run(table: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return the split of each row with validation set apart from training.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        With ``block`` and ``split`` ("train" or "holdout"), as the functions above return them.

    Returns
    -------
    pandas.Series of str
        "train", "validation" or "holdout".
    """
    validates = table["block"].map(lambda name: GroundBlock.parse(name).validates)
    split: pd.Series[str] = table["split"].mask(validates, "validation")
    return split


def reserved_ground() -> list[Polygon]:
    """Return the outlines of all tiles that are held out or validated on.

    Returns
    -------
    list of shapely.Polygon
        In the CRS that the scenes share. Where the scenes overlap, a tile of one reserves ground
        of the other.
    """
    return [tile_outline(*tile) for tile in sorted(VALIDATION_TILES | _held_out_tiles())]


def split_grounds(scene: str) -> dict[Split, BaseGeometry]:
    """Return the ground of a scene that each split owns, in the CRS that the scenes share.

    Held-out tiles of either scene are held out in both; validation has what is left of its tiles,
    training all the rest.
    """
    held_out = union_all([tile_outline(*tile) for tile in _held_out_tiles()])
    validates = union_all([tile_outline(*tile) for tile in VALIDATION_TILES]) - held_out
    whole = box(*SCENES[scene].bounds)
    return {
        "train": whole - validates - held_out,
        "validation": whole & validates,
        "holdout": whole & held_out,
    }


def _held_out_tiles() -> set[tuple[str, int, int]]:
    tables = (load_landcover(on="optical"), load_ship_blocks())
    names = (name for t in tables for name in t.loc[t["split"] == "holdout", "block"])
    return {GroundBlock.parse(name).tile for name in names}


def _read(name: str) -> gpd.GeoDataFrame:
    with files(__package__).joinpath(name).open("rb") as stream:
        return gpd.read_file(stream)


def _moved_to_radar(polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    crs = next(iter(SCENES.values())).crs
    metric = polygons.to_crs(crs)
    metric.geometry = [
        translate(shape, *_metres(scene, rows, cols))
        for shape, scene, rows, cols in zip(
            metric.geometry,
            metric["scene"],
            metric["radar_rows"],
            metric["radar_cols"],
            strict=True,
        )
    ]
    return metric.to_crs(polygons.crs)


def _metres(scene: str, rows: int, cols: int) -> tuple[float, float]:
    """Turn a displacement in pixels of the scene into (x, y) of its projection."""
    transform = SCENES[scene].transform
    return transform.a * cols, transform.e * rows
