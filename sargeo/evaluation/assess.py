"""How good a product is, by reference data that the map has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sargeo.errors import InputError, ReferenceDataError, require_finite
from sargeo.evaluation.accuracy import AccuracyIntervals, bootstrap_intervals, normal_intervals
from sargeo.evaluation.confusion import overall_accuracy, share
from sargeo.evaluation.intervals import Estimate
from sargeo.evaluation.objects import MATCH_TOLERANCE_M, ObjectAssessment, assess_objects
from sargeo.evaluation.reference import Samples, read_reference, sample
from sargeo.geo.pixel_area import SQUARE_METRES_PER_HECTARE, pixel_area_m2
from sargeo.legend import LAND_COVER, LAND_COVER_CODES, NODATA
from sargeo.products.style import LEGEND
from sargeo.products.windows import ProductRaster, open_product, tiles

_POINTS = (
    "Points, taken as a random sample within each map class; intervals of 95 % after Olofsson et "
    "al. (2014), equations 5 to 11."
)
_POLYGONS = (
    "All pixels inside the polygons. Pixels of one polygon resemble each other, so the intervals "
    "of 95 % come from drawing whole polygons anew (bootstrap, 1000 draws). Estimates of area hold "
    "only as far as the polygons stand for the whole map."
)


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """One class of an assessment.

    Attributes
    ----------
    name : str
    samples : int
        Of the reference.
    users, producers : Estimate
        Users: of what the map shows as this class, how much is. Producers: of what is this class,
        how much the map shows; weighted by the areas of the map classes.
    sample_producers : float
        The same without weights, as the confusion matrix gives it.
    mapped_ha : float
    area_ha : Estimate
        As the reference would have mapped it.
    """

    name: str
    samples: int
    users: Estimate
    producers: Estimate
    sample_producers: float
    mapped_ha: float
    area_ha: Estimate


@dataclass(frozen=True)
class LandCoverAssessment:
    """Accuracy of a land-cover map.

    Attributes
    ----------
    samples : int
        Number of samples.
    confusion : DataFrame
        Number of samples, classes of the map down, of the reference across.
    overall : Estimate
        Share of the mapped area that is right.
    sample_overall : float
        Share of the samples that are right.
    classes : tuple of ClassAccuracy
    method : str
        How samples were drawn and what the intervals mean.
    notes : tuple of str
        What was left out.
    """

    samples: int
    confusion: pd.DataFrame
    overall: Estimate
    sample_overall: float
    classes: tuple[ClassAccuracy, ...]
    method: str
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON; what the sample cannot tell is None."""
        return {
            "samples": self.samples,
            **_interval("overall_accuracy", self.overall, 4),
            "sample_overall_accuracy": _number(self.sample_overall, 4),
            "method": self.method,
            "notes": " ".join(self.notes),
            "classes": [
                {
                    "class": c.name,
                    "samples": c.samples,
                    **_interval("users_accuracy", c.users, 4),
                    **_interval("producers_accuracy", c.producers, 4),
                    "sample_producers_accuracy": _number(c.sample_producers, 4),
                    "mapped_ha": _number(c.mapped_ha, 2),
                    **_interval("area_ha", c.area_ha, 2),
                }
                for c in self.classes
            ],
            "confusion": [
                {"map": name, **{str(k): int(v) for k, v in row.items()}}
                for name, row in self.confusion.iterrows()
            ],
        }


def assess(
    reference: Path | gpd.GeoDataFrame,
    product: Path,
    *,
    class_field: str = "class",
    tolerance_m: float = MATCH_TOLERANCE_M,
) -> LandCoverAssessment | ObjectAssessment:
    """Assess a product by its kind: rasters are land cover, vectors are objects.

    Parameters
    ----------
    reference : Path or GeoDataFrame
    product : Path
    class_field : str
        See `assess_landcover`.
    tolerance_m : float
        See `assess_objects`.

    Raises
    ------
    sargeo.errors.InputError, sargeo.errors.ReferenceDataError
        If either cannot be used.
    sargeo.errors.UsageError
        If the tolerance is no finite number above 0.
    """
    require_finite("A tolerance", tolerance_m)
    if product.suffix.lower() in (".tif", ".tiff"):
        return assess_landcover(reference, product, class_field)
    return assess_objects(reference, product, tolerance_m)


def assess_landcover(
    reference: Path | gpd.GeoDataFrame, product: Path, class_field: str = "class"
) -> LandCoverAssessment:
    """Compare a land-cover map with labelled points or polygons.

    Parameters
    ----------
    reference : Path or GeoDataFrame
        Points or polygons in any CRS that GDAL reads.
    product : Path
        Land-cover raster.
    class_field : str
        Field of the reference with our code, our name or the code of ESA WorldCover.

    Raises
    ------
    sargeo.errors.InputError
        If the product is no land cover of ours.
    sargeo.errors.ReferenceDataError
        If the reference cannot be used, or never meets the map.
    """
    with open_product(product) as raster:
        labelled = read_reference(reference, class_field, raster)
        mapped_ha = class_areas_m2(raster) / SQUARE_METRES_PER_HECTARE  # refuses other rasters
        samples = sample(labelled, raster)
    confusion = samples.clusters.sum(axis=0)
    if not confusion.any():
        raise ReferenceDataError(
            f"No reference of the classes of {product} lies on its valid pixels.",
            "Check that both lie in the same place, and that the reference's CRS is right.",
        )
    areas = mapped_ha[list(LAND_COVER_CODES)]
    intervals = _intervals(samples, areas, polygons=labelled.has_polygons)
    return LandCoverAssessment(
        samples=int(confusion.sum()),
        confusion=_table(confusion),
        overall=intervals.overall,
        sample_overall=overall_accuracy(confusion),
        classes=_classes(confusion, areas, intervals),
        method=_POLYGONS if labelled.has_polygons else _POINTS,
        notes=(*labelled.notes, *samples.notes, *_unsampled(confusion, areas)),
    )


def class_areas_m2(product: ProductRaster) -> NDArray[np.float64]:
    """Return the geodesic area of every class code of a land-cover raster, shape (256,).

    Raises
    ------
    sargeo.errors.InputError
        If a code is not of our legend.
    """
    areas = np.zeros(256)
    known = {NODATA, *(c.code for c in LEGEND)}
    for tile in tiles(product.grid.block):
        codes = product.read(tile)
        if codes.dtype != np.uint8 or not known.issuperset(np.unique(codes).tolist()):
            raise InputError(
                f"{product.path} holds values that are no land-cover class of sargeo.",
                "Give the file that ends in _landcover.tif.",
            )
        if codes.any():
            weights = pixel_area_m2(product.grid, tile)
            areas += np.bincount(codes.ravel(), weights.ravel(), minlength=256)
    return areas


def _intervals(
    samples: Samples, areas: NDArray[np.float64], *, polygons: bool
) -> AccuracyIntervals:
    if polygons:
        hit = samples.clusters[samples.clusters.any(axis=(1, 2))]
        return bootstrap_intervals(hit, areas)
    return normal_intervals(samples.clusters.sum(axis=0), areas)


def _classes(
    confusion: NDArray[np.int64], areas: NDArray[np.float64], intervals: AccuracyIntervals
) -> tuple[ClassAccuracy, ...]:
    reference = confusion.sum(axis=0)
    right = np.diag(confusion)
    return tuple(
        ClassAccuracy(
            name=c.name,
            samples=int(reference[i]),
            users=intervals.users[i],
            producers=intervals.producers[i],
            sample_producers=share(right[i], reference[i]),
            mapped_ha=float(areas[i]),
            area_ha=intervals.area[i],
        )
        for i, c in enumerate(LAND_COVER)
    )


def _unsampled(confusion: NDArray[np.int64], areas: NDArray[np.float64]) -> list[str]:
    """Tell of map classes that no sample stands for: no estimate speaks for their area."""
    return [
        f"{100 * areas[i] / areas.sum():.1f} % of the map is {c.name} and has no sample: left out."
        for i, c in enumerate(LAND_COVER)
        if areas[i] > 0 and not confusion[i].any()
    ]


def _table(confusion: NDArray[np.int64]) -> pd.DataFrame:
    names = [c.name for c in LAND_COVER]
    return pd.DataFrame(
        confusion, index=pd.Index(names, name="map"), columns=pd.Index(names, name="reference")
    )


def _interval(name: str, estimate: Estimate, digits: int) -> dict[str, float | None]:
    return {
        name: _number(estimate.value, digits),
        f"{name}_low": _number(estimate.low, digits),
        f"{name}_high": _number(estimate.high, digits),
    }


def _number(value: float, digits: int) -> float | None:
    return round(value, digits) if math.isfinite(value) else None
