"""A chip: its pixels, and the record of all else that is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sargeo.scene.bands import Band, Polarisation, Quantity, Scale
from sargeo_training.data.facts import Facts
from sargeo_training.data.target_text import TargetText
from sargeo_training.images import LabelledPixels, Split

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
LonLat = tuple[
    Annotated[float, Field(ge=-180, le=180)],
    Annotated[float, Field(ge=-90, le=90)],
]

_FILE_SAFE = re.compile(r"[A-Za-z0-9_\-]+")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Part):
    """Where on Earth a chip lies, in words.

    Attributes
    ----------
    name, state, country
        The nearest place with a name; `state` is the first administrative level, None where
        there is none.
    distance_km
        From the chip's centre to that place, along a great circle.
    climate
        Köppen-Geiger class, such as ``"Csa"``; None at sea.
    """

    name: str = Field(min_length=1)
    state: str | None
    country: str
    distance_km: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    climate: str | None


class BandRecord(_Part):
    """What one channel holds: see `sargeo.scene.bands.Band`."""

    polarisation: Polarisation
    quantity: Quantity
    scale: Scale

    @classmethod
    def of(cls, band: Band) -> BandRecord:
        """Return the record of a band."""
        return cls(polarisation=band.polarisation, quantity=band.quantity, scale=band.scale)

    @property
    def band(self) -> Band:
        """The band as the rest of sargeo knows it."""
        return Band(self.polarisation, self.quantity, self.scale)


class Record(_Part):
    """What is known of a chip besides its pixels. None wherever nobody knows.

    Attributes
    ----------
    id
        Unique, and safe as the name of a file on every system: SOURCE_SCENE_LEVEL_ROW_COL.
    source, scene, licence
        Data set, image within it, and the licence as it was found with the data.
    split
        Trained on; used to choose; measured on, once, at the end.
    platform
        ``"Sentinel-1"``, ``"AIRSAR"``, ``"simulated"``.
    bands
        One for each channel, in order.
    polarisation_known
        False where nobody told polarisations: those of `bands` stand in for them, and no text may
        name them.
    gsd_m
        Ground spacing in metres of the chip's own pixels, (row to row, column to column).
    extent_m
        Side of the ground shown, in metres: the level that the chip was cut at, or the longer side
        of an image smaller than every level.
    incidence_deg
        Mean incidence angle.
    acquired
        In UTC.
    shape
        (rows, cols).
    crs
        As an authority's code or WKT.
    transform
        From (col, row) to (x, y) of the CRS: the six coefficients of `affine.Affine`, in order.
    footprint
        Outline as (lon, lat) in degrees, anticlockwise, its first point once. Longitudes run on
        beyond 180 where the chip crosses the antimeridian.
    centre
        (lon, lat) in degrees.
    place
        The centre in words.
    facts
        What maps, tables and terrain say of this ground.
    target_texts
        Made from all this; ``writings`` in shards.
    references
        Reference amplitude of each band over the whole scene (`sargeo.scene.radiometry`), which
        normalisation needs.
    """

    model_config = ConfigDict(populate_by_name=True)

    id: str
    source: str
    scene: str
    licence: str
    split: Split
    platform: str | None = None
    bands: tuple[BandRecord, ...] = Field(min_length=1)
    polarisation_known: bool = True
    gsd_m: tuple[Positive, Positive] | None = None
    extent_m: Positive | None = None
    incidence_deg: Annotated[float, Field(ge=0, le=90)] | None = None
    acquired: datetime | None = None
    shape: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    crs: str | None = None
    transform: tuple[float, float, float, float, float, float] | None = None
    footprint: tuple[tuple[float, float], ...] | None = None
    centre: LonLat | None = None
    place: Place | None = None
    facts: Facts = Facts()
    target_texts: tuple[TargetText, ...] = Field(
        default=(), validation_alias="writings", serialization_alias="writings"
    )
    references: tuple[Positive, ...]

    @field_validator("id")
    @classmethod
    def _file_safe(cls, value: str) -> str:
        if not _FILE_SAFE.fullmatch(value):
            raise ValueError(f"{value!r} holds characters that file names must not hold")
        return value


@dataclass(frozen=True, kw_only=True)
class Chip(LabelledPixels):
    """Pixels of a chip with their record; ships count from its upper left corner.

    `categories` are there while a chip is made. Shards keep them in the facts of the record alone.
    """

    record: Record

    @cached_property
    def bands(self) -> tuple[Band, ...]:
        """What each channel holds."""
        return tuple(b.band for b in self.record.bands)


def file_safe(text: str) -> str:
    """Return a text as a part of an id: letters, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9\-]+", "-", text).strip("-") or "x"
