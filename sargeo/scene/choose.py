"""Which bands of a file or array are measurements, and which only accompany them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sargeo.errors import UnsupportedPixelsError, UsageError
from sargeo.scene.assumptions import SKIP, Assumptions
from sargeo.scene.bands import POLARISATIONS
from sargeo.scene.sampling import Likely, Reader, sample_values

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
"""Words of snake_case and camelCase: SNAP has localIncidenceAngle and layoverShadowMask."""

_ANGLE_WORDS = {
    "angle",
    "incidence",
    "incidenceangle",
    "inc",
    "lia",
    "theta",
    "localincidenceangle",
    "incang",
    "lookangle",
}
_MASK_WORDS = {
    "mask",
    "layover",
    "shadow",
    "layovershadow",
    "layovershadowmask",
    "ls",
    "lsm",
    "lsmap",
    "shadowmask",
    "datamask",
}
_OTHER_WORDS = {
    "elevation",
    "dem",
    "latitude",
    "longitude",
    "lat",
    "lon",
    "height",
    "ratio",
    "scattering",
    "scatteringarea",
}
"""How Earth Engine ("angle"), SNAP, HyP3 ("inc", "ls", "dem") and pyroSAR ("lia") name bands and
files that accompany backscatter."""

_DEGREES = 5, 75
"""Incidence angles of any imaging radar."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A band that is not mapped.

    Attributes
    ----------
    position : int
        Place among all bands, from 0.
    name : str
        What it is called; empty where it has no name.
    what : str
        "incidence angle", "mask", "no backscatter", or "skipped by the user".
    """

    position: int
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Which bands are mapped, by their places among all bands, and which are not."""

    kept: tuple[int, ...]
    companions: tuple[Companion, ...]


def choose_bands(source: str, names: Sequence[str], assume: Assumptions) -> Choice:
    """Choose the bands that hold measurements.

    Parameters
    ----------
    source : str
        For messages.
    names : sequence of str
        What each band calls itself, in order; empty where it does not.
    assume : Assumptions
        Whose polarisations stand for all bands, or for those that are left after companions.

    Raises
    ------
    UsageError
        If the user names neither number of bands.
    UnsupportedPixelsError
        If no band is left, or more than there are polarisations.
    """
    assumed = assume.polarisations
    if len(assumed) == len(names):
        companions = [
            Companion(i, name, companion_of(name) or "skipped by the user")
            for i, (name, said) in enumerate(zip(names, assumed, strict=True))
            if said == SKIP
        ]
    else:
        found = [(i, name, companion_of(name)) for i, name in enumerate(names)]
        companions = [Companion(i, name, what) for i, name, what in found if what]
        if assumed and (SKIP in assumed or len(assumed) != len(names) - len(companions)):
            raise _wrong_number(source, assumed, names, companions)
    left_out = {companion.position for companion in companions}
    kept = tuple(i for i in range(len(names)) if i not in left_out)
    if not kept:
        raise UnsupportedPixelsError(
            f"{source} holds no backscatter: its bands are {_listed(companions)}.",
            "Give the file that holds backscatter.",
        )
    if len(kept) > len(POLARISATIONS):
        raise UnsupportedPixelsError(
            f"{source} has {len(kept)} bands, where a scene has one per polarisation.",
            "Name its polarisations in band order, and skip for every other band, such as "
            f"--assume {','.join(['vv', 'vh', *[SKIP] * (len(names) - 2)])}.",
        )
    return Choice(kept, tuple(companions))


def companion_of(name: str) -> str:
    """Tell what a band's name says it is, if that is no backscatter; empty otherwise.

    >>> companion_of("localIncidenceAngle"), companion_of("Sigma0_VV_masked")
    ('incidence angle', '')
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if re.search(r"\b[vh][vh] ?/ ?[vh][vh]\b", name, re.IGNORECASE):
        return "no backscatter"  # a ratio
    if _names_backscatter(words):
        return ""
    # A mask of an angle is a mask, and one of layover and incidence too.
    for what, known in (
        ("mask", _MASK_WORDS),
        ("incidence angle", _ANGLE_WORDS),
        ("no backscatter", _OTHER_WORDS),
    ):
        if known.intersection(words):
            return what
    return ""


def _names_backscatter(words: Sequence[str]) -> bool:
    """Tell whether a name is one of a polarisation, whatever else it says of how it was made.

    SNAP has Sigma0_VV_use_projected_local_incidence_angle_from_dem, which is no angle: it names
    more than a polarisation and what accompanies one, and neither begins with that nor ends in it.
    """
    aside = _ANGLE_WORDS | _MASK_WORDS | _OTHER_WORDS
    polarisations = {word for word in words if word.upper() in POLARISATIONS}
    if len(polarisations) != 1 or words[0] in aside or words[-1] in _MASK_WORDS | {"ratio"}:
        return False
    return bool(set(words) - polarisations - aside - {"local", "projected", "area", "and", "0"})


def mean_angle_deg(read: Reader, shape: tuple[int, int], likely: Likely = tuple) -> float | None:
    """Return the mean of a band of incidence angles in degrees, None if it holds none."""
    sample = sample_values(read, shape, likely)
    if sample.size == 0:
        return None
    mean = float(np.mean(sample, dtype=np.float64))
    return round(mean, 2) if _DEGREES[0] <= mean <= _DEGREES[1] else None


def _wrong_number(
    source: str, assumed: Sequence[str], names: Sequence[str], companions: Sequence[Companion]
) -> UsageError:
    left = len(names) - len(companions)
    aside = f", {left} without {_listed(companions)}" if companions else ""
    example = ",".join(("vv", "vh", "hh", "hv")[: min(left, 4)])
    return UsageError(
        f"--assume names {', '.join(assumed)}, but the number of bands of {source} is "
        f"{len(names)}{aside}.",
        "Name one polarisation for each band, in order, and skip for a band that holds none, such "
        f"as --assume {example}.",
    )


def _listed(companions: Sequence[Companion]) -> str:
    return ", ".join(f"{c.name or f'band {c.position + 1}'} ({c.what})" for c in companions)
