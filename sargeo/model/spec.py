"""What a model is and what it was made for, as a JSON file beside its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sargeo.scene.bands import Polarisation
from sargeo.scene.radiometry import BackscatterConstants


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NormalisationSpec(_Part):
    """See `sargeo.scene.radiometry.BackscatterConstants`."""

    mean_db: dict[Polarisation, float]
    std_db: dict[Polarisation, float]
    floor_db: float

    def constants(self) -> BackscatterConstants:
        """Return the constants as the scene room knows them."""
        return BackscatterConstants(self.mean_db, self.std_db, self.floor_db)


class TowerSpec(_Part):
    """Shape of the image tower (a hierarchical ConvNeXt of timm)."""

    depths: tuple[int, ...]
    dims: tuple[int, ...]
    decoder_dim: int


class SpacingSpec(_Part):
    """Ground spacings, in metres per pixel, that the model was trained for.

    A scene whose spacing per axis lies everywhere within ``min_m`` to ``max_m`` is mapped as it
    is. Another is resampled to ``preferred_m``.
    """

    min_m: float = Field(gt=0)
    preferred_m: float = Field(gt=0)
    max_m: float = Field(gt=0)


class ModelSpec(_Part):
    """Everything that is needed to use a model, and to say what was used."""

    format: Literal[1] = 1
    name: str
    version: str
    summary: str
    licence: str
    sources: tuple[str, ...]
    tower: TowerSpec
    output_stride: int
    patch: int
    margin: int
    classes: tuple[int, ...]
    object_kinds: tuple[str, ...]
    polarisations: tuple[Polarisation, ...]
    spacing: SpacingSpec
    normalisation: NormalisationSpec
    temperature: float = Field(gt=0)
    min_confidence: float = Field(ge=0, le=1)
    weights_sha256: str

    @classmethod
    def read(cls, path: Path) -> ModelSpec:
        """Read a spec from a JSON file."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))
