"""What a user is advised to assume of bands that are not understood: what their values bear out."""

from __future__ import annotations

from collections.abc import Sequence

from sargeo.scene.assumptions import SKIP, Assumptions
from sargeo.scene.bands import POLARISATIONS, SCALES, Polarisation, Quantity, Scale
from sargeo.scene.clues import PLACES, Clues
from sargeo.scene.words import polarisations_in


def whole_proposal(clues: Clues, assume: Assumptions) -> str:
    """Return words for all bands that the values bear out; empty if no band is a measurement.

    Polarisations are those that the user or the bands name, else those in the usual order.
    """
    named = _polarisations(clues, assume)
    if not any(named):
        return ""
    words: list[str] = [SKIP] * clues.total
    for position, polarisation in zip(clues.positions, named, strict=True):
        words[position] = polarisation.lower() if polarisation else SKIP
    scales = {_scale_words(clues, band, assume) for band, p in enumerate(named) if p}
    return ",".join([*words, *(scales - {""} if len(scales) == 1 else ())])


def option(clues: Clues, assume: Assumptions, words: str) -> str:
    """Return how the user says words beside the polarisations that were assumed already."""
    return clues.say.format(",".join([*(p.lower() for p in assume.polarisations), words]))


def fitting(clues: Clues, band: int, said: Scale | None = None) -> str:
    """Return words for a scale that values do not contradict; empty where there are none."""
    spread = clues.values[band]
    if spread.median < 0 and spread.fits("db", None):
        return "db"
    if said == "db" and spread.like_raised_decibels:
        return "" if spread.like_negated_decibels else "db,uncalibrated"
    if clues.stored(band) != "integer" and spread.fits("linear", "sigma0"):
        return "linear"
    kept: Scale = "linear" if said == "linear" else "amplitude"
    return f"{kept},uncalibrated" if spread.fits(kept, "uncalibrated") else ""


def possible_scales(clues: Clues, band: int, quantity: Quantity | None) -> list[str]:
    """Return words for each scale that values can be of, where nothing tells which."""
    spread = clues.values[band]
    words: list[str] = [scale for scale in SCALES if spread.fits(scale, quantity)]
    if "db" not in words and spread.like_raised_decibels:
        words.append("db,uncalibrated")
    if not words and spread.median > 0:
        words = ["linear,uncalibrated", "amplitude,uncalibrated"]
    return words


def _polarisations(clues: Clues, assume: Assumptions) -> list[Polarisation | None]:
    count = len(clues.values)
    flags = [count > 1 and spread.flags for spread in clues.values]
    measured = [band for band in range(count) if not (clues.like_angles(band) or flags[band])]
    own = [clues.own_polarisation(band) for band in range(count)]
    if assume.measured:
        said: Sequence[Polarisation | None] = assume.measured
        if any(own):
            # What a user was led to call a band that names none is no polarisation of its file.
            said = [a if o else None for a, o in zip(said, own, strict=True)]
    elif any(own):
        said = [p if p not in own[:band] else None for band, p in enumerate(own)]
    else:
        order = dict(zip(measured, _shared(clues) or POLARISATIONS, strict=False))
        said = [order.get(band) for band in range(count)]
    return [p if band in measured else None for band, p in enumerate(said)]


def _shared(clues: Clues) -> tuple[Polarisation, ...]:
    """Return the polarisations that the files name for all their bands together."""
    for index in range(len(PLACES)):
        said = {polarisations_in(texts[index]) for texts in clues.texts}
        if len(said) == 1 and (named := said.pop()):
            return named
    return ()


def _scale_words(clues: Clues, band: int, assume: Assumptions) -> str:
    """Return words for a band's scale; empty where the file's own are borne out."""
    told, quantity = clues.stated_scale(band), clues.stated_quantity(band)
    said = assume.scale or (told[0] if told else None)
    kind = assume.quantity or (quantity[0] if quantity else None)
    if said and clues.values[band].fits(said, kind):
        return ",".join(filter(None, (assume.scale, assume.quantity)))
    return fitting(clues, band, said)
