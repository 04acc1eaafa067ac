"""SEN12MS-CR: Sentinel-1 patches of four places, without labels (Ebel et al. 2021).

They show land that no labelled data set has, to learn to see and to tell of place and acquisition.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sargeo.scene.bands import Band
from sargeo_training.data.sources.files import read_bands, read_grid, spacing_m
from sargeo_training.images import UNKNOWN, LabelledImage, Source

_BANDS = (Band("VV", "sigma0", "db"), Band("VH", "sigma0", "db"))


def load(folder: Path) -> Source:
    """Read all patches; never trained on with labels."""
    paths = sorted((folder / "sen12mscr").glob("*.tif"))
    return Source("sen12mscr", 0.0, tuple(map(_patch, paths)), "unknown")


def _patch(path: Path) -> LabelledImage:
    values = read_bands(path).astype(np.float32)
    valid = np.asarray(np.isfinite(values).all(axis=0))
    grid = read_grid(path)
    return LabelledImage(
        name=path.stem,
        split="train",
        values=np.where(valid, values, np.float32(0)),
        bands=_BANDS,
        valid=valid,
        searched=np.zeros_like(valid),
        labels=np.full(valid.shape, UNKNOWN, dtype=np.uint8),
        gsd_m=spacing_m(grid),
        grid=grid,
        platform="Sentinel-1",
    )
