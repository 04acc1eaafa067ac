"""What the user says about a file that does not say it: ``--assume vv,vh,skip,db,gsd=10``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, cast

from sargeo.errors import UsageError
from sargeo.scene.bands import POLARISATIONS, QUANTITIES, SCALES, Polarisation, Quantity, Scale
from sargeo.scene.platforms import UNKNOWN, platform_called

SKIP: Literal["skip"] = "skip"
"""Stands for a band that is no measurement, such as an angle or a mask."""

_PLATFORM = "platform="

_REMEDY = (
    "Give a list such as --assume vv,vh,db; known are vv, vh, hh, hv and skip (in band "
    "order), db, linear, amplitude, sigma0, gamma0, beta0, uncalibrated, gsd=METRES, gsd=unknown, "
    "platform=NAME and platform=unknown."
)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What overrides the file. Whatever is None or empty is left to the file.

    Attributes
    ----------
    polarisations : tuple of str
        In band order; `SKIP` for a band that is left out.
    scale, quantity : str or None
        Of all bands.
    gsd_m : float or None
        Ground spacing in metres that the model is told instead of the grid's.
    gsd_unknown : bool
        The grid's spacing says nothing about the ground.
    platform : str or None
        Satellite or aircraft, `sargeo.scene.platforms.UNKNOWN` if none is to be believed.
    """

    polarisations: tuple[Polarisation | Literal["skip"], ...] = field(default=())
    scale: Scale | None = None
    quantity: Quantity | None = None
    gsd_m: float | None = None
    gsd_unknown: bool = False
    platform: str | None = None

    @classmethod
    def parse(cls, text: str) -> Assumptions:
        """Read a comma-separated list, in any case and order.

        Raises
        ------
        UsageError
            If a key is unknown, doubled or contradicted.
        """
        assumed = cls()
        for part in map(str.strip, text.split(",")):
            if part.lower().startswith(_PLATFORM):
                assumed = assumed._from(part[len(_PLATFORM) :], text)
            elif part:
                assumed = assumed._with(part.lower(), text)
        return assumed

    @property
    def measured(self) -> tuple[Polarisation, ...]:
        """The polarisations of the bands that are not skipped."""
        return tuple(p for p in self.polarisations if p != "skip")

    def _with(self, key: str, text: str) -> Assumptions:
        if key == SKIP:
            return replace(self, polarisations=(*self.polarisations, SKIP))
        if key.upper() in POLARISATIONS:
            polarisation = cast("Polarisation", key.upper())
            _refuse_if(polarisation in self.polarisations, f"names {key} twice", text)
            return replace(self, polarisations=(*self.polarisations, polarisation))
        if key in SCALES:
            _refuse_if(self.scale not in (None, key), "names two scales", text)
            return replace(self, scale=key)
        if key in QUANTITIES:
            _refuse_if(self.quantity not in (None, key), "names two quantities", text)
            return replace(self, quantity=key)
        _refuse_if(not key.startswith("gsd="), f"holds {key!r}, which is not known", text)
        _refuse_if(self.gsd_unknown or self.gsd_m is not None, "names gsd twice", text)
        if key == "gsd=unknown":
            return replace(self, gsd_unknown=True)
        return replace(self, gsd_m=_metres(key.removeprefix("gsd="), text))

    def _from(self, platform: str, text: str) -> Assumptions:
        """Take any name as it is said: models may know platforms that no file names."""
        name = UNKNOWN if platform.lower() == UNKNOWN else platform_called(platform)
        _refuse_if(not name, "names no platform", text)
        _refuse_if(self.platform is not None, "names platform twice", text)
        return replace(self, platform=name)


def _metres(number: str, text: str) -> float:
    try:
        metres = float(number)
    except ValueError:
        metres = float("nan")
    _refuse_if(not 0 < metres < 1e5, f"holds gsd={number}, which is no length in metres", text)
    return metres


def _refuse_if(wrong: bool, what: str, text: str) -> None:
    if wrong:
        raise UsageError(f"--assume {text} {what}.", _REMEDY)
