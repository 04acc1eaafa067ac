"""What a band of a scene is: polarisation, quantity and scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Polarisation = Literal["VV", "VH", "HH", "HV"]
"""Transmit and receive polarisation."""

Quantity = Literal["sigma0", "gamma0", "beta0", "uncalibrated"]
"""Sigma nought (per ground area), gamma nought (per area across the line of sight), beta nought
(per slant-range area), or digital numbers that nobody calibrated."""

Scale = Literal["db", "linear", "amplitude"]
"""Decibels of power, linear power, or amplitude (the square root of power)."""

POLARISATIONS: tuple[Polarisation, ...] = get_args(Polarisation)
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
SCALES: tuple[Scale, ...] = get_args(Scale)


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a scene.

    Attributes
    ----------
    polarisation : {"VV", "VH", "HH", "HV"}
    quantity : {"sigma0", "gamma0", "beta0", "uncalibrated"}
    scale : {"db", "linear", "amplitude"}
    """

    polarisation: Polarisation
    quantity: Quantity
    scale: Scale

    @property
    def calibrated(self) -> bool:
        """Whether values are absolute backscatter, comparable between scenes."""
        return self.quantity != "uncalibrated"

    @property
    def fed_as(self) -> Quantity:
        """What a network is told that it is fed with: all that is calibrated as sigma nought.

        See docs/decisions/quantities.md: training holds no gamma nought, so that a network that is
        conditioned on it answers at random.
        """
        return "sigma0" if self.calibrated else "uncalibrated"
