"""Losses of words: those that were hidden, and those that come next."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from sargeo_training.parallel import mean_of_all

_SMOOTHING = 0.1  # as in BLIP


def masking_loss(logits: Tensor, ids: Tensor) -> Tensor:
    """Return the cross-entropy of hidden tokens, each weighing the same.

    Parameters
    ----------
    logits : Tensor, shape (M, V)
    ids : Tensor of int64, shape (M,)
        The tokens as they were.
    """
    nll = functional.cross_entropy(logits.float(), ids, reduction="none")
    return mean_of_all(nll, ids.new_tensor(len(ids)))


def captioning_loss(logits: Tensor, ids: Tensor) -> Tensor:
    """Return the cross-entropy of tokens given those before them, each weighing the same.

    Parameters
    ----------
    logits : Tensor, shape (M, V)
    ids : Tensor of int64, shape (M,)
        Tokens to be said; those of a question are given.
    """
    nll = functional.cross_entropy(
        logits.float(), ids, reduction="none", label_smoothing=_SMOOTHING
    )
    return mean_of_all(nll, ids.new_tensor(len(ids)))
