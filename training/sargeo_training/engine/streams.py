"""What a step looks at: crops with labels, and chips with texts."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sargeo_training.batches import Mixture, Part, TrainingBatch


@dataclass(frozen=True)
class StepBatch:
    """The part of one process of what a step looks at; None where the stage needs none."""

    dense: TrainingBatch | None = None

    def to(self, device: torch.device) -> StepBatch:
        """Return the same on another device."""
        return StepBatch(self.dense.to(device) if self.dense else None)


@dataclass(frozen=True)
class Streams:
    """Makes the batch of any number, whichever were made before."""

    dense: Mixture | None = None

    def batch(self, number: int, part: Part) -> StepBatch:
        """Make one process's part of a batch."""
        return StepBatch(self.dense.batch(number, part) if self.dense else None)
