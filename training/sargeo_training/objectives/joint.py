"""The losses of chips with texts, which share one look at the images."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import LanguagePart, known_cells, pool
from sargeo.model.tokens import Tokens
from sargeo_training.crops.batches import Inputs
from sargeo_training.crops.text_batches import TextBatch, chosen, joined
from sargeo_training.objectives.contrastive import ContrastiveLoss, Pairs, counterfactual_loss
from sargeo_training.objectives.language_modelling import captioning_loss, masking_loss
from sargeo_training.objectives.matching import matching_loss
from sargeo_training.settings.config import Config, LossName, Stage

_BATCHES = 1_000_003  # so that seeds and numbers of batches do not meet


class LanguageObjectives(nn.Module):
    """ITC, ITM, masked language modelling (MLM) and captioning.

    Parameters
    ----------
    network : SarKnowlip
        With language. A copy of it follows it slowly.
    config : Config
    stage : Stage
    """

    def __init__(self, network: SarKnowlip, config: Config, stage: Stage) -> None:
        super().__init__()
        self._settings, self._stage, self._seed = config.contrast, stage, config.seed
        dim = language_of(network).spec.embedding_dim
        contrast = stage.uses("contrast")
        self.contrast = ContrastiveLoss(dim, config.contrast.queue) if contrast else None
        self.momentum = copy.deepcopy(network).requires_grad_(False) if contrast else None

    def forward(
        self, network: SarKnowlip, inputs: Inputs, texts: TextBatch, number: int, share: float
    ) -> dict[LossName, Tensor]:
        """Return the stage's losses of N chips.

        Parameters
        ----------
        network : SarKnowlip
        inputs : Inputs
        texts : TextBatch
        number : int
            Of the batch: what is drawn hangs on it.
        share : float
            How much of the stage is done.
        """
        language = language_of(network)
        decoded = _decoded(network, inputs)
        visual = language.visual_tokens(decoded)
        losses: dict[LossName, Tensor] = {}
        if self._stage.pairs:
            student = _pairs(language, decoded, inputs.valid, texts.caption)
        if self.contrast is not None and self.momentum is not None:
            momentum = self._momentum_pairs(self.momentum, decoded, inputs, texts)
            soft = self._settings.soft * min(1.0, share / self._settings.soft_after)
            losses["contrast"] = self.contrast(
                student, momentum, texts.keys, language.temperature, soft
            ) + _exchanged(language, student.image, texts)
        if self._stage.uses("matching"):
            draws = torch.Generator().manual_seed(self._seed * _BATCHES + number)
            losses["matching"] = matching_loss(language, visual, texts, student, draws)
        if self._stage.uses("masking"):
            logits = language.fill(visual, texts.masked, texts.hidden)
            losses["masking"] = masking_loss(logits, texts.words)
        if self._stage.uses("captioning"):
            logits = language.continuation(visual, texts.target, texts.learnt)
            losses["captioning"] = captioning_loss(logits, texts.target.ids[texts.learnt])
        return losses

    @torch.no_grad()
    def _momentum_pairs(
        self, momentum: SarKnowlip, decoded: Tensor, inputs: Inputs, texts: TextBatch
    ) -> Pairs:
        """Return what the momentum encoder says; a frozen tower is its own momentum encoder."""
        seen = decoded if self._stage.freeze_tower else _decoded(momentum, inputs)
        return _pairs(language_of(momentum), seen, inputs.valid, texts.caption)

    @torch.no_grad()
    def follow(self, network: SarKnowlip) -> None:
        """Move the momentum encoder a little towards the network."""
        if self.momentum is None:
            return
        pairs = zip(self.momentum.parameters(), network.parameters(), strict=True)
        for momentum, student in pairs:
            momentum.lerp_(student, 1 - self._settings.momentum)


def language_of(network: SarKnowlip) -> LanguagePart:
    """Return the language part of a network that has one.

    Raises
    ------
    ValueError
        If it has none.
    """
    if network.language is None:
        raise ValueError("the network has no language part")
    return network.language


def _decoded(network: SarKnowlip, inputs: Inputs) -> Tensor:
    return network.encode(inputs.pixels, inputs.valid, inputs.context).decoded


def _exchanged(language: LanguagePart, image: Tensor, texts: TextBatch) -> Tensor:
    """Return the loss of the first round of exchange: a vector of an image holds few details."""
    first = slice(len(image))
    both = joined([chosen(texts.right, first), chosen(texts.wrong, first)])
    right, wrong = language.embed_text(both).chunk(2)
    return counterfactual_loss(image, right, wrong, texts.exchanged[first], language.temperature)


def _pairs(language: LanguagePart, decoded: Tensor, valid: Tensor, tokens: Tokens) -> Pairs:
    image = pool(language.cells(decoded), known_cells(valid))
    return Pairs(image, language.embed_text(tokens))
