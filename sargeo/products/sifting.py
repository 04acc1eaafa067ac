"""What is left of objects after one filter upon another, and how many each took away."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class Sifting:
    """Objects on their way through filters.

    Attributes
    ----------
    kept : ndarray of bool, shape (M,)
        Objects that no filter has dropped so far.
    dropped : dict of str to int
        How many each filter dropped of those that the filters before it had left, in their order.
    """

    kept: NDArray[np.bool_]
    dropped: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, count: int) -> Sifting:
        """Begin with all of so many objects."""
        return cls(np.ones(count, dtype=bool))

    def drop(self, filter_name: str, unwanted: NDArray[np.bool_]) -> None:
        """Drop the objects that a filter does not want; ``unwanted`` has the shape of `kept`."""
        self.dropped[filter_name] = int(np.count_nonzero(self.kept & unwanted))
        self.kept = self.kept & ~unwanted
