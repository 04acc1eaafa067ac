"""Specs that make no sense are refused where they are made."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from support.language import tiny_language_spec
from support.models import tiny_spec

from sargeo.model.spec import ModelSpec
from sargeo.scene.bands import POLARISATIONS


def made_with(**changes: Any) -> ModelSpec:
    return ModelSpec.model_validate(tiny_spec().model_dump() | changes)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"patch": 100}, "patch"),
        ({"margin": -32}, "margin"),
        ({"classes": ()}, "classes"),
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"colour": "red"}, "colour"),
        ({"tower": {"depths": (1, 1), "dims": (8, 8), "decoder_dim": 8}}, "depths"),
        ({"spacing": {"min_m": 9, "preferred_m": 5, "max_m": 10}}, "spacings must rise"),
        (
            {
                "normalisation": {
                    "mean_db": {"VV": -10.0},
                    "std_db": dict.fromkeys(POLARISATIONS, 5.0),
                    "floor_db": -40.0,
                }
            },
            "mean_db lacks HH, HV, VH",
        ),
        (
            {
                "normalisation": {
                    "mean_db": dict.fromkeys(POLARISATIONS, -10.0),
                    "std_db": dict.fromkeys(POLARISATIONS, 0.0),
                    "floor_db": -40.0,
                }
            },
            "std_db must be positive",
        ),
    ],
)
def test_nonsense_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        made_with(**changes)


def test_constants_are_those_of_the_scene_room() -> None:
    constants = tiny_spec().normalisation.constants()
    assert constants.mean_db["HV"] == -12.0
    assert constants.std_db["VV"] == 5.0
    assert constants.floor_db == -40.0


def with_overview(overview: bool) -> dict[str, Any]:
    language = tiny_language_spec().language
    assert language is not None
    return {"language": language.model_dump() | {"overview": overview}}


def test_specs_of_the_time_of_overviews_are_read() -> None:
    assert made_with(**with_overview(False)).language == tiny_language_spec().language
    with pytest.raises(ValidationError, match="overview are no longer read"):
        made_with(**with_overview(True))
