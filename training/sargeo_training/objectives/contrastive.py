"""Image-text contrastive loss (ITC), with momentum encoders, a queue and soft targets.

As in ALBEF and BLIP (Li et al. 2021, 2022): each image is compared with the texts of the batch and
of many batches before it, as momentum encoders saw them, and the other way
round. What they find similar counts in part as a positive. Pairs of one image, or of one and the
same text, are no negatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sargeo_training.parallel import gathered, mean_of_all

_NEVER = -1e4  # as a logit


@dataclass(frozen=True)
class Pairs:
    """Unit vectors of N images and of their texts, both of shape (N, D)."""

    image: Tensor
    text: Tensor

    def everywhere(self) -> Pairs:
        """Return those of all processes."""
        return Pairs(gathered(self.image), gathered(self.text))


class ContrastiveLoss(nn.Module):
    """The loss and its queue.

    Parameters
    ----------
    dim : int
        Length of the vectors.
    queue : int
        Number of pairs that are remembered.
    """

    image: Tensor
    text: Tensor
    keys: Tensor
    filled: Tensor
    place: Tensor

    def __init__(self, dim: int, queue: int) -> None:
        super().__init__()
        self.register_buffer("image", torch.zeros(queue, dim))
        self.register_buffer("text", torch.zeros(queue, dim))
        self.register_buffer("keys", torch.zeros(queue, 2, dtype=torch.int64))
        self.register_buffer("filled", torch.zeros(queue, dtype=torch.bool))
        self.register_buffer("place", torch.zeros((), dtype=torch.int64))

    def forward(
        self, student: Pairs, momentum: Pairs, keys: Tensor, temperature: Tensor, soft: float
    ) -> Tensor:
        """Return the loss of a batch, and remember it.

        Parameters
        ----------
        student, momentum : Pairs
            Of the encoders in training, and of their momentum copies.
        keys : Tensor of int64, shape (N, 2)
            The same number for the same image, and for the same text.
        temperature : Tensor, scalar
            Divides similarities.
        soft : float
            Share of the targets that the momentum encoders set.
        """
        everyone, all_keys = momentum.everywhere(), gathered(keys)
        images = torch.cat([everyone.image, self.image])
        texts = torch.cat([everyone.text, self.text])
        known = torch.cat([torch.ones_like(all_keys[:, 0], dtype=torch.bool), self.filled])
        same = alike(keys, torch.cat([all_keys, self.keys])) & known
        loss = torch.stack(
            [
                _one_way(student.image, momentum.image, texts, known, same, temperature, soft),
                _one_way(student.text, momentum.text, images, known, same, temperature, soft),
            ]
        ).mean()
        self._remember(everyone, all_keys)
        return loss

    @torch.no_grad()
    def _remember(self, pairs: Pairs, keys: Tensor) -> None:
        size = len(self.filled)
        count = min(size, len(keys))
        places = (self.place + torch.arange(count, device=keys.device)) % max(size, 1)
        self.image[places] = pairs.image[:count].to(self.image.dtype)
        self.text[places] = pairs.text[:count].to(self.text.dtype)
        self.keys[places] = keys[:count]
        self.filled[places] = True
        self.place.add_(count).remainder_(max(size, 1))


def counterfactual_loss(
    image: Tensor, right: Tensor, wrong: Tensor, exchanged: Tensor, temperature: Tensor
) -> Tensor:
    """Return the cross-entropy of true statements against their counterfactual swaps.

    Parameters
    ----------
    image : Tensor, shape (N, D)
        Unit vectors of images.
    right, wrong : Tensor, shape (N, D)
        Unit vectors of statements; see `sargeo_training.crops.counterfactual`.
    exchanged : Tensor of bool, shape (N,)
        Whether there are statements.
    temperature : Tensor, scalar
        Divides similarities.
    """
    similarity = torch.stack([(image * text).sum(1) for text in (right, wrong)], dim=1)
    nll = -(similarity.float() / temperature).log_softmax(1)[:, 0]
    return mean_of_all(nll * exchanged, exchanged.float().sum())


def alike(keys: Tensor, others: Tensor) -> Tensor:
    """Tell which pairs (N, M) share their image or their text; keys are (N, 2) and (M, 2)."""
    return (keys[:, None] == others[None]).any(2)


def _one_way(
    student: Tensor,
    momentum: Tensor,
    others: Tensor,
    known: Tensor,
    same: Tensor,
    temperature: Tensor,
    soft: float,
) -> Tensor:
    """Return the mean cross-entropy of vectors (N, D) with the others (M, D) as candidates."""
    with torch.no_grad():
        target = same / same.sum(1, keepdim=True)
        if soft:
            soft_target = _logits(momentum, others, known, temperature).softmax(1)
            target = soft * soft_target + (1 - soft) * target
    log_probability = _logits(student, others, known, temperature).log_softmax(1)
    return -(log_probability * target).sum(1).mean()


def _logits(vectors: Tensor, others: Tensor, known: Tensor, temperature: Tensor) -> Tensor:
    return (vectors.float() @ others.float().T / temperature).masked_fill(~known, _NEVER)
