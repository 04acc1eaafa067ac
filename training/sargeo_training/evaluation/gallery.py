"""Chips and their captions as vectors: what retrieval is measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import known_cells, pool
from sargeo_training.crops.batches import make_inputs
from sargeo_training.crops.chip_stream import ChipSource
from sargeo_training.crops.samples import Sample, whole_chip
from sargeo_training.objectives.joint import language_of
from sargeo_training.settings.config import Config

_AT_ONCE = 16


@torch.inference_mode()
def embed_chips(
    network: SarKnowlip,
    config: Config,
    chips: ChipSource,
    numbers: Sequence[int],
    change: Callable[[Sample], Sample] = lambda sample: sample,
) -> NDArray[np.float32]:
    """Return unit vectors (n, D) of whole chips.

    Parameters
    ----------
    network : SarKnowlip
        With language.
    config : Config
    chips : ChipSource
    numbers : sequence of int
        Of n chips.
    change : callable, optional
        What to do to a chip before it is looked at, such as not to tell where it lies.
    """
    language, device = language_of(network), next(network.parameters()).device
    vectors = []
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        samples = [change(whole_chip(chips[k], config.chips.chip_px)) for k in part]
        inputs = make_inputs(samples, config.network.sensors).to(device)
        decoded = network.encode(inputs.pixels, inputs.valid, inputs.context).decoded
        vectors.append(pool(language.cells(decoded), known_cells(inputs.valid)))
    return torch.cat(vectors).float().cpu().numpy()


@torch.inference_mode()
def embed_texts(network: SarKnowlip, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return unit vectors (n, D) of n texts."""
    language, device = language_of(network), next(network.parameters()).device
    parts = (texts[start : start + _AT_ONCE] for start in range(0, len(texts), _AT_ONCE))
    vectors = [language.embed_text(language.tokeniser.encode(part).to(device)) for part in parts]
    return torch.cat(vectors).float().cpu().numpy()
