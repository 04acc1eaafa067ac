"""Several processes that train as one: every loss is that of the whole batch.

Lightning averages gradients over processes. So a loss of the whole batch, of which each process
differentiates its own part, must be scaled by the number of processes: here, what is gathered
hands every process's gradient back to where it came from, and `mean_of_all` scales sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, autograd, distributed


@dataclass(frozen=True)
class Part:
    """The part of every batch that one of several processes makes: one run of its samples."""

    rank: int = 0
    of: int = 1

    def indices(self, batch_size: int) -> range:
        """Return the places of its samples in the whole batch."""
        each = batch_size // self.of
        return range(self.rank * each, (self.rank + 1) * each)


WHOLE = Part()


def this_part() -> Part:
    """Return which of the processes this is."""
    if not _several():
        return Part()
    return Part(distributed.get_rank(), distributed.get_world_size())


def gathered(values: Tensor) -> Tensor:
    """Join the values (N, …) of all processes in the order of the batch, with their gradients."""
    if not _several():
        return values
    if values.dtype == torch.bool:
        return gathered(values.to(torch.uint8)).bool()
    joined: Tensor = _Gather.apply(values)  # type: ignore[no-untyped-call]
    return joined


def mean_of_all(values: Tensor, count: Tensor) -> Tensor:
    """Return the sum of values over the count of all processes, scaled for averaged gradients.

    Parameters
    ----------
    values : Tensor
        Of this process.
    count : Tensor, scalar
        How many there are in this process.
    """
    if not _several():
        return values.sum() / count.clamp(min=1)
    whole = count.detach().clone()
    distributed.all_reduce(whole)
    return values.sum() * distributed.get_world_size() / whole.clamp(min=1)


def mean_over_processes(values: Tensor) -> Tensor:
    """Return the mean of values that each process has one of."""
    if not _several():
        return values
    total = values.clone()
    distributed.all_reduce(total)
    return total / distributed.get_world_size()


def longest_of_all(length: int, device: torch.device) -> int:
    """Return the greatest length of any process."""
    if not _several():
        return length
    longest = torch.tensor(length, device=device)
    distributed.all_reduce(longest, distributed.ReduceOp.MAX)
    return int(longest)


class _Gather(autograd.Function):
    """Joins values of all processes; each gets back the sum of what all have to say of its own."""

    @staticmethod
    def forward(_: object, values: Tensor) -> Tensor:
        values = values.contiguous()
        parts = [torch.empty_like(values) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, values)
        return torch.cat(parts)

    @staticmethod
    def backward(_: object, gradient: Tensor) -> Tensor:
        # A copy, with its numbers in the order that the other processes have them in.
        whole = gradient.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(whole)
        return whole.chunk(distributed.get_world_size())[distributed.get_rank()]


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized()
