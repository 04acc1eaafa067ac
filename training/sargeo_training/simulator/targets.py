"""Signatures of ships: hull and superstructure, sidelobes, azimuth ambiguities, wakes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import Block
from sargeo_training.simulator.fields import Field, Field32
from sargeo_training.simulator.offshore import Landmarks
from sargeo_training.simulator.ships import Ships

CROSS_POLARISED_DB = -7.0
"""Of ships' cross-polarised to their co-polarised cross-section; our choice, see ``_ship_rcs``."""

_AMBIGUITY_M = 5200.0
_AMBIGUITY_DB = -27.0
_RANGE_OVER_VELOCITY_S = 115.0
# Sentinel-1 IW: wavelength 5.5 cm, slant range 850 km, PRF 1.7 kHz, velocity 7.4 km/s give the
# distance of azimuth ambiguities (wavelength * range * PRF / (2 * velocity)) and how far a moving
# ship is displaced in azimuth (range / velocity * radial speed).
_SIDELOBE_DB = -22.0
# The levels of ambiguities and sidelobes are our choice, about what the mission's specification
# allows; they were not fitted to images.

Points = tuple[Field, Field, Field]
"""Rows (N,), columns (N,), and the sigma nought (C, N) that a pixel of each channel gains."""


@dataclass(frozen=True, slots=True)
class View:
    """From where the radar looks.

    Attributes
    ----------
    gsd_m : float
    incidence_deg : float
    look_azimuth_deg : float
        Direction of look, clockwise from north.
    """

    gsd_m: float
    incidence_deg: float
    look_azimuth_deg: float


def add_ships(
    rng: np.random.Generator,
    power: Field32,
    sea: NDArray[np.bool_],
    cross: tuple[bool, ...],
    ships: Ships,
    view: View,
) -> None:
    """Add the signatures of ships to a picture of sigma nought, in place.

    Parameters
    ----------
    rng : numpy.random.Generator
    power : ndarray of float32, shape (C, H, W)
        Sigma nought before speckle.
    sea : ndarray of bool, shape (H, W)
        Where wakes can be.
    cross : tuple of bool
        Which channels are cross-polarised.
    ships : Ships
    view : View
    """
    for k in range(len(ships)):
        if ships.speed_ms[k] > 0:
            _draw_wake(power, sea, cross, ships, k, view)
    points = [_ship_points(rng, ships, k, cross, view) for k in range(len(ships))]
    if points:
        _splat(power, *(np.concatenate(column, axis=-1) for column in zip(*points, strict=True)))


def _ship_points(
    rng: np.random.Generator, ships: Ships, k: int, cross: tuple[bool, ...], view: View
) -> Points:
    """Return the scatterers of a ship, its sidelobes, and its ghosts up and down the track."""
    rcs_m2 = _ship_rcs(rng, float(ships.length_m[k]), view.incidence_deg)
    gains = _gains(cross) * 10 ** (rng.normal(0, 1.0, size=len(cross)) / 10)
    sigma0 = (rcs_m2 / view.gsd_m**2 * gains)[:, None]
    rows, cols, shares = _scatterers(rng, ships, k, view.gsd_m)
    parts = [(rows, cols, shares), _sidelobes(ships.row[k], ships.col[k], view)]
    for side in (-1.0, 1.0):
        d_row, d_col = _along_azimuth(side * _AMBIGUITY_M / view.gsd_m, view)
        smear = rng.normal(0, 1.5, size=(2, len(rows)))
        weaker = 10 ** ((_AMBIGUITY_DB + rng.normal(0, 2)) / 10)
        parts.append((rows + d_row + smear[0], cols + d_col + smear[1], shares * weaker))
    all_rows, all_cols, all_shares = (np.concatenate(column) for column in zip(*parts, strict=True))
    return all_rows, all_cols, sigma0 * all_shares


def _gains(cross: tuple[bool, ...]) -> Field:
    return np.array([10 ** (CROSS_POLARISED_DB / 10) if c else 1.0 for c in cross])


def add_landmarks(
    power: Field32, cross: tuple[bool, ...], landmarks: Landmarks, view: View
) -> None:
    """Add the signatures of platforms and turbines to a picture of sigma nought, in place."""
    sigma0 = _gains(cross)[:, None] / view.gsd_m**2
    for row, col, rcs_m2 in zip(landmarks.row, landmarks.col, landmarks.rcs_m2, strict=True):
        rows, cols, shares = _sidelobes(row, col, view)
        shares = sigma0 * rcs_m2 * np.append(shares, 1.0)
        _splat(power, np.append(rows, row), np.append(cols, col), shares)


def _ship_rcs(rng: np.random.Generator, length_m: float, incidence_deg: float) -> float:
    """Radar cross-section in square metres, with 3 dB of spread from ship to ship.

    Vachon et al. (1997), "Ship detection by the RADARSAT SAR: validation of detection model
    predictions", Canadian Journal of Remote Sensing 23(1):
    ``0.08 * length ** (7 / 3) * (0.78 + 0.11 * incidence)``, co-polarised.
    """
    mean = 0.08 * length_m ** (7 / 3) * (0.78 + 0.11 * incidence_deg)
    return float(mean * 10 ** (rng.normal(0, 3.0) / 10))


def _scatterers(
    rng: np.random.Generator, ships: Ships, k: int, gsd_m: float
) -> tuple[Field, Field, Field]:
    """Rows, columns and shares of power of the scatterers of one hull.

    Half of the power is spread over the hull, the rest comes from a few corners: most of it from
    the superstructure near the stern.
    """
    length, width = ships.length_m[k] / gsd_m, ships.width_m[k] / gsd_m
    spread = max(24, int(4 * length * max(width, 1.0)))
    along = rng.uniform(-0.5, 0.5, spread)
    bow = np.minimum(1.0, (0.5 - along) / 0.12)
    across = rng.uniform(-0.5, 0.5, spread) * bow
    corners = int(rng.integers(3, 8))
    along = np.concatenate([along, [-0.36], rng.uniform(-0.48, 0.45, corners)])
    across = np.concatenate([across, [0.0], rng.uniform(-0.4, 0.4, corners)])
    strong = rng.exponential(1.0, corners + 1)
    strong[0] += corners / 2
    shares = np.concatenate([np.full(spread, 0.5 / spread), 0.5 * strong / strong.sum()])
    heading = np.radians(ships.heading_deg[k])
    rows = ships.row[k] - np.cos(heading) * along * length + np.sin(heading) * across * width
    cols = ships.col[k] + np.sin(heading) * along * length + np.cos(heading) * across * width
    return rows, cols, shares


def _sidelobes(row: float, col: float, view: View, reach: int = 14) -> tuple[Field, Field, Field]:
    """Return the arms of the cross that a strong scatterer makes along azimuth and range."""
    steps = np.concatenate([np.arange(-reach, -1), np.arange(2, reach + 1)]).astype(float)
    a_row, a_col = _along_azimuth(steps, view)
    shares = 10 ** (_SIDELOBE_DB / 10) / np.abs(steps) ** 1.5
    return (
        np.concatenate([row + a_row, row + a_col]),
        np.concatenate([col + a_col, col - a_row]),
        np.concatenate([shares, shares]) / 2,
    )


def _along_azimuth(steps: Field | float, view: View) -> tuple[Field, Field]:
    """(rows, cols) of steps along the direction of flight, which is square to the look."""
    flight = np.radians(view.look_azimuth_deg - 90.0)
    return np.asarray(-np.cos(flight) * steps), np.asarray(np.sin(flight) * steps)


def _splat(power: Field32, rows: Field, cols: Field, sigma0: Field) -> None:
    """Share points out over their four nearest pixels; ``sigma0`` is of shape (C, N)."""
    _, height, width = power.shape
    near = (rows > -1) & (rows < height + 1) & (cols > -1) & (cols < width + 1)
    rows, cols, sigma0 = rows[near] - 0.5, cols[near] - 0.5, sigma0[:, near]
    top, left = np.floor(rows).astype(int), np.floor(cols).astype(int)
    below, right = rows - top, cols - left
    for dr, row_share in ((0, 1 - below), (1, below)):
        for dc, col_share in ((0, 1 - right), (1, right)):
            r, c = top + dr, left + dc
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
            parts = (sigma0 * (row_share * col_share))[:, inside].astype(np.float32)
            for channel, part in zip(power, parts, strict=True):
                np.add.at(channel, (r[inside], c[inside]), part)


def _draw_wake(
    power: Field32,
    sea: NDArray[np.bool_],
    cross: tuple[bool, ...],
    ships: Ships,
    k: int,
    view: View,
) -> None:
    """Darken the turbulent wake astern, and brighten one edge of it, in co-polarised channels.

    The wake stays where the ship truly is, while its image is displaced in azimuth.
    """
    heading, look = np.radians(ships.heading_deg[k]), np.radians(view.look_azimuth_deg)
    radial_ms = -ships.speed_ms[k] * np.cos(heading - look) * np.sin(np.radians(view.incidence_deg))
    d_row, d_col = _along_azimuth(radial_ms * _RANGE_OVER_VELOCITY_S / view.gsd_m, view)
    row, col = ships.row[k] - d_row, ships.col[k] - d_col
    length = ships.length_m[k] * (4 + ships.speed_ms[k]) / view.gsd_m
    half = max(0.7, 0.6 * ships.width_m[k] / view.gsd_m)
    d_row, d_col = np.cos(heading) * length, -np.sin(heading) * length
    margin = int(3 * half) + 3
    wanted = Block(
        int(min(row, row + d_row)) - margin,
        int(min(col, col + d_col)) - margin,
        int(abs(d_row)) + 2 * margin,
        int(abs(d_col)) + 2 * margin,
    )
    block = wanted.intersection(Block(0, 0, *power.shape[1:]))
    if block is None:
        return
    south = np.arange(block.row, block.row_stop, dtype=np.float32)[:, None] + 0.5 - row
    east = np.arange(block.col, block.col_stop, dtype=np.float32)[None, :] + 0.5 - col
    astern = np.cos(heading) * south - np.sin(heading) * east
    side = np.cos(heading) * east + np.sin(heading) * south
    fade = np.exp(-2 * np.clip(astern / length, 0, None)) * ((astern > 0) & (astern < length))
    gain = 1 - 0.6 * fade * np.exp(-((side / half) ** 2))
    gain += 0.4 * fade * np.exp(-(((side - 2.2 * half) / 0.8) ** 2))
    gain = np.where(sea[block.slices()], gain, 1.0).astype(np.float32)
    for channel, is_cross in enumerate(cross):
        if not is_cross:
            power[channel][block.slices()] *= gain
