"""A model with language that is small and quick, and speaks nonsense."""

from __future__ import annotations

from pathlib import Path

import torch
from support.models import tiny_spec

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.spec import LanguageSpec, ModelSpec
from sargeo.model.storage import save_model
from sargeo.model.tokens import Tokeniser

SENSORS = ("Sentinel-1", "TerraSAR-X")
TEXTS = (
    "Open water covers most of the scene.",
    "Two ships lie in the upper left, each about 120 m long.",
    "Built-up land in the north-west borders on trees and low vegetation.",
    "The terrain is flat, between 3.5 m and 12 m above the sea.",
    "Is there a harbour? Yes: along the coast, 37 % of the land is built-up.",
    "How many ships are there? 2",
)


def tiny_tokeniser(max_tokens: int = 64) -> Tokeniser:
    """Return a tokeniser of a few hundred tokens."""
    return Tokeniser.train(TEXTS * 2, size=256, max_tokens=max_tokens)


def tiny_language_spec() -> ModelSpec:
    """Return the spec of `tiny_spec` with language and two sensors."""
    language = LanguageSpec(
        width=16,
        depth=2,
        heads=2,
        vocabulary=256,
        max_tokens=64,
        embedding_dim=8,
    )
    return tiny_spec().model_copy(update={"language": language, "sensors": SENSORS})


def tiny_language_network() -> SarKnowlip:
    """Return a network with language, of the same random weights each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return SarKnowlip.from_spec(tiny_language_spec(), tiny_tokeniser()).eval()


def tiny_language_model(path: Path) -> Path:
    """Write a model with language into a folder, and return the folder."""
    save_model(path, tiny_language_network(), tiny_language_spec())
    return path
