"""How well a product's objects are found, by a reference in vectors."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from sargeo.errors import InputError, ReferenceDataError, UsageError, require_finite
from sargeo.evaluation.matching import ObjectCounts, Pairs, match, near_on_earth, reach
from sargeo.geo.antimeridian import on_one_turn, period_of
from sargeo.geo.grid import FloatArray
from sargeo.geo.placement import on_grid
from sargeo.geo.vectors import SHAPES, describe_source, read_vectors
from sargeo.products.count import COUNT_NODATA
from sargeo.products.names import ProductPaths
from sargeo.products.windows import open_product

MATCH_TOLERANCE_M = 200.0
"""As in the xView3-SAR challenge (Paolo et al. 2022, arXiv:2206.00897): beyond the size of a ship
and the shift of a moving one."""

UNCERTAIN_FIELD = "uncertain"
"""Objects of a reference in which this field is true are neither asked for nor counted as wrong."""

CONFIDENCE_FIELD, LENGTH_FIELD = "confidence", "length_m"
"""Fields that matching reads where a file has them: of the product, and of the reference."""


@dataclass(frozen=True, slots=True)
class ObjectAssessment:
    """How well objects were found.

    Attributes
    ----------
    matched, missed, wrong : int
        Objects in both, only in the reference, only in the product.
    ignored : int
        Objects of the reference that are uncertain or where the scene holds no data.
    precision, recall, f1 : float
        0 to 1; not a number where there is nothing to divide by.
    median_distance_m : float
        Between matched pairs.
    tolerance_m : float
        Largest distance of a pair, but of objects that are more than twice as long.
    """

    matched: int
    missed: int
    wrong: int
    ignored: int
    precision: float
    recall: float
    f1: float
    median_distance_m: float
    tolerance_m: float

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON; what cannot be told is None."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def assess_objects(
    reference: Path | gpd.GeoDataFrame,
    product: Path | gpd.GeoDataFrame,
    tolerance_m: float = MATCH_TOLERANCE_M,
) -> ObjectAssessment:
    """Compare objects with a reference; see `sargeo.evaluation.matching` for the rule.

    Objects of the product near an uncertain object of the reference are not counted as wrong.

    Parameters
    ----------
    reference : Path or GeoDataFrame
        Points, or lines and polygons whose centroids count, in any CRS. A field ``uncertain`` may
        mark objects that even a person cannot tell, and ``length_m`` holds lengths.
    product : Path or GeoDataFrame
        Points, which take their turn by the numbers in a field ``confidence``, if there is one.
        Beside a count raster of the same scene, objects of the reference where that saw nothing
        are left out.
    tolerance_m : float
        Largest distance of a pair; half the length of an object of the reference, where that is
        more.

    Raises
    ------
    sargeo.errors.UsageError
        If the tolerance is not positive.
    sargeo.errors.ReferenceDataError, sargeo.errors.InputError
        If a file cannot be read or has no CRS.
    """
    require_finite("A tolerance", tolerance_m)
    if not tolerance_m > 0:
        raise UsageError(f"A tolerance of {tolerance_m} m matches nothing.", "Give metres, > 0.")
    wanted = _places(reference, ReferenceDataError, "reference")
    seen = np.ones(len(wanted), dtype=bool)
    if isinstance(product, Path):
        seen = _seen(wanted, product)
    found = _places(product, InputError, "file of objects")
    certain = ~_uncertain(wanted)
    asked, doubtful = wanted[certain & seen], wanted[~certain & seen]
    pairs = match(_near(found, asked, tolerance_m), _numbers(found, CONFIDENCE_FIELD))
    excused = np.setdiff1d(_near(found, doubtful, tolerance_m).detections, pairs.detections)
    matched = len(pairs.detections)
    counts = ObjectCounts(
        matched=matched,
        wrong=len(found) - matched - len(excused),
        missed=len(asked) - matched,
    )
    return _assessment(counts, len(wanted) - len(asked), pairs.distance, tolerance_m)


def _near(found: gpd.GeoDataFrame, wanted: gpd.GeoDataFrame, tolerance_m: float) -> Pairs:
    reach_m = reach(tolerance_m, _numbers(wanted, LENGTH_FIELD))
    return near_on_earth(_lonlat(found), _lonlat(wanted), reach_m)


def _numbers(frame: gpd.GeoDataFrame, field: str) -> FloatArray:
    """Return the numbers of a field; NaN where it holds none."""
    if field not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame[field], errors="coerce"), dtype=float)


def _places(
    source: Path | gpd.GeoDataFrame, error: type[InputError], what: str
) -> gpd.GeoDataFrame:
    """Read shapes and reduce them to their centroids, as longitude and latitude."""
    frame = read_vectors(source, error, what, SHAPES, may_be_empty=True)
    period = period_of(frame.crs)
    whole = [on_one_turn(shape, period) for shape in frame.geometry]
    places = frame.set_geometry(shapely.centroid(whole), crs=frame.crs).to_crs(4326)
    lost = ~np.isfinite(_lonlat(places)).all(axis=1)
    if lost.any():
        raise error(
            f"The {what} {describe_source(source)} holds {lost.sum()} shapes that lie nowhere on "
            f"Earth in {frame.crs.name}.",
            "Correct its CRS or these coordinates, for instance in QGIS.",
        )
    return places


def _lonlat(frame: gpd.GeoDataFrame) -> FloatArray:
    return np.stack([frame.geometry.x, frame.geometry.y], axis=1).astype(float)


def _uncertain(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    if UNCERTAIN_FIELD not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame[UNCERTAIN_FIELD].fillna(value=False).astype(bool))


def _seen(wanted: gpd.GeoDataFrame, product: Path) -> NDArray[np.bool_]:
    """Tell which objects lie in cells of the count raster that were seen; all without one."""
    count = ProductPaths(product.parent, product.stem.removesuffix("_objects")).count
    if not count.exists():
        return np.ones(len(wanted), dtype=bool)
    with open_product(count) as raster:
        places = on_grid(wanted.geometry, raster.grid)
        rows, cols = raster.grid.rowcol(places.x, places.y)
        seen = raster.grid.block.contains(rows, cols)
        cells = raster.read(raster.grid.block)
        inside = rows[seen].astype(int), cols[seen].astype(int)
        seen[seen] = cells[inside] != COUNT_NODATA
    return seen


def _assessment(
    counts: ObjectCounts, ignored: int, distances: FloatArray, tolerance_m: float
) -> ObjectAssessment:
    return ObjectAssessment(
        matched=counts.matched,
        missed=counts.missed,
        wrong=counts.wrong,
        ignored=ignored,
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        median_distance_m=float(np.median(distances)) if len(distances) else math.nan,
        tolerance_m=tolerance_m,
    )
