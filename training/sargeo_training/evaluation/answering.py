"""Answers of a network to questions about whole chips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from sargeo.model.knowlip import SarKnowlip
from sargeo_training.crops.batches import make_inputs
from sargeo_training.crops.chip_stream import ChipSource
from sargeo_training.crops.samples import whole_chip
from sargeo_training.objectives.joint import language_of
from sargeo_training.settings.config import Config


@torch.inference_mode()
def answer_chips(
    network: SarKnowlip, config: Config, chips: ChipSource, asked: Mapping[int, Sequence[str]]
) -> Iterator[list[str]]:
    """Yield the answers about each chip, chip by chip.

    Parameters
    ----------
    network : SarKnowlip
        That writes.
    config : Config
    chips : ChipSource
    asked : mapping of int to sequence of str
        Number of a chip to the questions about it, one at least.
    """
    language, device = language_of(network), next(network.parameters()).device
    for number, questions in asked.items():
        sample = whole_chip(chips[number], config.chips.chip_px)
        inputs = make_inputs([sample], config.network.sensors).to(device)
        decoded = network.encode(inputs.pixels, inputs.valid, inputs.context).decoded
        visual = language.visual_tokens(decoded)
        prompts = language.tokeniser.prompts(questions).to(device)
        shown = visual.expand(len(questions), -1, -1)
        yield language.generate(shown, prompts, language.spec.max_tokens)
