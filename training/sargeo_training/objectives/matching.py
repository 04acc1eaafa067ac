"""Matching: does this text belong to this image? Asked of what is easily mistaken.

As in ALBEF (Li et al. 2021), the wrong text of each image, and the wrong image of each text, are
drawn the more often the more similar they are. They are drawn from the batch of all processes by
numbers that hang on the place in it, so that the number of processes changes nothing.

Beside these stand hard negatives by counterfactual swap, see
`sargeo_training.crops.counterfactual`.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from sargeo.model.tokens import Tokens
from sargeo_training.crops.text_batches import TextBatch, chosen, gathered_tokens, joined
from sargeo_training.objectives.contrastive import Pairs, alike
from sargeo_training.parallel import gathered, mean_of_all, this_part


class Judge(Protocol):
    """A language part, as far as it is needed here."""

    @property
    def temperature(self) -> Tensor:
        """What similarities are divided by."""
        ...

    def match(self, visual: Tensor, tokens: Tokens, images: Tensor) -> Tensor:
        """Return logits (N, 2): a text and the image at its place do not, or do, fit."""
        ...


def matching_loss(
    judge: Judge,
    visual: Tensor,
    texts: TextBatch,
    pairs: Pairs,
    draws: torch.Generator,
) -> Tensor:
    """Return the cross-entropy of the right pair and of two wrong ones for each, and of statements.

    Parameters
    ----------
    judge : Judge
    visual : Tensor, shape (N, T, W)
    texts : TextBatch
        Of N texts.
    pairs : Pairs
        By which the wrong ones are drawn.
    draws : torch.Generator
        On the processor, in the same state in all processes.
    """
    n = len(visual)
    everyone, all_keys = pairs.everywhere(), gathered(texts.keys)
    wrong_text, wrong_image, some = hard_negatives(everyone, all_keys, judge.temperature, draws)
    own = torch.tensor(this_part().indices(len(all_keys)), device=visual.device)
    all_visual, all_tokens = gathered(visual), gathered_tokens(texts.caption)
    ours, wrong = chosen(all_tokens, own), chosen(all_tokens, wrong_text[own])
    place, rounds = torch.arange(n, device=visual.device), len(texts.exchanged) // n
    of_statements = place.repeat(rounds)
    logits = judge.match(
        torch.cat([visual, all_visual[wrong_image[own]]]),
        joined([ours, ours, wrong, texts.right, texts.wrong]),
        torch.cat([place, place + n, place, of_statements, of_statements]),
    )
    right = torch.zeros(len(logits), dtype=torch.int64, device=visual.device)
    right[:n] = right[3 * n : (3 + rounds) * n] = 1
    some = some[own]
    weight = torch.cat([torch.ones_like(some), some, some, texts.exchanged, texts.exchanged])
    nll = functional.cross_entropy(logits.float(), right, reduction="none")
    return mean_of_all(nll * weight.float(), weight.float().sum())


@torch.no_grad()
def hard_negatives(
    pairs: Pairs, keys: Tensor, temperature: Tensor, draws: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw a wrong text for each of M images, and a wrong image for each text.

    Returns
    -------
    Tensor of int64, shape (M,)
        Place of the text.
    Tensor of int64, shape (M,)
        Place of the image.
    Tensor of bool, shape (M,)
        Whether there is anything wrong to draw: all others may show or say the same.
    """
    similarity = pairs.image.float() @ pairs.text.float().T / temperature
    same = alike(keys, keys)
    numbers = torch.rand(2, len(keys), generator=draws).to(similarity.device)
    return (
        _draw(similarity, same, numbers[0]),
        _draw(similarity.T, same, numbers[1]),
        ~same.all(1),
    )


def _draw(similarity: Tensor, same: Tensor, numbers: Tensor) -> Tensor:
    """Draw a place for each row, by the softmax of those that are not the same."""
    weights = similarity.masked_fill(same, -torch.inf).softmax(1).nan_to_num()
    heap = weights.cumsum(1)
    wanted = numbers[:, None] * heap[:, -1:]
    return torch.searchsorted(heap, wanted, right=True)[:, 0].clamp(max=len(heap) - 1)
