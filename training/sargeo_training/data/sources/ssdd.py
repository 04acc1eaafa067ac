"""SSDD: ships in 8-bit images of several satellites (Zhang et al. 2021), with sea masks."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from sargeo.legend import OPEN_WATER
from sargeo.scene.bands import POLARISATIONS, Band
from sargeo_training.data.sources.files import read_band, recode, split_by_name
from sargeo_training.images import NO_SHIPS, NOT_WATER, PLACES, LabelledImage, Source

_SEA, _LAND = 255, 0  # in the masks: the 255 side is darker in every image that holds both
_HOLDOUT_SHARE, _VALIDATION_SHARE = 0.15, 0.08


def load(folder: Path) -> Source:
    """Read all images; each stands as a whole on one side of the split."""
    root = folder / "ssdd"
    images = tuple(_image(root, p.stem) for p in sorted((root / "annotations").glob("*.xml")))
    return Source("ssdd", 5.0, images, "Apache-2.0; sea masks unknown")


def _image(root: Path, stem: str) -> LabelledImage:
    values = read_band(root / "images" / f"{stem}.jpg")[None]
    valid = np.ones(values.shape[1:], dtype=bool)
    # The copy does not say which polarisation: a fixed one by name, so that all four are seen.
    bands = (Band(POLARISATIONS[int(stem) % len(POLARISATIONS)], "uncalibrated", "amplitude"),)
    mask = read_band(root / "land_masks" / f"{stem}.png")
    return LabelledImage(
        name=stem,
        split=split_by_name(stem, _HOLDOUT_SHARE, _VALIDATION_SHARE),
        values=values,
        bands=bands,
        polarisation_known=False,
        valid=valid,
        labels=recode(mask, {_SEA: OPEN_WATER.code, _LAND: NOT_WATER}),
        ships=ship_rows(ElementTree.parse(root / "annotations" / f"{stem}.xml").getroot()),
        searched=valid,
        landcover_by="sea masks",
        places=np.broadcast_to(np.uint8(_place(mask)), mask.shape),
    )


def _place(mask: NDArray[np.uint8]) -> int:
    """Call a whole image inshore if its mask shows land."""
    return PLACES.index("inshore" if (mask == _LAND).any() else "offshore")


def ship_rows(annotation: ElementTree.Element) -> NDArray[np.float32]:
    """Return the ship table of a VOC annotation, a row for each of its objects in their order.

    The length is that of the rotated box, NaN where an object has an upright box alone.
    """
    objects = annotation.findall("object")
    return np.array([_ship(o) for o in objects], dtype=np.float32).reshape(-1, NO_SHIPS.shape[1])


def _ship(item: ElementTree.Element) -> tuple[float, ...]:
    """Return a row of the ship table: upright box, and the longer side of the rotated box."""
    left, top, right, bottom = (
        float(item.findtext(f"bndbox/{k}", "nan")) for k in ("xmin", "ymin", "xmax", "ymax")
    )
    sides = [float(item.findtext(f"rotated_bndbox/rotated_bbox_{k}", "nan")) for k in "wh"]
    return (top + bottom) / 2, (left + right) / 2, bottom - top, right - left, max(sides)
