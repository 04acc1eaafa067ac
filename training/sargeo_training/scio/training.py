"""Training of the rounds' stages by the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from sargeo.errors import UsageError
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.tokens import Tokeniser
from sargeo_training.data.target_text import TargetText
from sargeo_training.engine.callbacks import Validate
from sargeo_training.engine.checkpoints import load_best
from sargeo_training.engine.stages import train_stage
from sargeo_training.engine.streams import Streams
from sargeo_training.objectives.joint import language_of
from sargeo_training.scio.network import Load, NetworkScorer
from sargeo_training.scio.texts import Text
from sargeo_training.settings.config import Config, Stage

WRITER = "scio"

_MARKS = 2  # before and after a text

Streaming = Callable[[Mapping[str, TargetText], Stage], Streams]
"""Texts by id of the record, and a stage, to what the stage looks at."""


@dataclass(frozen=True)
class EngineTrainer:
    """Trains as settings say; see `sargeo_training.scio.rounds.Trainer`.

    Attributes
    ----------
    config : Config
        With stages called ``joint``, ``screening`` and ``reconstruction``.
    begin : callable
        Returns the network that the first stage starts from.
    streams : callable
        Such as `sargeo_training.engine.material.streams_of` with these texts.
    load : callable
        Loads the chips that texts are about.
    validate : Validate
        Tells which weights are the best.
    say : callable
        Takes lines on how it goes.
    """

    config: Config
    begin: Callable[[], SarKnowlip]
    streams: Streaming
    load: Load
    validate: Validate
    say: Callable[[str], None]

    def train(self, texts: Sequence[Text], folder: Path, start: Path | None) -> NetworkScorer:
        """Train on texts, or go on; a run that has ended is only loaded.

        Raises
        ------
        UsageError
            If one of the first texts is longer than the network reads: with a clause left out,
            what was cut off would move in.
        """
        stage = self.config.stage(folder.name)
        first = load_best(start)[0] if start else self.begin()
        if start is None:  # these are judged in every round; the others are only learnt from
            refuse_cut(texts, language_of(first).tokeniser)
        network = train_stage(
            first.train(),
            self.config,
            stage,
            self.streams({text.id: text.target_text(WRITER) for text in texts}, stage),
            folder,
            validate=self.validate,
            say=self.say,
            resume=True,
        )
        return self._scorer(network)

    def scorer(self, stage: Path) -> NetworkScorer:
        """Return the model of a stage that has been trained."""
        return self._scorer(load_best(stage)[0])

    def _scorer(self, network: SarKnowlip) -> NetworkScorer:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return NetworkScorer(network.to(device), self.load)


def refuse_cut(texts: Sequence[Text], tokeniser: Tokeniser) -> None:
    """Refuse texts that a network would not read to their end.

    Raises
    ------
    UsageError
        Naming the longest.
    """
    length, longest = max((tokeniser.count(text.caption()), text.id) for text in texts)
    if length > tokeniser.max_tokens - _MARKS:
        raise UsageError(
            f"The text of {longest} has {length} tokens, and the network reads "
            f"{tokeniser.max_tokens - _MARKS}.",
            "Set network.language.max_tokens higher, or leave this chip out.",
        )
