"""Labelled images made up in memory: dark water above bright land, ships on the water."""

from __future__ import annotations

from typing import Any

import numpy as np

from sargeo.legend import LOW_VEGETATION, OPEN_WATER
from sargeo.scene.bands import Band
from sargeo_training.images import LabelledImage, Source, Split

CALIBRATED = (Band("VV", "sigma0", "linear"), Band("VH", "sigma0", "linear"))
PICTURE = (Band("HH", "uncalibrated", "amplitude"),)
SHIPS = np.array([[20.5, 30.0, 6, 12, 13], [40.0, 90.0, 10, 4, 10.5]], dtype=np.float32)


def coast(
    name: str = "coast",
    *,
    split: Split = "train",
    bands: tuple[Band, ...] = CALIBRATED,
    size: int = 128,
    **changes: Any,
) -> LabelledImage:
    """Return an image with water in the upper half and ships as bright boxes on it."""
    rng = np.random.default_rng(len(name))
    labels = np.full((size, size), LOW_VEGETATION.code, dtype=np.uint8)
    labels[: size // 2] = OPEN_WATER.code
    power = np.where(labels == OPEN_WATER.code, 0.005, 0.1)
    power = power * rng.gamma(4, 1 / 4, (len(bands), size, size))
    for row, col, height, width, _ in SHIPS:
        rows = slice(int(row - height / 2), int(row + height / 2))
        power[:, rows, int(col - width / 2) : int(col + width / 2)] = 5.0
    values = power if bands[0].calibrated else np.minimum(np.sqrt(power) * 200, 255)
    everywhere = np.ones((size, size), dtype=bool)
    given: dict[str, Any] = {
        "name": name,
        "split": split,
        "values": values.astype(np.float32 if bands[0].calibrated else np.uint8),
        "bands": bands,
        "valid": everywhere,
        "labels": labels,
        "searched": everywhere,
        "ships": SHIPS.copy(),
        "gsd_m": (10.0, 8.0),
    }
    return LabelledImage(**{**given, **changes})


def coast_sources() -> tuple[Source, ...]:
    """Return two sources with images of both splits."""
    return tuple(
        Source(
            name, 1.0, (coast("train", bands=b), coast("held", split="holdout", bands=b)), "none"
        )
        for name, b in (("calibrated", CALIBRATED), ("picture", PICTURE))
    )
