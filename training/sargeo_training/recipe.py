"""How sargeo-tiny is made: everything that another choice would change the model by."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from sargeo.legend import LAND_COVER_CODES, OBJECT_KINDS
from sargeo.model.spec import ModelSpec, NormalisationSpec, SpacingSpec, TowerSpec
from sargeo.scene.bands import POLARISATIONS
from sargeo_training.radiometry import CONSTANTS


class Recipe(BaseModel):
    """Settings of a training run. Their defaults are those of sargeo-tiny."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tower: TowerSpec = TowerSpec(depths=(1, 2, 4, 1), dims=(32, 64, 128, 224), decoder_dim=64)
    crop_px: int = Field(default=192, gt=0, multiple_of=32)
    batch_size: int = Field(default=8, gt=0)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.05, ge=0)
    warmup: float = Field(default=0.03, gt=0, lt=1, description="Share of the run.")
    gradient_norm: float = Field(default=2.0, gt=0)
    object_weight: float = Field(default=0.7, gt=0, description="Of the loss, against land cover.")
    average: float = Field(default=0.998, gt=0, lt=1, description="Decay of the weights' average.")
    seed: int = 0
    validate_every: float = Field(default=0.1, gt=0, le=1, description="Share of the run.")
    patience: int = Field(
        default=4, gt=0, description="Validations in a row without a better one that end the run."
    )
    simulator: bool = Field(default=True, description="Train on simulated scenes.")
    polygons: bool = Field(default=True, description="Train on this project's own labels of land.")
    sar_augmentation: bool = Field(
        default=True, description="Augment by what radar does, not only by what pictures do."
    )

    @property
    def title(self) -> str:
        """What this run is, beside others that left something out."""
        parts = {
            "the simulator": self.simulator,
            "polygons": self.polygons,
            "SAR augmentation": self.sar_augmentation,
        }
        left_out = [name for name, used in parts.items() if not used]
        return f"without {' and '.join(left_out)}" if left_out else "sargeo-tiny"


_LIMITS = (
    "Hills and mountains come out as built-up in large part; narrow lakes between them are missed.",
    "Trees are found in a few places only; elsewhere they are low vegetation or built-up.",
    "Runways, aprons and other large smooth ground come out as water or bare.",
    "Wet, rough fields, bright in radar, come out as trees or built-up.",
    "Ships along quays: most are missed. Breakwaters and quays may pass for ships.",
    "L band and spacings far from 10 m were seen little in training: check before use.",
)
"""Seen on maps of whole scenes beside the optical picture; see the model's card."""


def tiny_spec(recipe: Recipe, sources: tuple[str, ...]) -> ModelSpec:
    """Return the spec of sargeo-tiny before it is calibrated."""
    return ModelSpec(
        name="sargeo-tiny",
        version="0.2.0",
        summary=(
            "Land cover in five classes and ships, from one or more polarisations of SAR at about "
            "10 m; small enough for a laptop."
        ),
        licence="Apache-2.0",
        sources=sources,
        limits=_LIMITS,
        tower=recipe.tower,
        patch=512,
        margin=64,
        classes=LAND_COVER_CODES,
        object_kinds=OBJECT_KINDS,
        polarisations=POLARISATIONS,
        spacing=SpacingSpec(min_m=6.0, preferred_m=10.0, max_m=14.0),
        normalisation=NormalisationSpec(
            mean_db=dict(CONSTANTS.mean_db),
            std_db=dict(CONSTANTS.std_db),
            floor_db=CONSTANTS.floor_db,
        ),
        min_confidence=0.3,
    )
