"""One TerraMesh tile (TerraMind's data): Sentinel-1 RTC with a land use map. Never trained on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sargeo.legend import BARE, BUILT_UP, LOW_VEGETATION, OPEN_WATER, TREES
from sargeo.scene.bands import Band
from sargeo_training.data.sources.files import (
    opened,
    read_band,
    read_bands,
    read_grid,
    recode,
    spacing_m,
)
from sargeo_training.images import NOT_WATER, LabelledImage, Source

_BANDS = (Band("VV", "gamma0", "db"), Band("VH", "gamma0", "db"))

_CODES = {
    1: OPEN_WATER.code,
    2: TREES.code,
    3: NOT_WATER,  # flooded vegetation
    4: LOW_VEGETATION.code,
    5: BUILT_UP.code,
    6: BARE.code,
    9: LOW_VEGETATION.code,
}


def load(folder: Path) -> Source:
    """Read the tile."""
    root = folder / "terramind"
    return Source(
        "terramind", 0.0, tuple(map(_tile, sorted(root.glob("S1RTC/*.tif")))), "Apache-2.0"
    )


def _tile(path: Path) -> LabelledImage:
    values = read_bands(path).astype(np.float32)
    valid = np.asarray(np.isfinite(values).all(axis=0))
    grid = read_grid(path)
    return LabelledImage(
        name=path.stem,
        split="holdout",
        values=np.where(valid, values, np.float32(0)),
        bands=_BANDS,
        valid=valid,
        searched=np.zeros_like(valid),
        labels=recode(read_band(path.parents[1] / "LULC" / path.name), _CODES),
        gsd_m=spacing_m(grid),
        grid=grid,
        platform="Sentinel-1",
        landcover_by="land use map",
        acquired=_acquired(path),
    )


def _acquired(path: Path) -> datetime | None:
    with opened(path) as file:
        told = file.tags().get("datetime")
    return None if told is None else datetime.fromisoformat(told[:19]).replace(tzinfo=UTC)
