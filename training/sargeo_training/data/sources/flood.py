"""Sentinel-1 before and after a flood (Copernicus EMS activation EMSR795), 8 bit.

The flood map is incomplete: permanent water is missing. So flooded ground is water afterwards, was
not water before, and all else is unknown.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sargeo.legend import OPEN_WATER
from sargeo.scene.bands import Band
from sargeo_training.data.sources.files import read_band
from sargeo_training.images import NOT_WATER, UNKNOWN, LabelledImage, Source

_BANDS = (
    Band("VV", "uncalibrated", "amplitude"),
    Band("VH", "uncalibrated", "amplitude"),
)
_FOOTPRINT_CELL = 16


def load(folder: Path) -> Source:
    """Read the image before and the image after."""
    root = folder / "flood_emsr795"
    flooded = read_band(root / "flood.tif") == 1
    images = (
        _image(root, "pre", flooded, NOT_WATER),
        _image(root, "post", flooded, OPEN_WATER.code),
    )
    return Source("flood_emsr795", 0.6, images, "Copernicus and CEMS terms")


def _image(root: Path, when: str, flooded: NDArray[np.bool_], code: int) -> LabelledImage:
    values = np.stack([read_band(root / f"{p}_{when}.tif") for p in ("vv", "vh")])
    valid = _footprint(values.max(axis=0) > 0)
    return LabelledImage(
        name=f"emsr795_{when}",
        split="train",
        values=values,
        bands=_BANDS,
        valid=valid,
        searched=np.zeros_like(valid),
        labels=np.where(flooded & valid, code, UNKNOWN).astype(np.uint8),
        gsd_m=None,
        platform="Sentinel-1",
        landcover_by="flood map",
    )


def _footprint(measured: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find where the satellite looked: zeros in smooth water are measurements, the frame is not."""
    rows, cols = (n // _FOOTPRINT_CELL for n in measured.shape)
    cells = measured[: rows * _FOOTPRINT_CELL, : cols * _FOOTPRINT_CELL]
    coarse = cells.reshape(rows, _FOOTPRINT_CELL, cols, _FOOTPRINT_CELL).mean(axis=(1, 3)) > 0.3
    coarse = ndimage.binary_fill_holes(ndimage.binary_closing(coarse, iterations=2))
    footprint = np.zeros(measured.shape, dtype=bool)
    fine = np.kron(coarse, np.ones((_FOOTPRINT_CELL, _FOOTPRINT_CELL), dtype=bool))
    footprint[: fine.shape[0], : fine.shape[1]] = fine
    return footprint
