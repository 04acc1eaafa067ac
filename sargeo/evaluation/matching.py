"""Precision and recall of objects, by one-to-one matching in metres."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from sargeo.errors import InputError, ReferenceDataError, UsageError
from sargeo.geo.antimeridian import on_one_turn, period_of
from sargeo.geo.grid import FloatArray, inverse_distance_m
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

_EARTH_RADIUS_M = 6_371_000.0

_NEVER = 1e12
"""Cost of a pair beyond the tolerance: more than any number of pairs within it."""


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
        Largest distance of a pair.
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
    """Compare objects with a reference.

    As many pairs as possible are made within the tolerance, with the smallest sum of distances.
    Objects of the product near an uncertain object of the reference are not counted as wrong.

    Parameters
    ----------
    reference : Path or GeoDataFrame
        Points, or polygons whose centroids count, in any CRS. A field ``uncertain`` may mark
        objects that even a person cannot tell.
    product : Path or GeoDataFrame
        Points. Beside a count raster of the same scene, objects of the reference where that saw
        nothing are left out.
    tolerance_m : float

    Raises
    ------
    sargeo.errors.UsageError
        If the tolerance is not positive.
    sargeo.errors.ReferenceDataError, sargeo.errors.InputError
        If a file cannot be read or has no CRS.
    """
    if not tolerance_m > 0:
        raise UsageError(f"A tolerance of {tolerance_m} m matches nothing.", "Give metres, > 0.")
    wanted = _places(reference, ReferenceDataError, "reference")
    seen = np.ones(len(wanted), dtype=bool)
    if isinstance(product, Path):
        seen = _seen(wanted, product)
    found = _places(product, InputError, "file of objects")
    certain = ~_uncertain(wanted)
    asked, doubtful = wanted[certain & seen], wanted[~certain & seen]
    pairs, distances = match(_lonlat(asked), _lonlat(found), tolerance_m)
    unmatched = np.delete(np.arange(len(found)), pairs[:, 1])
    near_doubtful, _, _ = _candidates(_lonlat(found)[unmatched], _lonlat(doubtful), tolerance_m)
    wrong = len(unmatched) - len(np.unique(near_doubtful))
    return _assessment(
        len(pairs), len(asked), wrong, len(wanted) - len(asked), distances, tolerance_m
    )


def match(
    reference: FloatArray, product: FloatArray, tolerance_m: float
) -> tuple[NDArray[np.int64], FloatArray]:
    """Pair places one to one within a distance.

    Parameters
    ----------
    reference, product : ndarray, shape (m, 2) and (n, 2)
        Longitude and latitude in degrees.

    Returns
    -------
    pairs : ndarray of int, shape (k, 2)
        Indices into reference and product.
    distances : ndarray, shape (k,)
        In metres.
    """
    rows, cols, distance = _candidates(reference, product, tolerance_m)
    if not len(rows):
        return np.zeros((0, 2), dtype=np.int64), np.zeros(0)
    m, size = len(reference), len(reference) + len(product)
    graph = coo_array((np.ones(len(rows)), (rows, cols + m)), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    pairs, lengths = [], []
    # Clusters of neighbours are matched apart: a matrix of all pairs would not fit into memory.
    order = np.argsort(component[rows], kind="stable")
    for edges in np.split(order, np.flatnonzero(np.diff(component[rows][order])) + 1):
        left, i = np.unique(rows[edges], return_inverse=True)
        right, j = np.unique(cols[edges], return_inverse=True)
        cost = np.full((len(left), len(right)), _NEVER)
        cost[i, j] = distance[edges]
        a, b = linear_sum_assignment(cost)
        within = cost[a, b] < _NEVER
        pairs.append(np.stack([left[a[within]], right[b[within]]], axis=1))
        lengths.append(cost[a, b][within])
    return np.concatenate(pairs), np.concatenate(lengths)


def _candidates(
    first: FloatArray, second: FloatArray, tolerance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """All pairs within a geodesic distance: indices into both, and distances in metres."""
    none = np.zeros(0, dtype=np.int64)
    if not len(first) or not len(second):
        return none, none, np.zeros(0)
    # On a sphere first, one per cent too far, since the Earth is not one.
    near = cKDTree(_on_sphere(first)).query_ball_tree(
        cKDTree(_on_sphere(second)), 1.01 * tolerance_m
    )
    i = np.repeat(np.arange(len(first)), [len(n) for n in near])
    j = np.array([k for n in near for k in n], dtype=np.int64)
    if not len(j):
        return none, none, np.zeros(0)
    distance = inverse_distance_m(*first[i].T, *second[j].T)
    within = distance <= tolerance_m
    return i[within], j[within], distance[within]


def _on_sphere(lonlat: FloatArray) -> FloatArray:
    lon, lat = np.radians(lonlat).T
    return _EARTH_RADIUS_M * np.stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1
    )


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
    matched: int,
    asked: int,
    wrong: int,
    ignored: int,
    distances: FloatArray,
    tolerance_m: float,
) -> ObjectAssessment:
    precision = matched / (matched + wrong) if matched + wrong else math.nan
    recall = matched / asked if asked else math.nan
    divisor = 2 * matched + wrong + asked - matched
    return ObjectAssessment(
        matched=matched,
        missed=asked - matched,
        wrong=wrong,
        ignored=ignored,
        precision=precision,
        recall=recall,
        f1=2 * matched / divisor if divisor else math.nan,
        median_distance_m=float(np.median(distances)) if len(distances) else math.nan,
        tolerance_m=tolerance_m,
    )
