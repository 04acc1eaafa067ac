"""Sizes of models, as commented YAML files beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict

from sargeo.model.spec import LanguageSpec, TowerSpec

SizeName = Literal["tiny", "small", "base"]
SIZES: tuple[SizeName, ...] = get_args(SizeName)


class Size(BaseModel):
    """Shapes of both towers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tower: TowerSpec
    language: LanguageSpec


def read_size(name: SizeName) -> Size:
    """Read a size by its name."""
    text = Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")
    return Size.model_validate(yaml.safe_load(text))
