"""What a model is and what it was made for, as a JSON file beside its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from sargeo.legend import UNCERTAIN, LandCoverClass, class_of
from sargeo.scene.bands import POLARISATIONS, Polarisation
from sargeo.scene.radiometry import BackscatterConstants

FORMAT: Final = 1
"""Version of the layout of ``spec.json`` that is written, and the newest that is read."""

SPEC_FILE: Final = "spec.json"
WEIGHTS_FILE: Final = "weights.safetensors"
TOKENISER_FILE: Final = "tokenizer.json"
ITEM_FILE: Final = "model.stac.json"

_STAGES = 4


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NormalisationSpec(_Part):
    """See `sargeo.scene.radiometry.BackscatterConstants`."""

    mean_db: dict[Polarisation, float] = Field(description="Mean of sigma nought in decibels.")
    std_db: dict[Polarisation, float] = Field(description="Its standard deviation in decibels.")
    floor_db: float = Field(description="Weaker returns count as this many decibels.")

    @model_validator(mode="after")
    def _every_polarisation(self) -> Self:
        for name, constants in (("mean_db", self.mean_db), ("std_db", self.std_db)):
            if missing := set(POLARISATIONS) - set(constants):
                raise ValueError(f"{name} lacks {', '.join(sorted(missing))}")
        if min(self.std_db.values()) <= 0:
            raise ValueError("std_db must be positive")
        return self

    def constants(self) -> BackscatterConstants:
        """Return the constants as the scene room knows them."""
        return BackscatterConstants(self.mean_db, self.std_db, self.floor_db)


class ConvNextSpec(_Part):
    """Shape of an image tower that is a hierarchical ConvNeXt; see `sargeo.model.vision`."""

    kind: Literal["convnext"] = "convnext"
    depths: tuple[int, ...] = Field(
        min_length=_STAGES, max_length=_STAGES, description="Blocks per stage, at strides 4 to 32."
    )
    dims: tuple[int, ...] = Field(
        min_length=_STAGES, max_length=_STAGES, description="Channels per stage."
    )
    decoder_dim: int = Field(gt=0, description="Channels of the decoded features, at stride 4.")


class VitSpec(_Part):
    """Shape of an image tower that is a vision transformer; see `sargeo.model.vit`."""

    kind: Literal["vit"] = "vit"
    width: int = Field(gt=0, multiple_of=4, description="Channels of a token.")
    depth: int = Field(gt=0, description="Blocks.")
    heads: int = Field(gt=0, description="Heads of attention, which share the width.")
    grid: int = Field(gt=0, description="Patches along each side that positions are learnt for.")
    pre_norm: bool = Field(
        default=False, description="Norm tokens before the first block, as towers of CLIP do."
    )
    decoder_dim: int = Field(gt=0, description="Channels of the decoded features, at stride 4.")

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        _refuse_uneven(self.width, self.heads)
        return self


def _kind_of_tower(value: Any) -> Any:
    """Tell towers apart; specs that were written before there were two kinds do not say."""
    if isinstance(value, dict):
        return value.get("kind", "convnext")
    return getattr(value, "kind", None)


TowerSpec = Annotated[
    Annotated[ConvNextSpec, Tag("convnext")] | Annotated[VitSpec, Tag("vit")],
    Discriminator(_kind_of_tower),
]
"""Shape of an image tower."""


class LanguageSpec(_Part):
    """Shape of the text tower, a BERT, and of what joins it to the image tower."""

    width: int = Field(gt=0, multiple_of=4, description="Channels of a token.")
    depth: int = Field(gt=0, description="Layers.")
    heads: int = Field(gt=0, description="Heads of attention, which share the width.")
    vocabulary: int = Field(
        gt=0, description="Tokens that there is room for; the tokeniser may know fewer."
    )
    max_tokens: int = Field(gt=3, description="Tokens of the longest text, marks included.")
    embedding_dim: int = Field(gt=0, description="Channels that images and texts are compared in.")
    visual_stride: int = Field(
        default=16, gt=0, multiple_of=4, description="Pixels per token that the decoder looks at."
    )
    tokeniser_sha256: str = Field(
        default="", description="Of tokenizer.json; filled in when the model is saved."
    )

    @model_validator(mode="before")
    @classmethod
    def _without_overview(cls, value: Any) -> Any:
        """Take specs that were written while there was a field ``overview``, and did without it."""
        if not isinstance(value, dict) or "overview" not in value:
            return value
        if value["overview"]:
            raise ValueError("networks with an overview are no longer read")
        return {name: field for name, field in value.items() if name != "overview"}

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        _refuse_uneven(self.width, self.heads)
        return self


def _refuse_uneven(width: int, heads: int) -> None:
    if width % heads:
        raise ValueError(f"width {width} is no multiple of {heads} heads")


class SpacingSpec(_Part):
    """Ground spacings, in metres per pixel, that the model was trained for.

    A scene whose spacing per axis lies everywhere within ``min_m`` to ``max_m`` is mapped as it
    is. Another is resampled to ``preferred_m``.
    """

    min_m: float = Field(gt=0)
    preferred_m: float = Field(gt=0)
    max_m: float = Field(gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.min_m <= self.preferred_m <= self.max_m:
            raise ValueError("spacings must rise from min_m over preferred_m to max_m")
        return self


class ClassSpec(_Part):
    """A class of a model's own legend; see `sargeo.legend.LandCoverClass`."""

    code: int = Field(gt=1, lt=UNCERTAIN)
    name: str = Field(min_length=1)
    colour: str = Field(pattern="^#[0-9a-f]{6}$")


class Figure(_Part):
    """One figure of merit, measured on images that the model was not trained on."""

    measure: str = Field(description="What was measured, such as ``mean IoU``.")
    data: str = Field(description="On what.")
    images: int = Field(gt=0, description="On how many images, chips or tiles.")
    value: float
    low: float | None = Field(default=None, description="Lower end of a 95 % interval.")
    high: float | None = Field(default=None, description="Upper end; neither with one image.")


class ModelSpec(_Part):
    """Everything that is needed to use a model, and to say what was used."""

    format: Literal[1] = Field(default=FORMAT, description="Version of this file's layout.")
    name: str = Field(description="What users call the model.")
    version: str = Field(description="Version of the weights.")
    summary: str = Field(description="What the model is good for, in a sentence or two.")
    licence: str = Field(description="SPDX identifier of the weights' licence.")
    sources: tuple[str, ...] = Field(description="Data sets that it was trained on.")
    limits: tuple[str, ...] = Field(default=(), description="Where it is known to fail.")
    figures: tuple[Figure, ...] = Field(default=(), description="How good it is on real images.")
    tower: TowerSpec
    language: LanguageSpec | None = Field(
        default=None, description="The part that reads and writes; none where it only maps."
    )
    sensors: tuple[str, ...] = Field(
        default=(), description="Platforms by name that the network tells apart."
    )
    output_stride: Literal[4] = Field(default=4, description="Pixels per output cell.")
    patch: int = Field(gt=0, multiple_of=32, description="Side of a window in pixels.")
    margin: int = Field(
        ge=0, multiple_of=32, description="Pixels at a window's border that a neighbour owns."
    )
    classes: tuple[int, ...] = Field(
        min_length=1, description="Codes of the legend, in the order of the output channels."
    )
    legend: tuple[ClassSpec, ...] = Field(
        default=(),
        description="Classes of the model's own, in the same order; else codes are sargeo's.",
    )
    object_kinds: tuple[str, ...] = Field(
        min_length=1, description="Kinds of objects, in the order of the heat channels."
    )
    polarisations: tuple[Polarisation, ...] = Field(
        min_length=1, description="Polarisations that it was trained with."
    )
    spacing: SpacingSpec
    normalisation: NormalisationSpec
    temperature: float = Field(
        default=1.0, gt=0, description="Divides land-cover logits, so that softmax is calibrated."
    )
    min_confidence: float = Field(
        ge=0, le=1, description="Objects under it are left out unless the user says otherwise."
    )
    writes: bool = Field(
        default=True,
        description="It has learnt to describe and to answer; without, language only reads.",
    )
    weights_sha256: str = Field(
        default="", description="Of weights.safetensors; filled in when weights are saved."
    )

    @model_validator(mode="after")
    def _own_legend_has_the_classes(self) -> Self:
        if self.legend and tuple(c.code for c in self.legend) != self.classes:
            raise ValueError("legend and classes must hold the same codes")
        return self

    @property
    def landcover(self) -> tuple[LandCoverClass, ...]:
        """The classes of the output channels, in their order."""
        own = tuple(LandCoverClass(c.code, c.name, c.colour) for c in self.legend)
        return own or tuple(map(class_of, self.classes))

    @model_validator(mode="after")
    def _sensors_differ(self) -> Self:
        if len(set(self.sensors)) < len(self.sensors):
            raise ValueError("sensors must differ")
        return self

    @classmethod
    def read(cls, path: Path) -> ModelSpec:
        """Read a spec from a JSON file.

        Raises
        ------
        OSError, pydantic.ValidationError
            If there is no such file, or it is not a spec of this format.
        """
        return cls.model_validate_json(path.read_bytes())

    def write(self, path: Path) -> None:
        """Write the spec as a JSON file."""
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8", newline="\n")
