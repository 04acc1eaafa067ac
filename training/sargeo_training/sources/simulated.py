"""Scenes of the project's own simulator: calibrated, so that absolute backscatter is learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sargeo_training.sheet import Sheet, Source
from sargeo_training.simulator import SimulatedScene, simulate_scene
from sargeo_training.simulator.backscatter import RadarBand
from sargeo_training.simulator.relief import Setting

_SHAPE = (768, 768)
_GSD_M = 10.0
_FIRST_SEED, _COUNT = 1000, 36
_SETTINGS: tuple[Setting, ...] = ("coast", "inland", "coast", "inland", "sea", "coast")
_INCIDENCES_DEG = (30.0, 33.0, 36.0, 39.0, 42.0, 45.0, 34.0)
_L_BAND_EVERY = 6


def load(_folder: Path) -> Source:
    """Simulate scenes to train on: most of them in C band, some in L band."""
    return Source("simulated", 2.5, tuple(map(_sheet, range(_COUNT))), "this project")


def _sheet(index: int) -> Sheet:
    band: RadarBand = "L" if index % _L_BAND_EVERY == 0 else "C"
    scene = simulate_scene(
        _FIRST_SEED + index,
        _SHAPE,
        gsd_m=_GSD_M,
        incidence_deg=_INCIDENCES_DEG[index % len(_INCIDENCES_DEG)],
        band=band,
        setting=_SETTINGS[index // 2 % len(_SETTINGS)],
    )
    everywhere = np.ones(_SHAPE, dtype=bool)
    return Sheet(
        name=f"simulated_{band}_{index:02d}",
        split="train",
        values=scene.sigma0,
        bands=scene.bands,
        valid=everywhere,
        labels=scene.landcover,
        searched=everywhere,
        ships=_ships(scene),
        gsd_m=(_GSD_M, _GSD_M),
        incidence_deg=scene.incidence_deg,
    )


def _ships(scene: SimulatedScene) -> NDArray[np.float32]:
    """Return the ship table; headings run clockwise from north, which is up."""
    ships = scene.ships
    heading = np.deg2rad(ships.heading_deg)
    down, across = np.abs(np.cos(heading)), np.abs(np.sin(heading))
    length, width = ships.length_m / _GSD_M, ships.width_m / _GSD_M
    height_px, width_px = length * down + width * across, length * across + width * down
    columns = (ships.row, ships.col, height_px, width_px, length)
    return np.stack(columns, axis=1).astype(np.float32)
