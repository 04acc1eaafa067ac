"""Losses of the heads, over the batch of all processes.

Both weigh classes and ships by what the whole batch holds, so the whole batch is gathered.
"""

from __future__ import annotations

from dataclasses import fields

from torch import Tensor

from sargeo.model.knowlip import RawOutputs
from sargeo_training.engine.config import LossName
from sargeo_training.engine.parallel import gathered
from sargeo_training.losses import TargetMaps, landcover_loss, object_loss


def dense_losses(raw: RawOutputs, targets: TargetMaps) -> dict[LossName, Tensor]:
    """Return the losses of land cover and of objects."""
    everything = RawOutputs(**{f.name: gathered(getattr(raw, f.name)) for f in fields(raw)})
    truth = gathered_targets(targets)
    return {
        "landcover": landcover_loss(everything.landcover, truth.landcover),
        "objects": object_loss(everything, truth),
    }


def gathered_targets(targets: TargetMaps) -> TargetMaps:
    """Join the targets of all processes."""
    return TargetMaps(*(gathered(getattr(targets, f.name)) for f in fields(targets)))
