"""Roads, railways, buildings, waters and named places from OpenStreetMap extracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

from sargeo.geo.grid import WGS84, GeoGrid, geodesic_distance_m
from sargeo_training.data.chips.evidence.osm import THEMES, read_features
from sargeo_training.data.facts import NamedFact, VectorFacts, sector_of

Geometries = NDArray[Any]

_LINE, _AREA = 1, 2
"""Dimensions of geometries."""

_POINTS_PER_SIDE = 16


@dataclass(frozen=True, eq=False)
class VectorMap:
    """The features around a scene, in its CRS, with a spatial index.

    Attributes
    ----------
    layer : str
        As texts name it.
    features : geopandas.GeoDataFrame
        See `sargeo_training.data.chips.evidence.osm.read_features`.
    grounds : mapping of str to geometry
        The ground on which the features of a theme are complete; themes that no extract holds are
        left out.
    """

    layer: str
    features: gpd.GeoDataFrame
    grounds: Mapping[str, BaseGeometry]

    @classmethod
    def around(cls, scene: GeoGrid, paths: tuple[Path, ...], layer: str) -> Self:
        """Read the extracts around a scene, once for all its chips.

        An extract counts as complete within the convex hull of its features, for the themes that
        it holds: where it ends, a lack of roads says nothing.

        Raises
        ------
        sargeo.errors.ReferenceDataError
            If an extract cannot be read, or is none.
        """
        extracts = [read_features(path, scene) for path in paths]
        hulls = {
            theme: [shapely.MultiPoint(_corners(f)).convex_hull for f in extracts if f[theme].any()]
            for theme in THEMES
        }
        grounds = {theme: unary_union(hull) for theme, hull in hulls.items() if hull}
        return cls(layer, pd.concat(extracts, ignore_index=True), grounds)

    def gather(self, grid: GeoGrid) -> VectorFacts | None:
        """Measure what lies within a chip; lengths and areas on the ellipsoid of WGS 84.

        Parameters
        ----------
        grid : GeoGrid
            Of the chip, in the CRS of the scene.

        Returns
        -------
        VectorFacts or None
            None where no theme is complete and nothing has a name.
        """
        outline = _outline(grid)
        found = self.features.iloc[np.sort(self._tree.query(outline, predicate="intersects"))]
        inside = found.set_geometry(found.geometry.intersection(outline))
        themes = [t for t in THEMES if t in self.grounds and self.grounds[t].covers(outline)]
        parts = {theme: inside.geometry[inside[theme]].to_numpy() for theme in themes}
        named = _named(inside, grid)
        if not themes and not named:
            return None
        area_km2 = _area_m2(np.array([outline]), grid) / 1e6
        road_km = _length_km(parts, "road", grid)
        return VectorFacts(
            layer=self.layer,
            road_km=road_km,
            road_km_per_km2=None if road_km is None else round(road_km / area_km2, 3),
            buildings=_number(parts.get("building")),
            building_share=_share(parts, "building", grid, area_km2),
            rail_km=_length_km(parts, "rail", grid),
            water_km=_length_km(parts, "waterway", grid),
            water_share=_share(parts, "water", grid, area_km2),
            named=named,
        )

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.features.geometry.to_numpy())


def _corners(features: gpd.GeoDataFrame) -> NDArray[np.float64]:
    return shapely.get_coordinates(features.geometry.to_numpy())


def _outline(grid: GeoGrid) -> Polygon:
    """Outline a chip in its CRS, with points between its corners."""
    rise = np.linspace(0, 1, _POINTS_PER_SIDE + 1)[:-1]
    low, high = np.zeros_like(rise), np.ones_like(rise)
    rows = grid.height * np.concatenate([low, rise, high, 1 - rise])
    cols = grid.width * np.concatenate([rise, high, 1 - rise, low])
    return Polygon(np.stack(grid.xy(rows, cols), axis=1))


def _number(parts: Geometries | None) -> int | None:
    """Count the areas that reach into a chip; those that touch its edge from outside do not."""
    return None if parts is None else int((shapely.area(parts) > 0).sum())


def _length_km(parts: Mapping[str, Geometries], theme: str, grid: GeoGrid) -> float | None:
    """Geodesic length of the lines of a theme."""
    if theme not in parts:
        return None
    xy, line = shapely.get_coordinates(_simple(parts[theme], _LINE), return_index=True)
    lon, lat = grid.lonlat(*grid.rowcol(*xy.T))
    metres = geodesic_distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    return round(float(metres[line[:-1] == line[1:]].sum()) / 1e3, 3)


def _share(
    parts: Mapping[str, Geometries], theme: str, grid: GeoGrid, area_km2: float
) -> float | None:
    """Share of a chip that the areas of a theme cover together."""
    if theme not in parts:
        return None
    return round(min(_area_m2(_apart(parts[theme]), grid) / 1e6 / area_km2, 1.0), 5)


def _apart(areas: Geometries) -> Geometries:
    """Join areas that meet, so that none overlap; most buildings stand alone and are left so."""
    one, other = STRtree(areas).query(areas, predicate="intersects")
    meeting = np.zeros(len(areas), dtype=bool)
    meeting[one[one != other]] = True
    return np.array([*areas[~meeting], unary_union(areas[meeting])], dtype=object)


def _area_m2(parts: Geometries, grid: GeoGrid) -> float:
    """Geodesic area of polygons that do not overlap."""

    def in_degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack(grid.lonlat(*grid.rowcol(*xy.T)), axis=1)

    polygons = shapely.transform(_simple(parts, _AREA), in_degrees)
    return sum(abs(WGS84.geometry_area_perimeter(orient(p))[0]) for p in polygons)


def _simple(parts: Geometries, dimension: int) -> Geometries:
    """Take collections apart and keep the lines, or the polygons, in them."""
    single = shapely.get_parts(shapely.get_parts(parts))  # multi-geometries within collections
    return np.asarray(single[shapely.get_dimensions(single) == dimension])


def _named(inside: gpd.GeoDataFrame, grid: GeoGrid) -> tuple[NamedFact, ...]:
    """Say where the features with a name lie; a river of many ways is one."""
    told = inside[inside["kind"].notna() & inside["name"].notna()]
    facts = []
    for (kind, name), group in told.groupby(["kind", "name"]):
        place = unary_union(group.geometry.to_numpy()).representative_point()
        row, col = grid.rowcol(place.x, place.y)
        sector = sector_of(_within(row / grid.height), _within(col / grid.width))
        facts.append(NamedFact(kind=kind, name=name, sector=sector))
    return tuple(facts)


def _within(place: NDArray[np.float64]) -> float:
    """Keep a place on the edge in the chip, whatever rounding does to it."""
    return float(np.clip(place, 0, 1))
