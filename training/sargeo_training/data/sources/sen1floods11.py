"""Sen1Floods11: Sentinel-1 chips with hand-drawn water (Bonafilia et al. 2020)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sargeo.legend import OPEN_WATER
from sargeo.scene.bands import Band
from sargeo_training.data.sources.files import read_band, read_bands, read_grid, recode, spacing_m
from sargeo_training.images import NOT_WATER, LabelledImage, Source

HELD_OUT = frozenset({"India_900498", "Spain_7370579", "Ghana_97059"})
"""Whole chips, of which Ghana_97059 holds no water."""

_BANDS = (Band("VV", "sigma0", "db"), Band("VH", "sigma0", "db"))


def load(folder: Path) -> Source:
    """Read all chips."""
    paths = sorted((folder / "sen1floods11").glob("*_s1_vv_vh_db.tif"))
    return Source("sen1floods11", 1.5, tuple(map(_chip, paths)), "unknown (upstream CC-BY 4.0)")


def _chip(path: Path) -> LabelledImage:
    name = path.name.removesuffix("_s1_vv_vh_db.tif")
    values = read_bands(path).astype(np.float32)
    valid = np.asarray(np.isfinite(values).all(axis=0))
    grid = read_grid(path)
    return LabelledImage(
        name=name,
        split="holdout" if name in HELD_OUT else "train",
        values=np.where(valid, values, np.float32(0)),
        bands=_BANDS,
        valid=valid,
        searched=np.zeros_like(valid),
        labels=recode(
            read_band(path.with_name(f"{name}_water.tif")), {0: NOT_WATER, 1: OPEN_WATER.code}
        ),
        gsd_m=spacing_m(grid),
        grid=grid,
        platform="Sentinel-1",
        landcover_by="hand-drawn water",
    )
