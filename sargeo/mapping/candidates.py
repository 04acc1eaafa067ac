"""Objects on their way from the windows to the products, and where the others were left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sargeo.tiling.detections import Detections
from sargeo.tiling.mosaic import StripeResult
from sargeo.tiling.objects import merge_across_seams


@dataclass(frozen=True, slots=True)
class Candidates:
    """Objects that are confident enough, wanted, and seen once.

    Attributes
    ----------
    detections : Detections
    proposed : int
        Objects that the network proposed in the windows that it saw, however doubtful.
    dropped : dict of str to int
        How many of those were left, in this order: "below_confidence"; "outside", centred on
        nodata or outside the area of interest; "seen_twice", by two windows at a seam.
    """

    detections: Detections
    proposed: int
    dropped: dict[str, int]


class CandidateCounter:
    """Takes the objects of the stripes, one after the other.

    Parameters
    ----------
    min_confidence : float
        Objects under it are dropped at once: a doubtful object never ousts a more confident one,
        so that the result is that of dropping them last.
    """

    def __init__(self, min_confidence: float) -> None:
        self._least = min_confidence
        self._proposed = self._outside = 0
        self._confident: list[Detections] = []
        self._owners = [np.zeros(0, np.int64)]

    def add(self, result: StripeResult) -> None:
        """Take the objects of the next stripe."""
        confident = result.detections.confidence >= self._least
        self._proposed += len(result.detections) + len(result.outside)
        self._outside += int(np.count_nonzero(result.outside >= self._least))
        self._confident.append(result.detections.take(confident))
        self._owners.append(result.owner[confident])

    def merge(self, spacing_m: tuple[float, float]) -> Candidates:
        """Merge objects across seams; see `sargeo.tiling.objects.merge_across_seams`."""
        confident = Detections.concatenate(self._confident)
        merged = merge_across_seams(confident, np.concatenate(self._owners), spacing_m)
        return Candidates(
            merged,
            self._proposed,
            {
                "below_confidence": self._proposed - self._outside - len(confident),
                "outside": self._outside,
                "seen_twice": len(confident) - len(merged),
            },
        )
