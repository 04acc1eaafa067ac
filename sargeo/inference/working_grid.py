"""The grid that a model works on, by the ground spacing that it was trained for."""

from __future__ import annotations

import numpy as np

from sargeo.errors import SpacingRefusedError
from sargeo.geo.footprint import footprint_lonlat, lonlat_bbox
from sargeo.geo.grid import FloatArray, GeoGrid, local_utm_grid
from sargeo.model.spec import SpacingSpec
from sargeo.scene.resample import RescaledScene, WarpedScene
from sargeo.scene.scene import Scene

MOST_ENLARGEMENT = 10
"""Times that a pixel may be divided along an axis. Pixels of ScanSAR products reach 100 m, ten
times those of the embedded model; quicklooks and mosaics, whose pixels are larger, hold none of
the detail that it was trained to see, and 1 km would take 10,000 pixels of work for each."""

MOST_REDUCTION = 100
"""Pixels that may be averaged along an axis: the finest airborne SAR has pixels of 0.1 m."""

_NOMINAL = 1.05
"""Pixels of one size in name are some per cent larger or smaller on the ground, by projection."""


def on_trained_spacing(scene: Scene, spacing: SpacingSpec) -> Scene:
    """Return the scene on a grid whose ground spacing the model was trained for.

    The scene itself, where its spacing is one everywhere or says nothing about the ground;
    resampled by one factor per axis, where that brings all of it within the model's range;
    else on a local UTM grid (high latitudes in degrees or Mercator).

    Raises
    ------
    SpacingRefusedError
        If pixels would be enlarged more than `MOST_ENLARGEMENT` times or reduced more than
        `MOST_REDUCTION` times along an axis, or the scene is too wide for one local grid.
    """
    if not scene.gsd_known:
        return scene
    axes = ground_spacing_m(scene)
    low = np.array([axis.min() for axis in axes])
    high = np.array([axis.max() for axis in axes])
    _refuse_far(scene, spacing, high)
    if (low >= spacing.min_m).all() and (high <= spacing.max_m).all():
        return scene
    factors = spacing.preferred_m / np.sqrt(low * high)
    if (low * factors >= spacing.min_m).all() and (high * factors <= spacing.max_m).all():
        return RescaledScene(scene, float(factors[0]), float(factors[1]))
    return WarpedScene(scene, _local_grid(scene, spacing))


def _refuse_far(scene: Scene, spacing: SpacingSpec, largest_m: FloatArray) -> None:
    """Refuse pixels too far from the trained spacing; ``largest_m`` per axis over the scene."""
    least_m = spacing.preferred_m / MOST_REDUCTION
    most_m = spacing.preferred_m * MOST_ENLARGEMENT
    shown = (f"{float(f'{side:.3g}'):.10g}" for side in largest_m)
    pixels = f"{scene.source} has pixels of {' by '.join(shown)} m on the ground"
    trained = f"the model was trained for {spacing.min_m:g} to {spacing.max_m:g} m"
    if largest_m.max() > most_m * _NOMINAL:
        raise SpacingRefusedError(
            f"{pixels}, but {trained}, and nothing is enlarged more than {MOST_ENLARGEMENT} times.",
            f"Give the scene in its full resolution, with pixels of at most {most_m:g} m; if its "
            "grid is wrong about their size, say it by --assume gsd=METRES.",
        )
    if largest_m.min() < least_m / _NOMINAL:
        raise SpacingRefusedError(
            f"{pixels}, but {trained}, and nothing is reduced more than {MOST_REDUCTION} times.",
            f"Multilook the scene to pixels of {least_m:g} m or more; if its grid is wrong about "
            "their size, say it by --assume gsd=METRES.",
        )


def _local_grid(scene: Scene, spacing: SpacingSpec) -> GeoGrid:
    """Return the local grid, on which pixels must be as large on the ground as those trained on."""
    try:
        grid = local_utm_grid(scene.grid, spacing.preferred_m)
        axes = np.concatenate(grid.sampled_spacing_m())
        if axes.min() >= spacing.min_m / _NOMINAL and axes.max() <= spacing.max_m * _NOMINAL:
            return grid
    except ValueError:  # parts of the scene have no place on the grid
        pass
    west, _, east, _ = lonlat_bbox(footprint_lonlat(scene.grid))
    raise SpacingRefusedError(
        f"{scene.source} reaches from {west:.4g} to {east:.4g} degrees of longitude, too wide for "
        f"one grid whose pixels are all of about {spacing.preferred_m:g} m on the ground.",
        "Cut it into parts that are less wide, with gdal_translate -projwin.",
    )


def ground_spacing_m(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Return ground spacings per axis over the scene in metres: geodesic, or as assumed."""
    if scene.assumed_gsd_m is not None:
        assumed = np.array([scene.assumed_gsd_m])
        return assumed, assumed
    return scene.grid.sampled_spacing_m()


def working_gsd_m(scene: Scene) -> tuple[float, float] | None:
    """Return the typical ground spacing (row to row, column to column), or None if unknown."""
    if not scene.gsd_known:
        return None
    down, across = ground_spacing_m(scene)
    return float(np.median(down)), float(np.median(across))
