"""Losses of crops with labels, over the batch of all processes.

All weigh classes and ships by what the whole batch holds, so the whole batch is gathered.
"""

from __future__ import annotations

from dataclasses import fields

from torch import Tensor

from sargeo.model.knowlip import RawOutputs, SarKnowlip
from sargeo.model.tokens import Tokens
from sargeo_training.crops.batches import TargetMaps, TrainingBatch
from sargeo_training.objectives.alignment import alignment_loss
from sargeo_training.objectives.heads import landcover_loss, object_loss
from sargeo_training.parallel import gathered
from sargeo_training.settings.config import LossName


def dense_losses(
    network: SarKnowlip, batch: TrainingBatch, names: Tokens | None
) -> dict[LossName, Tensor]:
    """Return the losses of land cover and of objects, and of alignment where classes are named.

    Parameters
    ----------
    network : SarKnowlip
    batch : TrainingBatch
    names : Tokens or None
        Texts of `sargeo_training.objectives.alignment.draw_names`.
    """
    inputs = batch.inputs
    decoded = network.encode(inputs.pixels, inputs.valid, inputs.context).decoded
    truth = TargetMaps(*(gathered(getattr(batch.targets, f.name)) for f in fields(TargetMaps)))
    raw = network.heads(decoded)
    raw = RawOutputs(**{f.name: gathered(getattr(raw, f.name)) for f in fields(raw)})
    losses: dict[LossName, Tensor] = {
        "landcover": landcover_loss(raw.landcover, truth.landcover),
        "objects": object_loss(raw, truth),
    }
    language = network.language
    if language is not None and names is not None:
        cells = gathered(language.cells(decoded).values)
        texts = language.embed_text(names)
        losses["alignment"] = alignment_loss(cells, texts, language.temperature, truth)
    return losses
