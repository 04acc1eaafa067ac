"""Training of the rounds' stages by the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.tokens import Tokeniser
from sargeo_training.batches import Mixture
from sargeo_training.engine.callbacks import Validate
from sargeo_training.engine.checkpoints import load_best
from sargeo_training.engine.chips import ChipSource, ChipStream
from sargeo_training.engine.config import Config
from sargeo_training.engine.stages import train_stage
from sargeo_training.engine.streams import Streams
from sargeo_training.scio.network import NetworkScorer, chips_loader
from sargeo_training.scio.texts import Text

WRITER = "scio"


@dataclass(frozen=True)
class EngineTrainer:
    """Trains as settings say; see `sargeo_training.scio.rounds.Trainer`.

    Attributes
    ----------
    config : Config
        With stages called ``joint``, ``screening`` and ``reconstruction``.
    chips : ChipSource
    tokeniser : Tokeniser
    begin : callable
        Returns the network that the first stage starts from.
    validate : Validate
        Tells which weights are the best.
    say : callable
        Takes lines on how it goes.
    crops : Mixture, optional
        For stages that look at labels too.
    """

    config: Config
    chips: ChipSource
    tokeniser: Tokeniser
    begin: Callable[[], SarKnowlip]
    validate: Validate
    say: Callable[[str], None]
    crops: Mixture | None = None

    def train(self, texts: Sequence[Text], folder: Path, start: Path | None) -> NetworkScorer:
        """Train on texts, or go on; a run that has ended is only loaded."""
        stage = self.config.stage(folder.name)
        stream = ChipStream(
            self.chips,
            [text.image for text in texts],
            self.config,
            self.tokeniser,
            {text.id: text.writing(WRITER) for text in texts},
        )
        first = load_best(start)[0] if start else self.begin()
        network = train_stage(
            first.train(),
            self.config,
            stage,
            Streams(
                dense=self.crops if stage.dense else None,
                chips=stream,
                tokeniser=self.tokeniser if stage.uses("alignment") else None,
                seed=self.config.seed,
            ),
            folder,
            validate=self.validate,
            say=self.say,
            resume=True,
        )
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        chips = self.config.chips
        load = chips_loader(self.chips, chips.chip_px, self.config.network.sensors)
        return NetworkScorer(network.to(device), load)
