"""Facts of land cover from labelled pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from sargeo.legend import LAND_COVER, LAND_COVER_CODES
from sargeo_training.geovl.facts import PATCH_SHARE, SECTORS, LandCoverFacts

_NEIGHBOURS = np.ones((3, 3), dtype=bool)
"""Pixels that share a corner are connected too: a canal may run along the diagonal."""


def landcover_facts(
    labels: NDArray[np.uint8], valid: NDArray[np.bool_], layer: str
) -> LandCoverFacts | None:
    """Measure shares, sectors and patches of the classes of the legend.

    Partial labels such as "not water" count as unknown: they tell no class.

    Parameters
    ----------
    labels : ndarray of uint8, shape (H, W)
        Codes of `sargeo.legend`; every other code is unknown.
    valid : ndarray of bool, shape (H, W)
        Where the chip shows anything.
    layer : str
        Name of the layer that the labels come from.

    Returns
    -------
    LandCoverFacts or None
        None where no valid pixel has a class.
    """
    known = valid & np.isin(labels, LAND_COVER_CODES)
    if not known.any():
        return None
    sector = _sector_of_pixels(labels.shape)
    masks = {c.name: known & (labels == c.code) for c in LAND_COVER}
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    total = known.sum()
    per_sector = np.maximum(_count(sector, known), 1)
    return LandCoverFacts(
        layer=layer,
        known=float(total / valid.sum()),
        shares={name: float(mask.sum() / total) for name, mask in masks.items()},
        sectors={
            name: tuple((_count(sector, mask) / per_sector).tolist())
            for name, mask in masks.items()
        },
        patches={name: _patches(mask) for name, mask in masks.items()},
    )


def _sector_of_pixels(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Index into `SECTORS` of every pixel, by its centre."""
    down, across = ((3 * (np.arange(n) + 0.5) / n).astype(np.int64) for n in shape)
    return 3 * down[:, None] + across[None, :]


def _count(sector: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.bincount(sector[mask], minlength=len(SECTORS))


def _patches(mask: NDArray[np.bool_]) -> int:
    areas, _ = label(mask, structure=_NEIGHBOURS)
    sizes = np.bincount(areas.ravel())[1:]
    return int((sizes > PATCH_SHARE * mask.size).sum())
