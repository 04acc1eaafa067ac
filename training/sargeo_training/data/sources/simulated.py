"""Scenes of the project's own simulator, most of them calibrated: absolute levels are learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.bands import Band
from sargeo_training.images import LabelledImage, Source, Split
from sargeo_training.simulator import SimulatedScene, simulate_scene
from sargeo_training.simulator.relief import Setting

_SHAPE = (768, 768)
_GSD_M = 10.0
_COUNTS: dict[Split, int] = {"train": 64, "holdout": 8}
_FIRST_SEEDS: dict[Split, int] = {"train": 1000, "holdout": 9000}

# Cycles whose lengths have no common divisor, so that all combinations come up.
_SETTINGS: tuple[Setting, ...] = (
    *("inland", "coast", "inland", "inland", "coast", "inland", "sea"),
)
_INCIDENCES_DEG = (30.0, 39.0, 33.0, 42.0, 36.0, 45.0, 31.0, 34.0, 40.0)
_L_BAND_EVERY = 4
_8_BIT_EVERY = 5
_TILE = 384
_PERCENTILES = (1.0, 99.0)  # of amplitude: they become 1 and 255


def load(_folder: Path) -> Source:
    """Simulate scenes to train on, and others to hold out.

    Three in four are C band, the others L band; one in five is an 8 bit picture stretched by tile.
    """
    images = tuple(_image(split, index) for split, n in _COUNTS.items() for index in range(n))
    return Source("simulated", 3.0, images, "this project")


def stretch_to_8_bit(sigma0: NDArray[np.float32], tile: int) -> NDArray[np.uint8]:
    """Stretch power to 8 bit amplitude tile by tile, which leaves steps at their seams.

    So the radar pictures of Los Angeles came to us.

    Parameters
    ----------
    sigma0 : ndarray of float32, shape (C, H, W)
        Linear power.
    tile : int
        Side of tiles in pixels.

    Returns
    -------
    ndarray of uint8, shape (C, H, W)
        0 is left for nodata.
    """
    amplitude = np.sqrt(sigma0)
    stretched = np.empty(amplitude.shape, dtype=np.uint8)
    for row in range(0, amplitude.shape[1], tile):
        for col in range(0, amplitude.shape[2], tile):
            part = np.s_[:, row : row + tile, col : col + tile]
            low, high = np.percentile(amplitude[part], _PERCENTILES, axis=(1, 2), keepdims=True)
            span = np.maximum(high - low, np.finfo(np.float32).tiny)
            levels = np.rint(1 + 254 * (amplitude[part] - low) / span)
            stretched[part] = np.clip(levels, 1, 255)
    return stretched


def _image(split: Split, index: int) -> LabelledImage:
    scene = simulate_scene(
        _FIRST_SEEDS[split] + index,
        _SHAPE,
        gsd_m=_GSD_M,
        incidence_deg=_INCIDENCES_DEG[index % len(_INCIDENCES_DEG)],
        band="L" if index % _L_BAND_EVERY == 0 else "C",
        setting=_SETTINGS[index % len(_SETTINGS)],
    )
    values, bands = _degraded(scene) if index % _8_BIT_EVERY == 3 else (scene.sigma0, scene.bands)
    everywhere = np.ones(_SHAPE, dtype=bool)
    return LabelledImage(
        name=f"simulated_{split}_{index:02d}",
        split=split,
        values=values,
        bands=bands,
        valid=everywhere,
        labels=scene.landcover,
        searched=everywhere,
        ships=_ships(scene),
        gsd_m=(_GSD_M, _GSD_M),
        incidence_deg=scene.incidence_deg,
        platform="simulated",
        landcover_by="the simulator",
        ships_by="the simulator",
    )


def _degraded(scene: SimulatedScene) -> tuple[NDArray[np.uint8], tuple[Band, ...]]:
    """Return the values and bands of an 8 bit picture of a scene."""
    bands = tuple(Band(b.polarisation, "uncalibrated", "amplitude") for b in scene.bands)
    return stretch_to_8_bit(scene.sigma0, _TILE), bands


def _ships(scene: SimulatedScene) -> NDArray[np.float32]:
    """Return the ship table; headings run clockwise from north, which is up."""
    ships = scene.ships
    heading = np.deg2rad(ships.heading_deg)
    down, across = np.abs(np.cos(heading)), np.abs(np.sin(heading))
    length, width = ships.length_m / _GSD_M, ships.width_m / _GSD_M
    height_px, width_px = length * down + width * across, length * across + width * down
    columns = (ships.row, ships.col, height_px, width_px, length)
    return np.stack(columns, axis=1).astype(np.float32)
