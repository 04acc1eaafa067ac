"""Facts of land cover from labelled pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from sargeo.legend import LAND_COVER, LAND_COVER_CODES, OPEN_WATER, LandCoverClass
from sargeo_training.data.facts import PATCH_SHARE, SECTORS, Bounds, LandCoverFacts
from sargeo_training.images import NOT_WATER

_NEIGHBOURS = np.ones((3, 3), dtype=bool)
"""Pixels that share a corner are connected too: a canal may run along the diagonal."""

_CODES = 256


def landcover_facts(
    labels: NDArray[np.uint8], valid: NDArray[np.bool_], layer: str
) -> LandCoverFacts | None:
    """Measure shares, sectors and patches of the classes of the legend.

    Parameters
    ----------
    labels : ndarray of uint8, shape (H, W)
        Codes of `sargeo.legend`, or `NOT_WATER`, which bounds the share of every class; every
        other code is unknown.
    valid : ndarray of bool, shape (H, W)
        Where the chip shows anything.
    layer : str
        Name of the layer that the labels come from.

    Returns
    -------
    LandCoverFacts or None
        None where nothing is known of any valid pixel.
    """
    counts = _counts(labels, valid)
    if not counts[:, (NOT_WATER, *LAND_COVER_CODES)].any():
        return None
    whole = counts.sum(axis=0, keepdims=True)
    possible = [c for c in LAND_COVER if _bounds(whole, c)[0].highest]
    return LandCoverFacts(
        layer=layer,
        known=float(whole[0, LAND_COVER_CODES].sum() / whole.sum()),
        shares={c.name: _bounds(whole, c)[0] for c in possible},
        sectors={c.name: _bounds(counts, c) for c in possible},
        patches={c.name: _patches(valid & (labels == c.code)) for c in possible},
    )


def _counts(labels: NDArray[np.uint8], valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the valid pixels of each sector and code, shape (9, 256)."""
    down, across = ((3 * (np.arange(n) + 0.5) / n).astype(np.int64) for n in labels.shape)
    sector = 3 * down[:, None] + across[None, :]
    cells = (_CODES * sector + labels)[valid]
    return np.bincount(cells, minlength=_CODES * len(SECTORS)).reshape(len(SECTORS), _CODES)


def _bounds(counts: NDArray[np.int64], of: LandCoverClass) -> tuple[Bounds, ...]:
    """Return the bounds of a class's share for each row of counts."""
    others = [code for code in LAND_COVER_CODES if code != of.code]
    ruled_out = [*others, NOT_WATER] if of is OPEN_WATER else others
    total = counts.sum(axis=1)
    least, most = counts[:, of.code], total - counts[:, ruled_out].sum(axis=1)
    shares = (np.stack([least, most]) / np.maximum(total, 1)).tolist()
    return tuple(Bounds(*pair) for pair in zip(*shares, strict=True))


def _patches(mask: NDArray[np.bool_]) -> int:
    areas, _ = label(mask, structure=_NEIGHBOURS)
    sizes = np.bincount(areas.ravel())[1:]
    return int((sizes > PATCH_SHARE * mask.size).sum())
