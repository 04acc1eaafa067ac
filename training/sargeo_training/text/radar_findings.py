"""What the acquisition and the physics of radar let one say of classes and objects that are there.

Only what holds for the record's channels is said: crowns and their depth for a known band, volume
scattering against fields where cross polarisation was recorded, trees against water in like
polarisation only at incidence angles at which wind does not brighten the water as much.

Source: Ulaby and Long (2014), Microwave Radar and Radiometric Remote Sensing, chapters 10 and 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sargeo.legend import BARE, BUILT_UP, LOW_VEGETATION, OBJECT_KINDS, OPEN_WATER, TREES
from sargeo_training.text.domains import POLARISATIONS
from sargeo_training.text.findings import Choice, Finding, Findings, Layers, measured, only

if TYPE_CHECKING:
    from sargeo_training.data.chip import Record

RADAR_BANDS = {"Sentinel-1": "C", "RadarSat-2": "C", "TerraSAR-X": "X", "AIRSAR": "L"}
"""Radar band of platforms; the records of AIRSAR that we know hold its L band."""

SCATTERERS = {"X": "leaves and twigs", "C": "leaves and twigs", "L": "branches and trunks"}
"""What of a tree answers in a band: parts at least about as large as the wavelength."""

_MECHANISMS = {
    OPEN_WATER.name: "mirror reflection",
    BARE.name: "surface scattering",
    TREES.name: "volume scattering",
    BUILT_UP.name: "double bounce",
}
_OBJECT_MECHANISM = "multiple bounce"
_ORDER = ("HH", "VV", "HV", "VH")
_CROSS = frozenset({"HV", "VH"})
_CALM_FROM_DEG = 30.0
_SQUARE = 0.1
_ACQUISITION: Layers = ("acquisition",)
_PHYSICS: Layers = ("radar physics",)


def radar(record: Record, known: Findings) -> Findings:
    """Return what radar says of what is `known` to be in the chip."""
    return (
        dict(_acquisition(record))
        | dict(_mechanisms(record, known))
        | dict(_contrasts(record, known))
    )


def _acquisition(record: Record) -> Iterator[tuple[str, Finding]]:
    if record.platform in RADAR_BANDS:
        yield "sar.band", only(_ACQUISITION, RADAR_BANDS[record.platform])
    if not record.polarisation_known:
        # Those of the bands stand in for others: whatever is claimed of them is dropped.
        yield "sar.polarisation", Choice(_ACQUISITION, None, frozenset())
    elif (channels := _channels(record)) in POLARISATIONS:
        yield "sar.polarisation", only(_ACQUISITION, channels)
    if record.incidence_deg is not None:
        yield "sar.incidence", measured(_ACQUISITION, record.incidence_deg, step=2, relative=0)
    gsd = record.gsd_m
    if gsd is not None and min(gsd) >= 1 and max(gsd) <= (1 + _SQUARE) * min(gsd):
        yield "sar.spacing", measured(_ACQUISITION, sum(gsd) / 2, step=0.5, relative=0.15)
    if record.extent_m is not None and record.extent_m >= 100:
        yield "sar.extent", measured(_ACQUISITION, record.extent_m, step=1)


def _channels(record: Record) -> str:
    """Return the channels in words, like polarisations first: ``HH, VV and HV``."""
    names = sorted({band.polarisation for band in record.bands}, key=_ORDER.index)
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _mechanisms(record: Record, known: Findings) -> Iterator[tuple[str, Finding]]:
    for name, mechanism in _MECHANISMS.items():
        present = known.get(f"landcover.present:{name}")
        if present is not None:
            yield f"sar.mechanism:{name}", _if_there(present, mechanism)
    for kind in OBJECT_KINDS:
        present = known.get(f"objects.present:{kind}")
        if present is not None:
            yield f"sar.mechanism:{kind}", _if_there(present, _OBJECT_MECHANISM)
    trees, band = (
        known.get(f"landcover.present:{TREES.name}"),
        RADAR_BANDS.get(record.platform or ""),
    )
    if trees is not None and band is not None:
        yield f"sar.scatterers:{TREES.name}", _if_there(trees, SCATTERERS[band])


def _if_there(present: Finding, value: str) -> Finding:
    """Say something of what is present; of what is absent all is false."""
    right = frozenset({value}) if present.value == "yes" else frozenset[str]()
    return Choice((*present.layers, *_PHYSICS), value if right else None, frozenset(right))


def _contrasts(record: Record, known: Findings) -> Iterator[tuple[str, Finding]]:
    for brighter, darker in _ordered_classes(record):
        pair = [known.get(f"landcover.present:{name}") for name in (brighter, darker)]
        if all(present is not None and present.value == "yes" for present in pair):
            layers = (*(pair[0].layers if pair[0] else ()), *_PHYSICS)
            yield f"sar.contrast:{brighter}@{darker}", only(layers, "brighter")
            yield f"sar.contrast:{darker}@{brighter}", only(layers, "darker")


def _ordered_classes(record: Record) -> Iterator[tuple[str, str]]:
    """Yield pairs of classes of which the first returns more in these channels."""
    yield BUILT_UP.name, OPEN_WATER.name
    yield BUILT_UP.name, BARE.name
    channels = record.bands if record.polarisation_known else ()
    cross = any(band.polarisation in _CROSS for band in channels)
    oblique = record.incidence_deg is not None and record.incidence_deg >= _CALM_FROM_DEG
    if cross or oblique:
        yield TREES.name, OPEN_WATER.name
    if cross:
        yield LOW_VEGETATION.name, OPEN_WATER.name
        yield TREES.name, BARE.name
        if RADAR_BANDS.get(record.platform or "") != "X":
            yield TREES.name, LOW_VEGETATION.name
