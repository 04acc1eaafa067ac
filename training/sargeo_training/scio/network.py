"""The model as a scorer: an image is encoded once for all texts about it that follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import LanguagePart, known_cells, pool
from sargeo.model.tokens import Tokens
from sargeo_training.crops.batches import Inputs, make_inputs
from sargeo_training.crops.chip_stream import ChipSource
from sargeo_training.crops.samples import whole_chip
from sargeo_training.crops.text_batches import Span
from sargeo_training.scio.likelihood import in_batches, word_likelihood
from sargeo_training.scio.scorer import Floats

Load = Callable[[Sequence[int]], Inputs]
"""Numbers of chips to what the network is fed."""

_IMAGES_AT_ONCE = 8
_IMAGES_KEPT = 512


class NetworkScorer:
    """A network with language, in evaluation; see `sargeo_training.scio.scorer.Scorer`.

    Parameters
    ----------
    network : SarKnowlip
    load : callable
    batch_size : int
        Texts at once.

    Raises
    ------
    ValueError
        If the network has no language.
    """

    def __init__(self, network: SarKnowlip, load: Load, *, batch_size: int = 64) -> None:
        if network.language is None:
            raise ValueError("a network without language cannot judge texts")
        self._network, self._load, self._batch_size = network.eval(), load, batch_size
        self._language: LanguagePart = network.language
        self._device = next(network.parameters()).device
        self._pooled: dict[int, Tensor] = {}
        self._visual: dict[int, Tensor] = {}

    @torch.inference_mode()
    def contrast(self, images: Sequence[int], texts: Sequence[str]) -> Floats:
        """Return cosines of pooled cells and texts."""
        different = sorted(set(texts), key=len)  # of like length, which spares padding
        vectors: dict[str, Tensor] = {}
        for alike in in_batches(different, self._batch_size):
            vectors.update(zip(alike, self._language.embed_text(self._tokens(alike)), strict=True))
        for part in in_batches(sorted(set(images) - self._pooled.keys()), _IMAGES_AT_ONCE):
            self._encode(part)
        pairs = zip(images, texts, strict=True)
        return np.array([float(self._pooled[image] @ vectors[text]) for image, text in pairs])

    @torch.inference_mode()
    def matching(self, images: Sequence[int], texts: Sequence[str]) -> Floats:
        """Return log-odds by the matching head."""
        found = [np.empty(0)]
        for part in in_batches(range(len(texts)), self._batch_size):
            visual = self._look([images[k] for k in part])
            logits = self._language.match(visual, self._tokens([texts[k] for k in part])).double()
            found.append((logits[:, 1] - logits[:, 0]).cpu().numpy())
        return np.concatenate(found)

    def likelihood(
        self, images: Sequence[int], texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> Floats:
        """Return mean log-probabilities of masked words; see `word_likelihood`."""
        return word_likelihood(self._language, images, texts, spans, self._look, self._batch_size)

    def _tokens(self, texts: Sequence[str]) -> Tokens:
        return self._language.tokeniser.encode(texts).to(self._device)

    def _look(self, images: Sequence[int]) -> Tensor:
        """Return the tokens of images, shape (N, T, width)."""
        missing = sorted(set(images) - self._visual.keys())
        if len(self._visual) + len(missing) > _IMAGES_KEPT:
            self._visual.clear()
            missing = sorted(set(images))
        for part in in_batches(missing, _IMAGES_AT_ONCE):
            self._encode(part)
        return torch.stack([self._visual[image] for image in images])

    def _encode(self, images: Sequence[int]) -> None:
        inputs = self._load(images).to(self._device)
        decoded = self._network.encode(inputs.pixels, inputs.valid, inputs.context).decoded
        pooled = pool(self._language.cells(decoded), known_cells(inputs.valid))
        self._pooled.update(zip(images, pooled, strict=True))
        if len(self._visual) < _IMAGES_KEPT:
            visual = self._language.visual_tokens(decoded)
            self._visual.update(zip(images, visual, strict=True))


def chips_loader(chips: ChipSource, size: int, sensors: Sequence[str] = ()) -> Load:
    """Return what loads whole chips as squares of so many pixels."""
    return lambda images: make_inputs([whole_chip(chips[k], size) for k in images], sensors)
