"""The grid that a model works on, by the ground spacing that it was trained for."""

from __future__ import annotations

import numpy as np

from sargeo.model.spec import SpacingSpec
from sargeo.scene.resample import RescaledScene, WarpedScene, local_utm_grid
from sargeo.scene.scene import Scene


def on_trained_spacing(scene: Scene, spacing: SpacingSpec) -> Scene:
    """Return the scene on a grid whose ground spacing the model was trained for.

    The scene itself, where its spacing is one everywhere or says nothing about the ground;
    resampled by one factor per axis, where that brings all of it within the model's range;
    else on a local UTM grid (high latitudes in degrees or Mercator).
    """
    if not scene.gsd_known:
        return scene
    axes = ground_spacing_m(scene)
    low = np.array([axis.min() for axis in axes])
    high = np.array([axis.max() for axis in axes])
    if (low >= spacing.min_m).all() and (high <= spacing.max_m).all():
        return scene
    factors = spacing.preferred_m / np.sqrt(low * high)
    if (low * factors >= spacing.min_m).all() and (high * factors <= spacing.max_m).all():
        return RescaledScene(scene, float(factors[0]), float(factors[1]))
    return WarpedScene(scene, local_utm_grid(scene.grid, spacing.preferred_m))


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
