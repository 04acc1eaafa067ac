"""The reference labels as tables, longitude and latitude in EPSG:4326."""

from __future__ import annotations

from importlib.resources import files

import geopandas as gpd

LANDCOVER_FILE = "los_angeles_landcover.geojson"
SHIPS_FILE = "los_angeles_ships.geojson"
SHIP_BLOCKS_FILE = "los_angeles_ship_blocks.geojson"


def load_landcover() -> gpd.GeoDataFrame:
    """Read the land-cover polygons.

    Returns
    -------
    geopandas.GeoDataFrame
        One polygon a row: ``id``, ``class`` (a name of ``sargeo.legend.LAND_COVER``), ``scene``,
        ``block`` and ``split`` ("train" or "holdout"). What no polygon covers is unlabelled.
    """
    return _read(LANDCOVER_FILE)


def load_ships() -> gpd.GeoDataFrame:
    """Read the ships that were marked on the radar picture.

    Returns
    -------
    geopandas.GeoDataFrame
        One ship a row, a line from end to end: ``id``, ``scene``, ``block``, ``place``
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


def _read(name: str) -> gpd.GeoDataFrame:
    with files(__package__).joinpath(name).open("rb") as stream:
        return gpd.read_file(stream)
