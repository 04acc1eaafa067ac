"""What a step looks at: crops with labels, and whole chips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sargeo.model.tokens import Tokeniser, Tokens
from sargeo_training.crops.batches import Mixture, TrainingBatch
from sargeo_training.crops.chip_stream import ChipBatch, ChipStream
from sargeo_training.objectives.alignment import draw_names
from sargeo_training.parallel import Part

_NAMES = 2  # told apart from other draws by this number


@dataclass(frozen=True)
class StepBatch:
    """The part of one process of what a step looks at; None where the stage needs none.

    Attributes
    ----------
    dense : TrainingBatch or None
    names : Tokens or None
        Texts of classes, the same in all processes; see `draw_names`.
    chips : ChipBatch or None
    """

    number: int
    dense: TrainingBatch | None = None
    names: Tokens | None = None
    chips: ChipBatch | None = None

    def to(self, device: torch.device) -> StepBatch:
        """Return the same on another device."""
        return StepBatch(
            self.number,
            self.dense.to(device) if self.dense else None,
            self.names.to(device) if self.names else None,
            self.chips.to(device) if self.chips else None,
        )


@dataclass(frozen=True)
class Streams:
    """Makes the batch of any number, whichever were made before.

    Attributes
    ----------
    dense : Mixture or None
    chips : ChipStream or None
    tokeniser : Tokeniser or None
        For names of classes; without one there are none.
    seed : int
    """

    dense: Mixture | None = None
    chips: ChipStream | None = None
    tokeniser: Tokeniser | None = None
    seed: int = 0

    def batch(self, number: int, part: Part) -> StepBatch:
        """Make one process's part of a batch."""
        names = None
        if self.tokeniser is not None:
            rng = np.random.default_rng((self.seed, _NAMES, number))
            names = self.tokeniser.encode(draw_names(rng))
        return StepBatch(
            number,
            self.dense.batch(number, part) if self.dense else None,
            names,
            self.chips.batch(number, part) if self.chips else None,
        )
