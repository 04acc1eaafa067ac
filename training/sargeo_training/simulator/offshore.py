"""What stands in the sea and is no ship: platforms and wind turbines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo_training.simulator.fields import Field, Lattice
from sargeo_training.simulator.surfaces import Surface


@dataclass(frozen=True)
class Landmarks:
    """Strong scatterers that stay where they are.

    Attributes
    ----------
    row, col : ndarray of float
        Continuous pixel coordinates from the corner of the first pixel.
    rcs_m2 : ndarray of float
        Co-polarised radar cross-section.
    """

    row: Field
    col: Field
    rcs_m2: Field


def build_offshore(
    rng: np.random.Generator, lattice: Lattice, surface: NDArray[np.uint8]
) -> Landmarks:
    """Place platforms in a third of the scenes, and a wind farm in an eighth, where there is sea.

    The cross-sections, 20 000 square metres for a platform and 3 000 for a turbine with a factor
    of two either way, make both as bright as ships; they are our choice.

    Parameters
    ----------
    rng : numpy.random.Generator
    lattice : Lattice
    surface : ndarray of uint8, shape (H, W)
        Codes of ``Surface``; platforms are painted in place.
    """
    platforms = rng.uniform(0, 1, size=(int(rng.integers(1, 6)), 2)) * lattice.shape
    platforms = _at_sea(platforms if rng.random() < 0.35 else platforms[:0], surface)
    for row, col in platforms:
        _paint_disc(surface, row, col, float(rng.uniform(25, 60)) / lattice.gsd_m)
    farm = _wind_farm(rng, lattice)
    turbines = _at_sea(farm if rng.random() < 0.12 else farm[:0], surface)
    typical_m2 = np.repeat([20_000.0, 3_000.0], [len(platforms), len(turbines)])
    rows, cols = np.concatenate([platforms, turbines]).T
    return Landmarks(rows, cols, typical_m2 * rng.lognormal(0, 0.5, size=len(typical_m2)))


def _wind_farm(rng: np.random.Generator, lattice: Lattice) -> Field:
    """Return a slanting grid of turbines, shape (N, 2), that may reach beyond the scene."""
    rows, cols = np.meshgrid(np.arange(rng.integers(3, 8)), np.arange(rng.integers(3, 8)))
    spacing_px = rng.uniform(500, 900) / lattice.gsd_m
    angle = rng.uniform(0, np.pi / 2)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    places = np.stack([rows.ravel(), cols.ravel()], axis=1) @ turned * spacing_px
    return np.asarray(places + rng.uniform(0, 0.9, size=2) * lattice.shape)


def _at_sea(places: Field, surface: NDArray[np.uint8]) -> Field:
    """Keep the places, shape (N, 2), that lie in the sea."""
    inside = ((places >= 0) & (places < surface.shape)).all(axis=1)
    rows, cols = places[inside].astype(int).T
    return np.asarray(places[inside][surface[rows, cols] == Surface.SEA])


def _paint_disc(surface: NDArray[np.uint8], row: float, col: float, radius_px: float) -> None:
    reach = int(radius_px) + 1
    top, left = max(int(row) - reach, 0), max(int(col) - reach, 0)
    window = surface[top : int(row) + reach + 1, left : int(col) + reach + 1]
    rows = np.arange(top, top + window.shape[0])[:, None] + 0.5 - row
    cols = np.arange(left, left + window.shape[1])[None, :] + 0.5 - col
    window[rows**2 + cols**2 < radius_px**2] = Surface.STRUCTURE
