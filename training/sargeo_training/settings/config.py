"""Settings of a run: everything that another choice would change the model by.

They are read from YAML; ``tiny.yaml``, ``small.yaml`` and ``base.yaml`` beside this file say in
comments what each is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, model_validator

from sargeo.errors import UsageError
from sargeo.legend import LAND_COVER_CODES
from sargeo.model.spec import ClassSpec, LanguageSpec, SpacingSpec, TowerSpec
from sargeo_training.settings.reading import checked_settings, read_settings
from sargeo_training.settings.sizes import SIZES, SizeName, read_size

_REMEDY = "Correct the settings; tiny.yaml in sargeo_training/settings names and explains all."

LossName = Literal[
    "landcover",
    "objects",
    "alignment",
    "contrast",
    "matching",
    "masking",
    "captioning",
    "reconstruction",
]
DENSE_LOSSES: tuple[LossName, ...] = ("landcover", "objects", "alignment")
"""Losses of crops with labels; the others are of chips."""

TEXT_LOSSES: tuple[LossName, ...] = (
    "alignment",
    "contrast",
    "matching",
    "masking",
    "captioning",
)
"""Losses that need the language part."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Probability = Annotated[float, Field(ge=0, le=1)]


class MetadataDropout(_Part):
    """Probabilities by which a sample loses what is known of it besides its pixels.

    So the network learns to do without, and maps scenes whose files do not say.
    """

    polarisation: Probability = 0.5
    gsd: Probability = 0.5
    incidence: Probability = 0.5
    place: Probability = 0.5
    sensor: Probability = 0.5


class Card(_Part):
    """What the model says of itself."""

    name: str = "sargeo-model"
    version: str = "0.1.0"
    summary: str = "Made with sargeo train."
    licence: str = "Apache-2.0"
    limits: tuple[str, ...] = ()
    patch: int = Field(default=512, gt=0, multiple_of=32)
    margin: int = Field(default=64, ge=0, multiple_of=32)
    spacing: SpacingSpec = SpacingSpec(min_m=6.0, preferred_m=10.0, max_m=14.0)


class Published(_Part):
    """Files of weights that others published, for towers to start from."""

    image: Path | None = None
    text: Path | None = None


class Network(_Part):
    """Shapes of the towers: a size by name, with what differs from it, or all of it."""

    size: SizeName | None = None
    tower: TowerSpec
    language: LanguageSpec | None = None
    sensors: tuple[str, ...] = ()
    words: Path | None = None
    published: Published = Published()
    legend: tuple[ClassSpec, ...] = ()

    @property
    def codes(self) -> tuple[int, ...]:
        """Codes of the classes, in the order of the network's channels."""
        return tuple(c.code for c in self.legend) or LAND_COVER_CODES

    @model_validator(mode="before")
    @classmethod
    def _of_size(cls, content: Any) -> Any:
        if not isinstance(content, dict) or content.get("size") not in SIZES:
            return content
        return {**read_size(content["size"]).model_dump(), **content}

    @model_validator(mode="after")
    def _published_words_are_known(self) -> Network:
        if self.published.text and not (self.language and self.words):
            raise ValueError("published.text needs language, and in words the list of its words")
        return self


class Optimiser(_Part):
    """How weights are moved."""

    weight_decay: float = Field(default=0.05, ge=0)
    gradient_norm: float = Field(default=2.0, gt=0)
    average: float = Field(default=0.998, gt=0, lt=1)
    accumulate: int = Field(default=1, gt=0)
    precision: Literal["auto", "bf16", "float32"] = "auto"


class Dense(_Part):
    """Crops with labels of land cover and ships."""

    crop_px: int = Field(default=192, gt=0, multiple_of=32)
    batch_size: int = Field(default=8, gt=0)
    simulator: bool = True
    polygons: bool = True
    sar_augmentation: bool = True


class Chips(_Part):
    """Whole chips with texts."""

    chip_px: int = Field(default=192, gt=0, multiple_of=32)
    batch_size: int = Field(default=16, gt=1)
    detailed: float = Field(default=0.15, ge=0, lt=1)
    answers: float = Field(default=0.4, ge=0, le=1)
    exchanges: int = Field(default=4, ge=1)
    hidden_keywords: float = Field(default=0.5, gt=0, le=1)
    hidden_words: float = Field(default=0.05, ge=0, lt=1)


class Contrast(_Part):
    """Settings of the contrast of images and texts."""

    momentum: float = Field(default=0.995, gt=0, lt=1)
    queue: int = Field(default=4096, ge=0)
    soft: float = Field(default=0.4, ge=0, lt=1)
    soft_after: float = Field(default=0.1, gt=0, le=1)


class Reconstruction(_Part):
    """Settings of the masked reconstruction."""

    hidden: float = Field(default=0.75, gt=0, lt=1)
    cell_px: int = Field(default=32, gt=0)
    windows_px: tuple[int, ...] = (9, 13, 17)


class Validation(_Part):
    """When weights are scored on what they are not trained on, and what that decides."""

    every: float = Field(default=0.1, gt=0, le=1)
    keep: Literal["best", "last"] = "last"
    patience: int = Field(default=4, gt=0)


class Stage(_Part):
    """A part of a run, with losses and a schedule of its own."""

    name: str = Field(pattern="^[a-z0-9-]+$")
    steps: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    warmup: float = Field(default=0.03, gt=0, lt=1)
    freeze_tower: bool = False
    losses: dict[LossName, PositiveFloat] = Field(min_length=1)

    def uses(self, *names: LossName) -> bool:
        """Tell whether any of some losses counts."""
        return any(name in self.losses for name in names)

    @property
    def dense(self) -> bool:
        """Whether it looks at crops with labels."""
        return self.uses(*DENSE_LOSSES)

    @property
    def chips(self) -> bool:
        """Whether it looks at whole chips."""
        return any(name not in DENSE_LOSSES for name in self.losses)

    @property
    def texts(self) -> bool:
        """Whether it reads texts of chips."""
        return any(name in TEXT_LOSSES for name in self.losses if name not in DENSE_LOSSES)

    @property
    def pairs(self) -> bool:
        """Whether it compares images with texts."""
        return self.uses("contrast", "matching")


class Config(_Part):
    """All settings of a run."""

    card: Card = Card()
    seed: int = Field(default=0, ge=0)
    network: Network
    optimiser: Optimiser = Optimiser()
    dense: Dense = Dense()
    chips: Chips = Chips()
    forgetting: MetadataDropout = MetadataDropout()
    contrast: Contrast = Contrast()
    reconstruction: Reconstruction = Reconstruction()
    validation: Validation = Validation()
    checkpoint_every: int = Field(default=500, gt=0)
    log_every: int = Field(default=20, gt=0)
    loader_threads: int = Field(default=1, gt=0)
    stages: tuple[Stage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _stages_differ(self) -> Config:
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError("stages must have names of their own")
        return self

    @model_validator(mode="after")
    def _language_is_there(self) -> Config:
        if self.network.language is None and any(s.uses(*TEXT_LOSSES) for s in self.stages):
            raise ValueError("losses of texts need network.language")
        return self

    def stage(self, name: str) -> Stage:
        """Return the stage of a name.

        Raises
        ------
        UsageError
            If there is none.
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise UsageError(
            f"There is no stage {name!r} among {', '.join(s.name for s in self.stages)}.",
            "Give the name of a stage of the settings.",
        )

    @property
    def writes(self) -> bool:
        """Whether its network learns to write."""
        return any(stage.uses("captioning") for stage in self.stages)

    @property
    def title(self) -> str:
        """What a run is, beside others that left something out."""
        parts = {
            "the simulator": self.dense.simulator,
            "polygons": self.dense.polygons,
            "SAR augmentation": self.dense.sar_augmentation,
        }
        left_out = [name for name, used in parts.items() if not used]
        return f"without {' and '.join(left_out)}" if left_out else self.card.name


def read_config(path: Path, changes: Sequence[str] = ()) -> Config:
    """Read settings; see `sargeo_training.settings.reading.read_settings`.

    Parameters
    ----------
    path : Path
        Of a YAML file, or the bare name of one of sargeo's own, such as ``tiny.yaml``.
    changes : sequence of str
        Such as ``dense.simulator=false``; stages go by their names.
    """
    own = Path(__file__).with_name(path.name)
    path = own if not path.exists() and path == Path(path.name) and own.exists() else path
    return read_settings(Config, path, _REMEDY, changes)


def checked_config(content: object, where: str) -> Config:
    """Turn plain types into settings; see `sargeo_training.settings.reading.checked_settings`."""
    return checked_settings(Config, content, where, _REMEDY)


def as_plain(config: Config) -> Mapping[str, Any]:
    """Return settings as plain types, as checkpoints keep them."""
    return config.model_dump(mode="json")
