"""How good a network is in one number, to choose between its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sargeo.model.knowlip import SarKnowlip
from sargeo_training.data.material import Material
from sargeo_training.evaluation.calibration import validation_score
from sargeo_training.evaluation.gallery import embed_chips, embed_texts
from sargeo_training.evaluation.language_metrics import retrieval_hits
from sargeo_training.evaluation.scoring import score_split
from sargeo_training.settings.config import Config, Stage

_MOST_CHIPS = 512


def stage_score(network: SarKnowlip, material: Material, config: Config, stage: Stage) -> float:
    """Return the mean of the scores of what a stage learns, each 0 to 1.

    Of heads, see `sargeo_training.evaluation.calibration.validation_score`; of texts, the mean
    recall of retrieval. Both are measured on what is neither trained on nor held out. A stage that
    learns neither is the better the longer it ran.
    """
    scores = []
    if stage.uses("landcover", "objects"):
        scores.append(validation_score(score_split(network, material.sources, "validation")))
    numbers = material.numbers("validation", with_text=True)
    if stage.uses("contrast") and numbers:
        scores.append(retrieval_score(network, material, config, numbers[:_MOST_CHIPS]))
    return float(np.mean(scores)) if scores else np.nan


def retrieval_score(
    network: SarKnowlip, material: Material, config: Config, numbers: Sequence[int]
) -> float:
    """Return the mean recall at 1, 5 and 10, both ways, of chips and their longest captions."""
    captions = [material.text_of(k) for k in numbers]
    texts = [w.detailed or w.concise for w in captions]
    images = embed_chips(network, config, material.chips, numbers)
    found, asked = retrieval_hits(images, embed_texts(network, texts), texts).sum(axis=0)
    return float((found / asked).mean())
