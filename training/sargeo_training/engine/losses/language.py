"""Losses of words: those that were hidden, and those that come next."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from sargeo_training.engine.parallel import mean_of_all

_SMOOTHING = 0.1  # as in BLIP


def masking_loss(logits: Tensor, ids: Tensor, hidden: Tensor) -> Tensor:
    """Return the cross-entropy of hidden tokens, each weighing the same.

    Parameters
    ----------
    logits : Tensor, shape (N, L, V)
    ids : Tensor of int64, shape (N, L)
        The tokens as they were.
    hidden : Tensor of bool, shape (N, L)
    """
    surprise = functional.cross_entropy(logits[hidden].float(), ids[hidden], reduction="none")
    return mean_of_all(surprise, hidden.sum())


def captioning_loss(logits: Tensor, ids: Tensor, learnt: Tensor) -> Tensor:
    """Return the cross-entropy of each token given those before it.

    Parameters
    ----------
    logits : Tensor, shape (N, L, V)
        At each token, of the next.
    ids : Tensor of int64, shape (N, L)
    learnt : Tensor of bool, shape (N, L)
        Tokens to be said; those of a question are given.
    """
    wanted = learnt[:, 1:]
    surprise = functional.cross_entropy(
        logits[:, :-1][wanted].float(),
        ids[:, 1:][wanted],
        reduction="none",
        label_smoothing=_SMOOTHING,
    )
    return mean_of_all(surprise, wanted.sum())
