"""Weights that follow a network's weights slowly."""

from __future__ import annotations

import torch
from torch import nn


class Average:
    """Exponential moving average of a network's weights, unbiased at the start.

    It follows the network to whichever device that is moved to, at its next update.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self._count = 0
        self.state = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's present weights."""
        self._count += 1
        decay = min(self._decay, (1 + self._count) / (10 + self._count))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name] = self.state[name].to(value.device).lerp_(value, 1 - decay)

    def state_dict(self) -> dict[str, object]:
        """Return what a checkpoint keeps."""
        return {"count": self._count, "state": self.state}

    def load_state_dict(self, saved: dict[str, object]) -> None:
        """Go on from what a checkpoint kept."""
        count, state = saved["count"], saved["state"]
        if not isinstance(count, int) or not isinstance(state, dict):
            raise TypeError("an average is kept as a count and weights")
        self._count = count
        for name, value in state.items():
            self.state[name].copy_(value)
