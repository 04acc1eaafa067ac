"""How the values of a band are spread, and what values spread so can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sargeo.scene.bands import Quantity, Scale

_DARK, _BRIGHT, _NOISE = 1e-5, 30.0, 0.05
"""Power that some pixel of a calibrated scene exceeds, that its median does not, and how far noise
removal can bring that median below zero."""

_FLAGS = (0, 1, 2, 3)
"""What masks hold: SNAP's of layover and shadow counts to 3."""

MULTIPLES = {0.1: "tenths", 0.01: "hundredths", 0.001: "thousandths"}
"""What programs write decibels in, to keep them as integers."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of a band are spread.

    Attributes
    ----------
    low, median, high : float
        The first, middle and last percentile.
    flags : bool
        Whether there are no values but those of masks.
    """

    low: float
    median: float
    high: float
    flags: bool = False

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Spread:
        """Return the spread of values, shape (N,), of which there is at least one."""
        low, median, high = np.percentile(values, (1, 50, 99))
        return cls(float(low), float(median), float(high), bool(np.isin(values, _FLAGS).all()))

    def fits(self, scale: Scale, quantity: Quantity | None) -> bool:
        """Tell whether values spread so can be of a scale, and of a quantity if that is known."""
        calibrated = quantity not in (None, "uncalibrated")
        if scale == "db":
            if quantity == "uncalibrated":  # 20 log10 of a digital number, say
                return -60 <= self.median <= 120
            return self._like_decibels
        if scale == "amplitude":
            return self.median >= 0 and (
                not calibrated or (self.median**2 <= _BRIGHT and self.high**2 >= _DARK)
            )
        if not calibrated:
            # Negative power is what noise removal leaves, far below what is bright.
            return self.median > -1 or self.high > max(_BRIGHT, -10 * self.median)
        return -_NOISE <= self.median <= _BRIGHT and self.high >= _DARK

    @property
    def _like_decibels(self) -> bool:
        """Whether values can be decibels of backscatter.

        From calm sea below the noise to a city, medians lie between -50 and 15 dB. Decibels reach
        below -1 in any scene: that tells them from power near zero, which noise removal leaves
        partly negative. A scene as bright as a city is not as even as a forest: that tells decibels
        that were divided by ten too often.
        """
        if not (-60 <= self.median <= 20 and self.low < -1 and self.high <= 40):
            return False
        return self.median <= -5 or self.high - self.low >= 4

    @property
    def like_raised_decibels(self) -> bool:
        """Whether values can be decibels of digital numbers: all above zero, and close together.

        Power and amplitude of speckle reach many times their median, decibels do not.
        """
        together = self.low > 0 and self.high < 4 * self.median
        return together and 2 <= self.median <= 120 and self.high <= 130

    @property
    def like_negated_decibels(self) -> bool:
        """Whether values can be decibels of backscatter that lack their minus sign."""
        return self.like_raised_decibels and self.times(-1)._like_decibels and self.high <= 45

    @property
    def like_angles(self) -> bool:
        """Whether values are spread as incidence angles are, and as no speckled scene is."""
        return self.low >= 15 and self.high <= 75 and self.high < 2.5 * self.low

    def times(self, factor: float) -> Spread:
        """Return the spread of all values times a factor."""
        low, high = sorted((factor * self.low, factor * self.high))
        return Spread(low, factor * self.median, high)

    def decibel_multiple(self) -> float | None:
        """Return what turns values into decibels if they are multiples of them, else None."""
        for factor in MULTIPLES:
            scaled = self.times(factor)
            if scaled.low >= -60 and -50 <= scaled.median <= 0 and scaled.fits("db", None):
                return factor
        return None
