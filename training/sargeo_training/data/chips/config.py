"""Settings of the builder; ``open_data.yaml`` beside this file explains each in a comment."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from sargeo_training.data.chips.evidence.settings import LayerFiles
from sargeo_training.images import Split
from sargeo_training.settings.reading import read_settings

OPEN_DATA = Path(__file__).with_name("open_data.yaml")
"""Settings for the open data."""

_REMEDY = "Correct the file; open_data.yaml of sargeo_training.data.chips explains every setting."

Share = Annotated[float, Field(ge=0, le=1)]

SourceName = Literal[
    "los_angeles",
    "sen1floods11",
    "ssdd",
    "opensarship",
    "flood_emsr795",
    "airsar_flevoland",
    "airsar_san_francisco",
    "sen12mscr",
    "terramind",
    "simulated",
]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ChipSettings(_Settings):
    """What chips are cut.

    Attributes
    ----------
    levels_m
        Sides of ground, in metres, that chips show.
    max_px
        A chip with more pixels on a side is averaged over whole blocks of pixels, in power.
    min_px
        A level that has fewer is left out.
    plain_px
        Side of the chips of images whose spacing nobody knows; smaller images are left whole.
    min_valid
        Chips with a smaller share of valid pixels are left out.
    """

    levels_m: tuple[PositiveFloat, ...] = Field(default=(1250, 2500, 5000, 10000), min_length=1)
    max_px: PositiveInt = 640
    min_px: PositiveInt = 48
    plain_px: PositiveInt = 640
    min_valid: Share = 0.7


class SplitSettings(_Settings):
    """How ground that no data set has split yet is split by place.

    Attributes
    ----------
    holdout, validation
        Shares of the ground; the rest is trained on.
    cell_km
        Side of the cells that larger areas are split by.
    gap_m
        Chips of different splits lie at least so far apart.
    """

    holdout: Share = 0.15
    validation: Share = 0.08
    cell_km: PositiveFloat = 50
    gap_m: Annotated[float, Field(ge=0)] = 400

    @model_validator(mode="after")
    def _leaves_some_to_train_on(self) -> Self:
        if self.holdout + self.validation >= 1:
            raise ValueError("holdout and validation leave nothing to train on")
        return self


class DuplicateSettings(_Settings):
    """Which chips count as the same.

    Attributes
    ----------
    distance
        Greatest share of differing bits of two pictures' hashes.
    overlap
        Least intersection over union of two chips' ground.
    """

    distance: Share = 0.08
    overlap: Share = 0.5


class OpenData(_Settings):
    """A data set that `sargeo_training.data.sources` reads, and layers around it."""

    name: SourceName
    layers: LayerFiles = LayerFiles()

    @property
    def title(self) -> str:
        """What ids call it."""
        return self.name


class UserScene(_Settings):
    """A scene of one's own, and layers around it.

    Attributes
    ----------
    path
        Of any scene that ``sargeo map`` opens.
    name
        In ids; that of the file, if None.
    assume
        What the file does not say, as for ``sargeo map``: ``"vv,vh,db"``.
    licence, acquired
        What texts and model cards say of it.
    platform
        Satellite or aircraft; that which the file names, if None.
    split
        Set to keep the whole scene on one side; else it is split by place.
    layers
    """

    path: Path
    name: str | None = None
    assume: str | None = None
    licence: str = "unknown"
    platform: str | None = None
    acquired: datetime | None = None
    split: Split | None = None
    layers: LayerFiles = LayerFiles()

    @property
    def title(self) -> str:
        """What ids call it."""
        return self.name or self.path.stem


class BuildConfig(_Settings):
    """Everything that decides what chips a build gives.

    Relative paths start at the folder of the data, or at the current folder where none is given.
    """

    chips: ChipSettings = ChipSettings()
    splits: SplitSettings = SplitSettings()
    duplicates: DuplicateSettings = DuplicateSettings()
    chips_per_shard: PositiveInt = 200
    sources: tuple[OpenData, ...] = ()
    scenes: tuple[UserScene, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = Counter(unit.title for unit in self.units)
        twice = [name for name, times in names.items() if times > 1]
        if not names:
            raise ValueError("neither sources nor scenes are named")
        if twice:
            raise ValueError(f"{', '.join(twice)} stands there twice; give scenes a name")
        return self

    @property
    def units(self) -> tuple[OpenData | UserScene, ...]:
        """What is loaded as a whole: data sets, then scenes."""
        return (*self.sources, *self.scenes)

    @classmethod
    def read(cls, path: Path) -> BuildConfig:
        """Read settings.

        Raises
        ------
        sargeo.errors.UsageError
            If the file cannot be read, or naming the first setting that is wrong.
        """
        return read_settings(cls, path, _REMEDY)
