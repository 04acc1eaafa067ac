"""Near-duplicates: chips that show the same ground in nearly the same image.

An image's hash is the signs of its low spatial frequencies (a perceptual hash by cosine
transform), taken of log amplitude: a gain or a stretch does not change it, speckle hardly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.fft import dctn
from shapely import STRtree

from sargeo.scene.bands import Band
from sargeo.scene.radiometry import to_amplitude
from sargeo_training.data.chips.config import DuplicateSettings
from sargeo_training.data.chips.splits import Boxes
from sargeo_training.images import LabelledPixels

_CELLS, _FREQUENCIES = 32, 16
HASH_BYTES = _FREQUENCIES**2 // 8

_ROWS_AT_ONCE = 512


class Fingerprint(BaseModel):
    """What chips are compared by.

    Attributes
    ----------
    perceptual
        Hash of the first band, `HASH_BYTES` in hexadecimal: near-duplicates differ in few bits.
    exact
        Equal only where all pixels are.
    """

    model_config = ConfigDict(frozen=True)

    perceptual: str
    exact: str

    @classmethod
    def of(cls, pixels: LabelledPixels, bands: Sequence[Band]) -> Fingerprint:
        """Return the fingerprint of the valid pixels of a chip."""
        return cls(perceptual=_perceptual_hash(pixels, bands).hex(), exact=_digest(pixels))


def find_duplicates(
    fingerprints: Sequence[Fingerprint],
    levels: Sequence[str],
    boxes: Boxes,
    order: Sequence[int],
    settings: DuplicateSettings,
) -> set[int]:
    """Return the chips to leave out, so that no two of the rest are near-duplicates.

    Identical chips are duplicates wherever they are. Other chips are only if they are of one level,
    look alike, and show the same ground or have no place.

    Parameters
    ----------
    fingerprints, levels : sequences of length N
    boxes : ndarray of float64, shape (N, 4)
        See `sargeo_training.data.chips.splits.Boxes`.
    order : sequence of int
        All chips; of duplicates the first in it stays.
    settings : DuplicateSettings
    """
    signs = _signs([bytes.fromhex(each.perceptual) for each in fingerprints])
    least = (1 - 2 * settings.distance) * signs.shape[1]
    place = np.isfinite(boxes).all(axis=1)
    alike: dict[int, list[int]] = {}
    for level in dict.fromkeys(levels):
        chosen = np.array([other == level for other in levels])
        for one, other in (
            *_on_same_ground(signs, boxes, np.flatnonzero(chosen & place), least, settings.overlap),
            *_anywhere(signs, np.flatnonzero(chosen & ~place), least),
        ):
            alike.setdefault(one, []).append(other)
            alike.setdefault(other, []).append(one)
    return _later_of_equals([each.exact for each in fingerprints], alike, order)


def _later_of_equals(
    digests: Sequence[str], alike: dict[int, list[int]], order: Sequence[int]
) -> set[int]:
    kept: set[int] = set()
    seen: set[str] = set()
    for i in order:
        if digests[i] not in seen and kept.isdisjoint(alike.get(i, ())):
            kept.add(i)
            seen.add(digests[i])
    return set(order) - kept


def _perceptual_hash(pixels: LabelledPixels, bands: Sequence[Band]) -> bytes:
    amplitude = to_amplitude(pixels.values[0].astype(np.float32), bands[0].scale) * pixels.valid
    weight = _cells(pixels.valid.astype(np.float32))
    mean = _cells(amplitude) / np.maximum(weight, 1e-6)
    seen = weight > 0
    level = float(np.median(mean[seen])) or 1.0
    log = np.where(seen, np.log1p(mean / level), np.log(2.0))
    low = dctn(log, norm="ortho")[:_FREQUENCIES, :_FREQUENCIES].ravel()
    return np.packbits(low > np.median(low[1:])).tobytes()


def _digest(pixels: LabelledPixels) -> str:
    content = hashlib.sha256(repr((pixels.values.shape, pixels.values.dtype.str)).encode())
    content.update(np.where(pixels.valid, pixels.values, 0).tobytes())
    content.update(pixels.valid.tobytes())
    return content.hexdigest()[:32]


def _cells(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """Average a plane over a fixed number of cells along each side."""
    edges = [np.arange(_CELLS) * n // _CELLS for n in plane.shape]
    sums = np.add.reduceat(plane.astype(np.float64), edges[0], axis=0)
    sums = np.add.reduceat(sums, edges[1], axis=1)
    sizes = [np.maximum(np.diff([*e, n]), 1) for e, n in zip(edges, plane.shape, strict=True)]
    return np.asarray(sums / np.outer(*sizes))


def _signs(hashes: Sequence[bytes]) -> NDArray[np.float32]:
    """Turn bits into -1 and 1: the product of two hashes is then bits less twice the differing."""
    packed = np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, HASH_BYTES)
    return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1


def _on_same_ground(
    signs: NDArray[np.float32],
    boxes: Boxes,
    chips: NDArray[np.int64],
    least: float,
    overlap: float,
) -> Iterator[tuple[int, int]]:
    shapes = np.asarray(shapely.box(*boxes[chips].T))
    one, other = STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    either = shapely.area(shapes[one]) + shapely.area(shapes[other]) - shared
    same = shared >= overlap * either
    one, other = chips[one[same]], chips[other[same]]
    near = np.einsum("ij,ij->i", signs[one], signs[other]) >= least
    yield from zip(one[near].tolist(), other[near].tolist(), strict=True)


def _anywhere(
    signs: NDArray[np.float32], chips: NDArray[np.int64], least: float
) -> Iterator[tuple[int, int]]:
    chosen = signs[chips]
    for start in range(0, len(chips), _ROWS_AT_ONCE):
        one, other = np.nonzero(chosen[start : start + _ROWS_AT_ONCE] @ chosen.T >= least)
        one = one + start
        later = one < other
        yield from zip(chips[one[later]].tolist(), chips[other[later]].tolist(), strict=True)
