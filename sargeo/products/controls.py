"""Which of the objects that were found are kept: thresholds, zones, and what lies on land."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy import ndimage

from sargeo.errors import ReferenceDataError, UsageError
from sargeo.grid import GeoGrid
from sargeo.legend import NODATA, OPEN_WATER
from sargeo.products.sifting import Sifting
from sargeo.scene.area import read_vectors

PLATFORM_RADIUS_M = 200.0
"""A point to exclude (a platform, a buoy, a turbine) takes in objects up to this far away: about
four pixels of a 50 m product, more than the size of any platform's echo."""

LAND_AT_LEAST_M2 = 50_000.0
"""Where the mask comes from the map itself, land is what is not water and this large: five
hectares, twice the deck of the largest ship, so that no ship is its own island."""


@dataclass(frozen=True, slots=True)
class ObjectControls:
    """What an object must fulfil to become a product.

    Attributes
    ----------
    min_confidence : float or None
        0 to 1; None takes the model's own threshold.
    min_length_m, max_length_m : float or None
        Of the object, in metres. Objects of unknown length are kept.
    exclude : Path, GeoDataFrame or None
        Polygons in which, and points near which (`PLATFORM_RADIUS_M`), objects are dropped.
    land_mask : Path, GeoDataFrame, "auto" or None
        Polygons of land on which objects are dropped; "auto" takes what the land-cover product
        shows as land.
    coast_buffer_m : float
        Objects this close to that land are dropped too.
    """

    min_confidence: float | None = None
    min_length_m: float | None = None
    max_length_m: float | None = None
    exclude: Path | gpd.GeoDataFrame | None = None
    land_mask: Path | gpd.GeoDataFrame | Literal["auto"] | None = None
    coast_buffer_m: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values that make no sense.

        Raises
        ------
        UsageError
        """
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise UsageError(
                f"A least confidence of {self.min_confidence} is not a probability.",
                "Give a number from 0 to 1.",
            )
        low, high = self.min_length_m or 0.0, self.max_length_m or math.inf
        if low < 0 or high < low:
            raise UsageError(
                f"Lengths from {low:g} to {high:g} m hold no object.",
                "Give a least length below the greatest, both in metres.",
            )
        if self.coast_buffer_m < 0 or (self.coast_buffer_m and self.land_mask is None):
            raise UsageError(
                f"A coast buffer of {self.coast_buffer_m:g} m needs a land mask and no minus sign.",
                "Add --land-mask FILE or --land-mask auto.",
            )

    @property
    def wants_map(self) -> bool:
        """Whether the land-cover product is needed."""
        return isinstance(self.land_mask, str) and self.land_mask == "auto"

    def sift(self, objects: gpd.GeoDataFrame, landcover: Path | None) -> Sifting:
        """Tell which objects fulfil all conditions but confidence, and what each condition drops.

        Conditions that nobody asked for are not named.

        Parameters
        ----------
        objects : GeoDataFrame
            Points with a column ``length_m``.
        landcover : Path or None
            Finished land-cover product; needed where `wants_map`.

        Raises
        ------
        ReferenceDataError
            If a file of zones or land cannot be used.
        """
        length = objects["length_m"].to_numpy(dtype=float)
        sifting = Sifting.of(len(objects))
        if self.min_length_m is not None:
            sifting.drop("shorter", length < self.min_length_m)
        if self.max_length_m is not None:
            sifting.drop("longer", length > self.max_length_m)
        if self.exclude is not None:
            zones = read_vectors(self.exclude, ReferenceDataError, "file of zones to exclude")
            sifting.drop("excluded", near(objects, zones, point_radius_m=PLATFORM_RADIUS_M))
        if self.wants_map:
            if landcover is None:
                raise ValueError("a land mask from the map needs the land-cover product")
            sifting.drop("on_land", on_mapped_land(objects, landcover, self.coast_buffer_m))
        elif self.land_mask is not None:
            land = read_vectors(self.land_mask, ReferenceDataError, "land mask")
            sifting.drop("on_land", near(objects, land, buffer_m=self.coast_buffer_m))
        return sifting


def near(
    objects: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    buffer_m: float = 0.0,
    point_radius_m: float = 0.0,
) -> NDArray[np.bool_]:
    """Tell which objects lie within a distance of zones, in metres; shape (M,).

    Distances are measured in the azimuthal equidistant projection around each object, so that
    they hold anywhere on Earth.
    """
    inside = np.zeros(len(objects), dtype=bool)
    places = zones.to_crs(4326)
    reach_m = max(buffer_m, point_radius_m)
    for i, point in enumerate(objects.to_crs(4326).geometry):
        degrees = reach_m / 111_000 / max(0.01, math.cos(math.radians(point.y)))
        close = places.iloc[places.sindex.query(point.buffer(degrees + 1e-9))]
        if close.empty:
            continue
        local = close.to_crs(f"+proj=aeqd +lat_0={point.y} +lon_0={point.x} +units=m")
        radius = np.where(local.geom_type.str.contains("Point"), point_radius_m, buffer_m)
        centre = gpd.points_from_xy([0.0], [0.0])[0]
        inside[i] = bool((local.distance(centre).to_numpy() <= radius).any())
    return inside


def on_mapped_land(
    objects: gpd.GeoDataFrame, landcover: Path, buffer_m: float
) -> NDArray[np.bool_]:
    """Tell which objects lie on, or within a distance of, land of a land-cover product.

    Land is a connected patch of other classes than open water of at least `LAND_AT_LEAST_M2`,
    looked at within the surroundings of the object.
    """
    inside = np.zeros(len(objects), dtype=bool)
    with rasterio.open(landcover) as product:
        grid = GeoGrid(objects.crs, product.transform, product.shape)
        rows, cols = grid.rowcol(objects.geometry.x, objects.geometry.y)
        for i, (row, col) in enumerate(zip(rows, cols, strict=True)):
            spacing = tuple(float(s) for s in grid.spacing_m(row, col))
            inside[i] = _land_around(product, (row, col), spacing, buffer_m)
    return inside


def _land_around(
    product: rasterio.DatasetReader,
    place: tuple[float, float],
    spacing_m: tuple[float, ...],
    buffer_m: float,
) -> bool:
    reach_m = buffer_m + math.sqrt(LAND_AT_LEAST_M2)
    half = [math.ceil(reach_m / s) for s in spacing_m]
    row, col = (math.floor(p) for p in place)
    window = Window(col - half[1], row - half[0], 2 * half[1] + 1, 2 * half[0] + 1)
    codes = product.read(1, window=window, boundless=True, fill_value=NODATA)
    patches, count = ndimage.label((codes != OPEN_WATER.code) & (codes != NODATA))
    area_m2 = np.bincount(patches.ravel(), minlength=count + 1) * math.prod(spacing_m)
    area_m2[0] = 0.0
    land = (area_m2 >= LAND_AT_LEAST_M2)[patches]
    down, across = np.ogrid[-half[0] : half[0] + 1, -half[1] : half[1] + 1]
    distance_m = np.hypot(down * spacing_m[0], across * spacing_m[1])
    return bool(land[distance_m <= buffer_m].any())
