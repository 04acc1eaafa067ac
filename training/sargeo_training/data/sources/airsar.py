"""AIRSAR: airborne L-band over Flevoland (crops) and San Francisco (city and sea)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sargeo.legend import BARE, BUILT_UP, LOW_VEGETATION, OPEN_WATER, TREES
from sargeo.scene.bands import Band
from sargeo_training.data.sources.files import read_band, read_bands, recode, split_by_name
from sargeo_training.images import NOT_WATER, UNKNOWN, LabelledImage, Source, Split

_FLEVOLAND_CODES = {
    1: OPEN_WATER.code,
    2: TREES.code,
    **dict.fromkeys((3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14), LOW_VEGETATION.code),
    10: BARE.code,
    15: BUILT_UP.code,
}
_SAN_FRANCISCO_CODES = {
    1: BARE.code,
    2: NOT_WATER,  # mountain: grass, shrubs and trees
    3: OPEN_WATER.code,
    4: BUILT_UP.code,
    5: NOT_WATER,  # vegetation of any height
}
_HELD_OUT_FIELDS = 0.25


def load_flevoland(folder: Path) -> Source:
    """Read the Flevoland scene as two images: the fields to train on, and the fields held out."""
    root = folder / "airsar_flevoland"
    raw = read_bands(root / "hh_vv_hv_quarter_db.tif")
    codes = read_band(root / "labels_train.tif")
    held_out = _held_out_fields(codes)
    labels = recode(codes, _FLEVOLAND_CODES)
    bands = tuple(Band(p, "sigma0", "db") for p in ("HH", "VV", "HV"))
    values = raw.astype(np.float32) / np.float32(4) - np.float32(
        50
    )  # the coding of the copy, see the data's README
    valid = np.asarray((raw > 0).any(axis=0))

    def image(split: Split) -> LabelledImage:
        shown = held_out if split == "holdout" else ~held_out
        return LabelledImage(
            name="flevoland",
            split=split,
            values=values,
            bands=bands,
            valid=valid,
            searched=np.zeros_like(valid),
            platform="AIRSAR",
            labels=np.where(shown, labels, UNKNOWN).astype(np.uint8),
        )

    return Source("airsar_flevoland", 0.8, (image("train"), image("holdout")), "unknown")


def load_san_francisco(folder: Path) -> Source:
    """Read the green channel of the Pauli picture, which is the amplitude of HV up to a stretch."""
    root = folder / "airsar_san_francisco"
    values = read_bands(root / "pauli.tif")[1:2]
    valid = np.ones(values.shape[1:], dtype=bool)
    bands = (Band("HV", "uncalibrated", "amplitude"),)
    image = LabelledImage(
        name="san_francisco",
        split="train",
        values=values,
        bands=bands,
        valid=valid,
        searched=np.zeros_like(valid),
        platform="AIRSAR",
        labels=recode(read_band(root / "labels.tif"), _SAN_FRANCISCO_CODES),
    )
    return Source("airsar_san_francisco", 0.3, (image,), "unknown")


def _held_out_fields(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Choose whole fields (connected areas of one class), never single pixels."""
    held_out = np.zeros(codes.shape, dtype=bool)
    for code in np.unique(codes[codes > 0]):
        fields, count = ndimage.label(codes == code)
        chosen = [
            split_by_name(f"{code}/{i}", _HELD_OUT_FIELDS) == "holdout" for i in range(1, count + 1)
        ]
        held_out |= np.array([False, *chosen])[fields]
    return held_out
