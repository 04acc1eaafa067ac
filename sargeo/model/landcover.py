"""The land-cover head."""

from __future__ import annotations

from torch import Tensor, nn


class LandCoverHead(nn.Module):
    """Features to one logit per class and cell.

    Parameters
    ----------
    dim : int
        Channels of the features.
    classes : int
        K, the number of classes.
    """

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.classify = nn.Conv2d(dim, classes, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits of shape (N, K, h, w) for features of shape (N, dim, h, w)."""
        logits: Tensor = self.classify(features)
        return logits
