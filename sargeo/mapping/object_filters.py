"""Which of the objects that were found are kept: thresholds, zones, and what lies on land."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from sargeo.errors import ReferenceDataError, UsageError, require_finite
from sargeo.geo.grid import Block, GeoGrid
from sargeo.geo.nearness import near
from sargeo.geo.vectors import PLACES, POLYGONS, read_vectors
from sargeo.legend import NODATA, OPEN_WATER
from sargeo.products.windows import ProductRaster, open_product

PLATFORM_RADIUS_M = 200.0
"""A point to exclude (a platform, a buoy, a turbine) takes in objects up to this far away: about
four pixels of a 50 m product, more than the size of any platform's echo."""

WIDEST_BUFFER_M = 50_000.0
"""Twice the width of territorial waters. What is looked at around each object grows by its square:
wider ones exhaust the memory."""

LAND_AT_LEAST_M2 = 50_000.0
"""Where the mask comes from the map itself, land is what is not water and this large: five
hectares, twice the deck of the largest ship, so that no ship is its own island."""


@dataclass
class Sifting:
    """Objects on their way through filters.

    Attributes
    ----------
    kept : ndarray of bool, shape (M,)
        Objects that no filter has dropped so far.
    dropped : dict of str to int
        How many each filter dropped of those that the filters before it had left, in their order.
    """

    kept: NDArray[np.bool_]
    dropped: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, count: int) -> Sifting:
        """Begin with all of so many objects."""
        return cls(np.ones(count, dtype=bool))

    def drop(self, filter_name: str, unwanted: NDArray[np.bool_]) -> None:
        """Drop the objects that a filter does not want; ``unwanted`` has the shape of `kept`."""
        self.dropped[filter_name] = int(np.count_nonzero(self.kept & unwanted))
        self.kept = self.kept & ~unwanted


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
        require_finite("A least length", self.min_length_m)
        require_finite("A greatest length", self.max_length_m)
        require_finite("A coast buffer", self.coast_buffer_m)
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
        if self.coast_buffer_m > WIDEST_BUFFER_M:
            raise UsageError(
                f"A coast buffer of {self.coast_buffer_m:g} m reaches beyond any coast.",
                f"Give at most {WIDEST_BUFFER_M:g} metres.",
            )

    @property
    def wants_map(self) -> bool:
        """Whether the land-cover product is needed."""
        return isinstance(self.land_mask, str) and self.land_mask == "auto"

    @property
    def of_files(self) -> ObjectControls:
        """The same without a land mask from the map: what files alone decide."""
        return replace(self, land_mask=None, coast_buffer_m=0.0) if self.wants_map else self

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
        opened = self.opened()
        if opened.exclude is not None:
            zones = near(objects, opened.exclude, point_radius_m=PLATFORM_RADIUS_M)
            sifting.drop("excluded", zones)
        if self.wants_map:
            if landcover is None:
                raise ValueError("a land mask from the map needs the land-cover product")
            sifting.drop("on_land", on_mapped_land(objects, landcover, self.coast_buffer_m))
        elif opened.land_mask is not None:
            sifting.drop("on_land", near(objects, opened.land_mask, buffer_m=self.coast_buffer_m))
        return sifting

    def opened(self) -> Self:
        """Return the same controls with their files read.

        Raises
        ------
        ReferenceDataError
            If a file of zones or land cannot be used.
        """
        exclude, land = self.exclude, self.land_mask
        if exclude is not None:
            exclude = read_vectors(exclude, ReferenceDataError, "file of zones to exclude", PLACES)
        if land is not None and not isinstance(land, str):
            land = read_vectors(land, ReferenceDataError, "land mask", POLYGONS)
        return replace(self, exclude=exclude, land_mask=land)


def on_mapped_land(
    objects: gpd.GeoDataFrame, landcover: Path, buffer_m: float
) -> NDArray[np.bool_]:
    """Tell which objects lie on, or within a distance of, land of a land-cover product.

    Land is a connected patch of other classes than open water of at least `LAND_AT_LEAST_M2`,
    looked at within the surroundings of the object.
    """
    inside = np.zeros(len(objects), dtype=bool)
    with open_product(landcover) as product:
        grid = GeoGrid(objects.crs, product.grid.transform, product.grid.shape)
        rows, cols = grid.rowcol(objects.geometry.x, objects.geometry.y)
        for i, (row, col) in enumerate(zip(rows, cols, strict=True)):
            spacing = tuple(float(s) for s in grid.spacing_m(row, col))
            inside[i] = _land_around(product, (row, col), spacing, buffer_m)
    return inside


def _land_around(
    product: ProductRaster,
    place: tuple[float, float],
    spacing_m: tuple[float, ...],
    buffer_m: float,
) -> bool:
    from scipy import ndimage  # slow to import

    reach_m = buffer_m + math.sqrt(LAND_AT_LEAST_M2)
    half = [math.ceil(reach_m / s) for s in spacing_m]
    row, col = (math.floor(p) for p in place)
    around = Block(row - half[0], col - half[1], 2 * half[0] + 1, 2 * half[1] + 1)
    seen = around.intersection(product.grid.block)
    if seen is None:
        return False
    codes = product.read(seen)
    patches, count = ndimage.label((codes != OPEN_WATER.code) & (codes != NODATA))
    area_m2 = np.bincount(patches.ravel(), minlength=count + 1) * math.prod(spacing_m)
    area_m2[0] = 0.0
    land = (area_m2 >= LAND_AT_LEAST_M2)[patches]
    down, across = np.ogrid[
        seen.row - row : seen.row_stop - row, seen.col - col : seen.col_stop - col
    ]
    distance_m = np.hypot(down * spacing_m[0], across * spacing_m[1])
    return bool(land[distance_m <= buffer_m].any())
