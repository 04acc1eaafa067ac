"""What the files of a scene say about its bands, gathered for `sargeo.scene.interpret`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sargeo.scene.bands import Polarisation, Quantity, Scale
from sargeo.scene.spread import Spread
from sargeo.scene.validity import Storage
from sargeo.scene.words import polarisations_in, quantities_in, scales_in

PLACES = (
    "from the band description",
    "from the band tags",
    "from the band unit",
    "from the file's tags",
    "from the file name",
)
"""Where something may be said about a band, most specific first."""

_OWN = 2
"""How many of `PLACES`, the first, are of one band whatever the reader."""

Stored = Literal["integer", "scaled", "float"]
"""Plain integers; integers or floats that a scale or offset turns into values; plain floats."""


@dataclass(frozen=True)
class Clues:
    """What the files of a scene say about its bands.

    Attributes
    ----------
    source : str
        For messages.
    texts : sequence of sequence of str
        For each band, what is said in each of `PLACES`; empty where nothing is.
    storages : sequence of Storage
        How each band is stored.
    values : sequence of Spread
        Of each band's measurements, in a sample of the scene.
    positions : sequence of int
        Place of each band, from 0, among all that the files hold.
    total : int
        How many those are, with the ones that are left out.
    say : str
        How the user says what the source does not, with ``{}`` for what.
    rescale : str
        How the user gives all bands another ``{scale}`` and ``{offset}``.
    """

    source: str
    texts: Sequence[Sequence[str]]
    storages: Sequence[Storage]
    values: Sequence[Spread]
    positions: Sequence[int]
    total: int
    say: str = "--assume {}"
    rescale: str = (
        "set the scale of the bands with gdal_edit.py -scale {scale:g} -offset {offset:g} FILE"
    )

    def places(self, band: int) -> list[tuple[str, str]]:
        """Return where and what is said about a band, most specific first."""
        return list(zip(PLACES, self.texts[band], strict=True))

    def stored(self, band: int) -> Stored:
        """Tell how a band is stored."""
        storage = self.storages[band]
        if storage.scaled:
            return "scaled"
        return "integer" if storage.dtype.kind in "iu" and not storage.decoded else "float"

    def title(self, band: int) -> str:
        """Return what a band is called in messages."""
        return f"Band {self.positions[band] + 1} of {self.source}"

    def stated_scale(self, band: int) -> tuple[Scale, str] | None:
        """Return the scale that the most specific place names that names one, and the place."""
        for place, text in self.places(band):
            said = scales_in(text)
            if len(said) == 1:
                return said.pop(), place
        return None

    def stated_quantity(self, band: int) -> tuple[Quantity, str] | None:
        """Return the quantity that the most specific place names that names one, and the place."""
        for place, text in self.places(band):
            said = quantities_in(text)
            if len(said) == 1:
                return said.pop(), place
        return None

    def own_polarisation(self, band: int) -> Polarisation | None:
        """Return the polarisation that a band's own name or tags give to it alone."""
        for text in self.texts[band][:_OWN]:
            said = polarisations_in(text)
            if len(said) == 1:
                return said[0]
        return None

    def like_angles(self, band: int) -> bool:
        """Tell whether values are spread as angles, and no name of the band says otherwise."""
        named = any(
            polarisations_in(text) or "db" in scales_in(text) for text in self.texts[band][:_OWN]
        )
        return not named and self.stored(band) == "float" and self.values[band].like_angles

    def rescaled(self, band: int, factor: float) -> str:
        """Say how values are multiplied by a factor."""
        storage = self.storages[band]
        return self.rescale.format(
            scale=factor * storage.scale, offset=factor * storage.offset + 0.0
        )
