"""How good a network is in one number, to choose between its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import known_cells, pool
from sargeo_training.batches import make_inputs
from sargeo_training.engine.chips import whole
from sargeo_training.engine.config import Config, Stage
from sargeo_training.engine.material import Material
from sargeo_training.engine.telling import language_of
from sargeo_training.evaluate import score_split
from sargeo_training.language_metrics import retrieval_figures
from sargeo_training.validation import validation_score

_MOST_CHIPS = 512
_AT_ONCE = 16


def stage_score(network: SarKnowlip, material: Material, config: Config, stage: Stage) -> float:
    """Return the mean of the scores of what a stage learns, each 0 to 1.

    Of heads, see `sargeo_training.validation.validation_score`; of texts, the mean recall of
    retrieval. Both are measured on what is neither trained on nor held out. A stage that learns
    neither is the better the longer it ran.
    """
    scores = []
    if stage.uses("landcover", "objects"):
        scores.append(validation_score(score_split(network, material.sources, "validation")))
    numbers = material.numbers("validation", told=True)
    if stage.uses("contrast") and numbers:
        scores.append(retrieval_score(network, material, config, numbers[:_MOST_CHIPS]))
    return float(np.mean(scores)) if scores else np.nan


@torch.inference_mode()
def retrieval_score(
    network: SarKnowlip, material: Material, config: Config, numbers: Sequence[int]
) -> float:
    """Return the mean recall at 1, 5 and 10, both ways, of chips and their longest captions."""
    if material.shards is None:
        raise ValueError("there are no chips")
    language, device = language_of(network), next(network.parameters()).device
    captions = [material.texts_of(k)[0] for k in numbers]
    texts = [w.detailed or w.concise for w in captions]
    images, words = [], []
    for start in range(0, len(numbers), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        samples = [whole(material.shards[k], config.chips.chip_px) for k in numbers[part]]
        inputs = make_inputs(samples, config.network.sensors).to(device)
        decoded = network.encode(inputs.pixels, inputs.valid, inputs.context).decoded
        images.append(pool(language.cells(decoded), known_cells(inputs.valid)))
        tokens = language.tokeniser.encode(texts[part]).to(device)
        words.append(language.embed_text(tokens))
    seen, read = (torch.cat(part).float().cpu().numpy() for part in (images, words))
    return float(np.mean([f.value for f in retrieval_figures("chips", seen, read, texts)]))
